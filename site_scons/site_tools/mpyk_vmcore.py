# SPDX-License-Identifier: GPL-3.0-or-later
"""SCons tool: the test vmcore, a product like any other.

stamp = env.MpykVmcore(project)
"""

from __future__ import annotations

from typing import Any

from SCons.Action import Action

from mpykbuild.base.errors import errors_end_the_program
from mpykbuild.plan.project import Project, vmcore_plan
from mpykbuild.vmcore import architectures


def _refused(env: Any, target: str) -> Any:
    """Return a target that fails with the reason why no vmcore can be made; everything else can still be built."""

    def refuse(target: list[Any], source: list[Any], env: Any) -> None:
        architectures.architecture(wanted)

    wanted = target
    return env.Command(f"{env['MPYK_BUILD']}/products/no-vmcore", [], Action(env["MPYK_REPORT_ERRORS"](refuse), None))


def _vmcore(env: Any, project: Project) -> Any:
    if project.target not in architectures.ARCHITECTURES:
        return _refused(env, project.target)
    with errors_end_the_program():
        return env.MpykProduct(vmcore_plan(project))


def generate(env: Any) -> None:
    """Add the method MpykVmcore."""
    env.AddMethod(_vmcore, "MpykVmcore")


def exists(env: Any) -> bool:
    """QEMU is looked for when the guest is booted."""
    return True
