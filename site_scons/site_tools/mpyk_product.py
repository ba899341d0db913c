# SPDX-License-Identifier: GPL-3.0-or-later
"""SCons tool: expensive products in the cache, each seen by SCons as a small stamp file.

    stamp = env.MpykProduct(plan)

What is built from a product depends on its stamp, whose content is the product's key: nothing follows when the
product stayed the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from SCons.Action import Action

from mpykbuild.base.errors import BuildError, print_error
from mpykbuild.plan.records import CrashPlan, Plan

# The status of a failed build: SCons has no other.
FAILED = 2


class ReportsBuildErrors:
    """A builder's function whose BuildError becomes sentences on stderr and a failed target, not a traceback.

    What the function does is told to SCons by its code alone: by itself SCons would look into the objects that the
    function closes over, and find them different in each run.
    """

    def __init__(self, function: Callable[..., None]) -> None:
        self.function = function

    def __call__(self, target: list[Any], source: list[Any], env: Any) -> int:
        try:
            self.function(target, source, env)
        except BuildError as error:
            print_error(error)
            if error.status != FAILED:
                # SCons ends with status 2 for whatever a function returns, but it heeds this.
                sys.exit(error.status)
            return FAILED
        return 0

    def get_contents(self, target: list[Any], source: list[Any], env: Any) -> bytes:
        code = self.function.__code__
        return code.co_name.encode() + code.co_code + repr(code.co_names).encode()


def _forget_stamp_without_product(stamp: Any, plan: Plan) -> None:
    """Let SCons make the product again when someone emptied the cache behind its back."""
    path = Path(stamp.abspath)
    if path.is_file() and not plan.is_in_place():
        path.unlink()


def _product(env: Any, plan: Plan) -> Any:
    def make(target: list[Any], source: list[Any], env: Any) -> None:
        plan.provide()
        Path(target[0].abspath).write_text(plan.stamp_text(), encoding="utf-8")

    action = Action(env["MPYK_REPORT_ERRORS"](make), f"{plan.title}: {plan.folder}")
    stamp = env.Command(f"{env['MPYK_BUILD']}/products/{plan.title}.json", env.Value(plan.stamp_text()), action)
    _forget_stamp_without_product(stamp[0], plan)
    return stamp


def _crash(env: Any, crash: CrashPlan) -> Any:
    """Return the stamp of a crash that we build, or the files that speak for the user's built tree."""
    return env.MpykProduct(crash.plan) if crash.plan else [env.File(str(path)) for path in crash.witnesses()]


def generate(env: Any) -> None:
    """Add the methods MpykProduct and MpykCrash, and the wrapper MPYK_REPORT_ERRORS for other tools."""
    env.AddMethod(_product, "MpykProduct")
    env.AddMethod(_crash, "MpykCrash")
    env["MPYK_REPORT_ERRORS"] = ReportsBuildErrors


def exists(env: Any) -> bool:
    """Products need nothing but Python."""
    return True
