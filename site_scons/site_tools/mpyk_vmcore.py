# SPDX-License-Identifier: GPL-3.0-or-later
"""SCons tool: the test vmcore, made by tests/vmcore/make and seen as a product like any other.

stamp = env.MpykVmcore(project)
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from SCons.Action import Action

from mpykbuild import paths
from mpykbuild.errors import told_to_the_user
from mpykbuild.planning import Project
from mpykbuild.plans import Plan


def _refused(env: Any, target: str) -> Any:
    """Return what fails when a vmcore is asked for of which none can be made; everything else is built as ever."""

    def refuse(target: list[Any], source: list[Any], env: Any) -> None:
        architectures.architecture(wanted)

    from vmcore.make import architectures

    wanted = target
    return env.Command(f"{env['MPYK_BUILD']}/products/no-vmcore", [], Action(env["MPYK_TOLD"](refuse), None))


def _vmcore(env: Any, project: Project) -> Any:
    # The guest belongs to the tests; it is imported only when somebody asks for its vmcore.
    sys.path.append(str(paths.PROJECT / "tests"))
    from vmcore.make import make_vmcore
    from vmcore.make.architectures import ARCHITECTURES

    if project.target not in ARCHITECTURES:
        return _refused(env, project.target)
    series, cache, target = project.kernel, project.cache, project.target
    make = partial(make_vmcore.make, series, cache, project.verbose, target=target)
    with told_to_the_user():
        product = make_vmcore.product(series, cache, target)
    plan = Plan(f"vmcore-{product.name}", product, make, ("aptclient",), project.link_to_vmcore)
    return env.MpykProduct(plan)


def generate(env: Any) -> None:
    """Add the method MpykVmcore."""
    env.AddMethod(_vmcore, "MpykVmcore")


def exists(env: Any) -> bool:
    """QEMU is looked for when the guest is booted."""
    return True
