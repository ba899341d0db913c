# SPDX-License-Identifier: GPL-3.0-or-later
"""SCons tool: the bundle, a ZIP with pykdump and the part of the standard library that is embedded.

bundle = env.MpykBundle(python_plan, python_stamp)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from SCons.Action import Action

from mpykbuild.artefact import bundle
from mpykbuild.base import module_deps, paths
from mpykbuild.plan.records import PythonPlan


def _bundle(env: Any, python: PythonPlan, python_stamp: Any) -> Any:
    """Return the node of ``bundle.zip`` for one Python."""
    versions = {"mpykdump": env["MPYK_VERSION"], "Python": python.version}

    def make(target: list[Any], source: list[Any], env: Any) -> None:
        wheels = [plan.folder for plan in python.packages]
        bundle.make_bundle(python.folder, python.minor, paths.PROJECT, Path(target[0].abspath), versions, wheels)

    action = Action(env["MPYK_REPORT_ERRORS"](make), "Bundling $TARGET")
    sources = [str(path) for path in bundle.bundle_inputs(paths.PROJECT, python.minor)]
    folder = f"{env['MPYK_BUILD']}/{python.tag}{python.host and '-'}{python.host}"
    zipped = env.Command(f"{folder}/bundle.zip", sources, action)
    env.Depends(zipped, [python_stamp, *map(env.MpykProduct, python.packages), env.Value(sorted(versions.items()))])
    env.Depends(zipped, [str(path) for path in module_deps.files_of("artefact.bundle")])
    return zipped


def generate(env: Any) -> None:
    """Add the method MpykBundle."""
    env.AddMethod(_bundle, "MpykBundle")


def exists(env: Any) -> bool:
    """Return True: a bundle needs no program besides Python."""
    return True
