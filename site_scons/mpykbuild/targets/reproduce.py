# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the same sources twice, in surroundings that must not influence the result, and compare the artefacts."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.cache import file_digest
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.base.process import Finished, run, users_environment


@dataclass(frozen=True)
class Surroundings:
    """The folder (relative, the second one with a blank), umask and further environment variables of one build."""

    folder: str
    umask: int
    env: Mapping[str, str]


SURROUNDINGS = (
    Surroundings("one", 0o022, {"TZ": "UTC", "LC_ALL": "C.UTF-8"}),
    Surroundings("another place/deeper", 0o077, {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "7"}),
)


def copy_project(target: Path) -> Path:
    """Copy the project to ``target``: all that git would commit, or without git all but build products."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = run(command, cwd=PROJECT, env=users_environment())
    if listed.status:
        shutil.copytree(PROJECT, target, ignore=shutil.ignore_patterns("build", ".git", "__pycache__", ".tox"))
        return target
    for name in filter(None, listed.stdout.split("\0")):
        if (PROJECT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, target / name)
    return target


def run_scons(copy: Path, arguments: list[str], around: Surroundings | None = None) -> Finished:
    """Run SCons in ``copy`` with this process's Python. Its output is returned and not printed.

    The cache of objects is disabled, because these builds have to show what the compiler makes.
    """
    env = {**os.environ, **(around.env if around else {})}
    command = [sys.executable, "-m", "SCons", "--cache-disable", "-C", str(copy), *arguments]
    return run(command, env=env, cwd=copy, umask=around.umask if around else -1)


def _build_in(place: Path, around: Surroundings, arguments: list[str]) -> Path:
    copy = copy_project(place / around.folder)
    done = run_scons(copy, arguments, around)
    if done.status:
        raise BuildError(f"The build in {copy} failed:\n{done.output[-4000:]}")
    return copy / "build" / "mpykdump.so"


def compare_builds(crash_trees: Sequence[Path], python: str, cache: Path, fresh_python: bool) -> str:
    """Build twice and return the sha256 that both artefacts have.

    With ``fresh_python`` each build has an empty cache, so CPython and libdeflate are built twice too.
    Raises BuildError when a build fails or when the artefacts differ.
    """
    with tempfile.TemporaryDirectory(prefix="mpykdump-twice-") as scratch:
        digests = []
        for around in SURROUNDINGS:
            used_cache = Path(scratch) / f"cache {around.umask:o}" if fresh_python else cache
            crash = f"crash={','.join(str(tree) for tree in crash_trees)}"
            arguments = [crash, f"python={python}", f"cache={used_cache}", f"downloads={cache / 'downloads'}"]
            digests.append(file_digest(_build_in(Path(scratch), around, arguments)))
    if len(set(digests)) != 1:
        raise BuildError(f"Two builds of the same sources differ: sha256 {' and '.join(digests)}.")
    return digests[0]
