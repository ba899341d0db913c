# SPDX-License-Identifier: GPL-3.0-or-later
"""SCons tool: the bundle (stdlib subset, pykdump, commands) as a ZIP.

zipped = env.MpykBundle(python_plan, stamp)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from SCons.Action import Action

from mpykbuild.artefact import bundle
from mpykbuild.base import module_deps, paths
from mpykbuild.plan.records import PythonPlan


def _bundle(env: Any, python: PythonPlan, stamp: Any) -> Any:
    versions = {"mpykdump": env["MPYK_VERSION"], "Python": python.version}

    def make(target: list[Any], source: list[Any], env: Any) -> None:
        bundle.make_bundle(python.folder, python.minor, paths.PROJECT, Path(target[0].abspath), versions)

    action = Action(env["MPYK_REPORT_ERRORS"](make), "Bundling $TARGET")
    sources = [str(path) for path in bundle.bundle_inputs(paths.PROJECT, python.minor)]
    zipped = env.Command(
        f"{env['MPYK_BUILD']}/{python.tag}{python.host and '-'}{python.host}/bundle.zip", sources, action
    )
    env.Depends(zipped, [stamp, env.Value(sorted(versions.items()))])
    env.Depends(zipped, [str(path) for path in module_deps.files_of("artefact.bundle")])
    return zipped


def generate(env: Any) -> None:
    """Add the method MpykBundle."""
    env.AddMethod(_bundle, "MpykBundle")


def exists(env: Any) -> bool:
    """Bundles need nothing but Python."""
    return True
