# SPDX-License-Identifier: GPL-3.0-or-later
"""SCons tool: copy finished files, and run the functions of targets.

copied = env.MpykCopy("#build/mpykdump.so", extension)
program = env.MpykCopyProgram("#build/crash", crash_plan, crash_stamp)
env.MpykRun("demo", needed, run_demo, project)      # the target demo builds `needed`, then calls run_demo(project)
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from SCons.Action import Action

from mpykbuild.plan.records import CrashPlan


def _copy_file(source: Path, target: Path) -> None:
    """Copy a file under a temporary name and rename it: a running crash keeps the old file that it has mapped."""
    work = target.with_name(target.name + ".work")
    shutil.copy2(source, work)
    work.replace(target)


def _copy(env: Any, target: str, source: Any) -> Any:
    def copy(target: list[Any], source: list[Any], env: Any) -> None:
        _copy_file(Path(source[0].abspath), Path(target[0].abspath))

    return env.Command(target, source, Action(env["MPYK_REPORT_ERRORS"](copy), "Copying $SOURCE to $TARGET"))


def _copy_program(env: Any, target: str, crash: CrashPlan, stamp: Any) -> Any:
    """Copy the crash program of a tree. Return no node when the tree has only headers.

    The node depends on the stamp of the tree, because the program itself may appear only during the build.
    """
    if not crash.has_program:
        return []

    def copy(target: list[Any], source: list[Any], env: Any) -> None:
        _copy_file(crash.program, Path(target[0].abspath))

    return env.Command(target, stamp, Action(env["MPYK_REPORT_ERRORS"](copy), f"Copying {crash.program} to $TARGET"))


def _run(env: Any, name: str, needed: Any, function: Callable[[Any], None], project: Any) -> Any:
    """Return a target ``name`` that always calls ``function(project)``, after ``needed`` is built."""

    def run(target: list[Any], source: list[Any], env: Any) -> None:
        function(project)

    alias = env.Alias(name, needed, Action(env["MPYK_REPORT_ERRORS"](run), cmdstr=None))
    env.AlwaysBuild(alias)
    return alias


def generate(env: Any) -> None:
    """Add the methods MpykCopy, MpykCopyProgram and MpykRun."""
    env.AddMethod(_copy, "MpykCopy")
    env.AddMethod(_copy_program, "MpykCopyProgram")
    env.AddMethod(_run, "MpykRun")


def exists(env: Any) -> bool:
    """Return True: the tool needs no program besides Python."""
    return True
