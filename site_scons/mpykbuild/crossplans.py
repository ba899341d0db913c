# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans for ``host=``: what ``planning`` does for this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from mpykbuild import crashbuild, crashtree, crosscrash, crosspython, launcher, sources
from mpykbuild.cache import Product
from mpykbuild.crosstools import search_path
from mpykbuild.errors import BuildError
from mpykbuild.plans import CrashPlan, Plan, PythonPlan
from mpykbuild.runlog import RunLog
from mpykbuild.settings import Settings, is_pin

Unpack = Callable[[sources.Source, Settings, Path], None]


def crash(settings: Settings, wanted: str, unpack: Unpack) -> CrashPlan:
    """Return the plan for ``crash=`` with ``host=``: a pinned version, or a tree, built for that machine or not."""
    host = settings.compilers.host
    assert host
    target = settings.values["target"].upper() or host.target.name
    if is_pin(wanted):
        source = sources.load().crash(wanted)
        crosscrash.check(source.version, target, host)
        product = crosscrash.product(source.key, source.version, settings.cache, settings.compilers)
        major = int(source.gdb.split(".")[0])
        plan = _crash_build(settings, product, partial(unpack, source, settings), target)
        return CrashPlan(source.version, target, major, product.path / "tree", plan, host.name, host.crash == "program")
    tree = crashtree.parse(settings.path(wanted))
    crashtree.check_usable(tree, host.name)
    if tree.built:
        crosscrash.check(tree.version, tree.target, host)
        return CrashPlan(tree.version, tree.target, tree.gdb_major, tree.path, None, host.name)
    crosscrash.check(tree.version, target, host)
    crashbuild.check_buildable(replace(tree, target=target), crosscrash.toolchain(settings.compilers))
    product = crosscrash.product(crashbuild.tree_key(tree.path), tree.version, settings.cache, settings.compilers)
    plan = _crash_build(settings, product, tree.path, target)
    has_program = host.crash == "program"
    return CrashPlan(tree.version, target, tree.gdb_major, product.path / "tree", plan, host.name, has_program)


def _crash_build(settings: Settings, product: Product, source: Path | Callable[[Path], None], target: str) -> Plan:
    compilers = settings.compilers
    title = f"crash-{product.name}"
    runlog = RunLog(title, product.log, settings.verbose)
    build = partial(
        crashbuild.build, product, source, runlog, settings.jobs, crosscrash.toolchain(compilers), target=target,
        steps=crosscrash.steps(compilers),
    )  # fmt: skip
    make = _launched(settings, build, with_libraries=True)
    return Plan(title, product, make, ("crosscrash",))


def python(settings: Settings, own: PythonPlan, source: Path | Callable[[Path], None]) -> PythonPlan:
    """Return the plan for ``python=`` with ``host=``; ``own`` is this machine's, of the same source."""
    compilers = settings.compilers
    assert compilers.host
    crosspython.check(own.version, compilers.host)
    product = crosspython.product(own.plan.product, settings.cache, compilers)
    title = f"cpython-{product.name}"
    runlog = RunLog(title, product.log, settings.verbose)
    build = partial(crosspython.build, product, own.plan.make, source, runlog, settings.jobs, compilers)
    make = _launched(settings, build)
    return replace(own, plan=Plan(title, product, make, ("crosspython",)), host=compilers.host.name)


def _launched(settings: Settings, build: Callable[..., Path], *, with_libraries: bool = False) -> Callable[[], Path]:
    """Return what calls ``build`` with the $PATH of the tools for ``host=``, before which the launcher stands."""
    compilers = settings.compilers
    path = search_path(compilers, with_libraries=with_libraries)
    return launcher.launched(settings.launcher, build, beyond=path, compilers=(compilers.cc, compilers.cxx))


def refuse_prebuilt(settings: Settings, wanted: str) -> None:
    """Raise BuildError when ``host=`` stands beside a prebuilt Python, whose interpreter would have to run here."""
    if settings.compilers.host:
        raise BuildError(
            f"python={wanted} cannot be used with host={settings.compilers.host.name}: taking over a prebuilt Python "
            "means to run it.",
            "take a pinned release or a source, or build on such a machine.",
        )
