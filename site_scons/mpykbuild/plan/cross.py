# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans for another machine (``host=``). ``plan.project`` makes the plans for this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from mpykbuild.base.cache import Product
from mpykbuild.base.errors import BuildError
from mpykbuild.base.run_log import RunLog
from mpykbuild.crash import build as crash_build
from mpykbuild.crash import cross as cross_crash
from mpykbuild.crash import tree as crash_tree
from mpykbuild.fetch import sources
from mpykbuild.plan.records import CrashPlan, Plan, PythonPlan
from mpykbuild.plan.settings import Settings, is_version
from mpykbuild.python import cross as cross_python
from mpykbuild.toolchain import launcher
from mpykbuild.toolchain.cross_tools import search_path

Unpack = Callable[[sources.Source, Settings, Path], None]


def cross_crash_plan(settings: Settings, wanted: str, unpack: Unpack) -> CrashPlan:
    """Return the plan for ``crash=`` with ``host=``. ``wanted`` is a pinned version or a tree, built or unbuilt.

    Raises BuildError when this crash cannot be built for that machine, or when the built tree is for another one.
    """
    host = settings.compilers.host
    assert host
    target = settings.values["target"].upper() or host.target.name
    if is_version(wanted):
        source = sources.load_sources().crash(wanted)
        cross_crash.check_crash_for_host(source.version, target, host)
        product = cross_crash.cross_crash_product(source.key, source.version, settings.cache, settings.compilers)
        major = int(source.gdb.split(".")[0])
        plan = _crash_build(settings, product, partial(unpack, source, settings), target)
        return CrashPlan(source.version, target, major, product.path / "tree", plan, host.name, host.crash == "program")
    tree = crash_tree.parse_tree(settings.path(wanted))
    crash_tree.check_usable(tree, host.name)
    if tree.built:
        cross_crash.check_crash_for_host(tree.version, tree.target, host)
        return CrashPlan(tree.version, tree.target, tree.gdb_major, tree.path, None, host.name)
    cross_crash.check_crash_for_host(tree.version, target, host)
    crash_build.check_buildable(replace(tree, target=target), cross_crash.cross_toolchain(settings.compilers))
    product = cross_crash.cross_crash_product(
        crash_build.tree_key(tree.path), tree.version, settings.cache, settings.compilers
    )
    plan = _crash_build(settings, product, tree.path, target)
    has_program = host.crash == "program"
    return CrashPlan(tree.version, target, tree.gdb_major, product.path / "tree", plan, host.name, has_program)


def _crash_build(settings: Settings, product: Product, source: Path | Callable[[Path], None], target: str) -> Plan:
    compilers = settings.compilers
    title = f"crash-{product.name}"
    runlog = RunLog(title, product.log, settings.verbose)
    toolchain, steps = cross_crash.cross_toolchain(compilers), cross_crash.cross_steps(compilers)
    build = partial(
        crash_build.build_crash, product, source, runlog, settings.jobs, toolchain, target=target, steps=steps
    )
    make = _with_cross_tools(settings, build, with_libraries=True)
    return Plan(title, product, make)


def cross_python_plan(settings: Settings, native: PythonPlan, source: Path | Callable[[Path], None]) -> PythonPlan:
    """Return the plan for ``python=`` with ``host=``. ``native`` is the plan of the same source for this machine.

    Raises BuildError when this Python cannot be built for that machine.
    """
    compilers = settings.compilers
    assert compilers.host
    cross_python.check_python_for_host(native.version, compilers.host)
    product = cross_python.cross_python_product(native.plan.product, settings.cache, compilers)
    title = f"cpython-{product.name}"
    runlog = RunLog(title, product.log, settings.verbose)
    build = partial(
        cross_python.build_cross_python, product, native.plan.make, source, runlog, settings.jobs, compilers
    )
    make = _with_cross_tools(settings, build)
    return replace(native, plan=Plan(title, product, make), host=compilers.host.name, helper=native.plan)


def _with_cross_tools(
    settings: Settings, build: Callable[..., Path], *, with_libraries: bool = False
) -> Callable[[], Path]:
    """Return a function that calls ``build`` with a $PATH of the launcher and the tools for ``host=``."""
    compilers = settings.compilers
    path = search_path(compilers, with_libraries=with_libraries)
    return launcher.with_launcher(settings.launcher, build, compiler_path=path, compilers=(compilers.cc, compilers.cxx))


def refuse_prebuilt(settings: Settings, wanted: str) -> None:
    """Raise BuildError when ``host=`` is given: this machine cannot run a prebuilt interpreter for another one."""
    if settings.compilers.host:
        raise BuildError(
            f"python={wanted} cannot be used with host={settings.compilers.host.name}: the build runs the interpreter "
            "of a prebuilt Python.",
            "use a pinned release or a source, or build on that machine.",
        )
