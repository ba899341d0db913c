# SPDX-License-Identifier: GPL-3.0-or-later
"""SCons tool: the test vmcore, which is a product of the cache.

stamp = env.MpykVmcore(project)
"""

from __future__ import annotations

from typing import Any

from SCons.Action import Action

from mpykbuild.base.errors import errors_end_the_program
from mpykbuild.plan.project import Project, vmcore_plan
from mpykbuild.vmcore import architectures


def _failing_target(env: Any, architecture: str) -> Any:
    """Return a node that fails with the reason why this vmcore cannot be made. All other targets still work."""

    def refuse(target: list[Any], source: list[Any], env: Any) -> None:
        architectures.architecture(architecture)

    return env.Command(f"{env['MPYK_BUILD']}/products/no-vmcore", [], Action(env["MPYK_REPORT_ERRORS"](refuse), None))


def _vmcore(env: Any, project: Project) -> Any:
    if project.target not in architectures.ARCHITECTURES:
        return _failing_target(env, project.target)
    with errors_end_the_program():
        return env.MpykProduct(vmcore_plan(project))


def generate(env: Any) -> None:
    """Add the method MpykVmcore."""
    env.AddMethod(_vmcore, "MpykVmcore")


def exists(env: Any) -> bool:
    """Return True: the build looks for QEMU only when it boots the guest."""
    return True
