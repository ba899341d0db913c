# SPDX-License-Identifier: GPL-3.0-or-later
"""SCons tool: expensive products in the cache. SCons sees a small stamp file for each.

    stamp = env.MpykProduct(plan)
    stamp = env.MpykCrash(crash_plan)

A stamp contains the key of its product. What is built from a product depends on the stamp, so SCons builds it again
only when the key changed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from SCons.Action import Action

from mpykbuild.base.errors import BuildError, print_error
from mpykbuild.plan.records import CrashPlan, Plan

# SCons ends with this status whenever a build fails.
FAILED = 2


class ReportsBuildErrors:
    """A wrapper for the function of a builder. A BuildError is printed as sentences, and the target fails.

    SCons runs an action again when its contents change. The contents here are the code of the function alone. By
    default SCons would add the objects in the function's closure, which look different in each run.
    """

    def __init__(self, function: Callable[..., None]) -> None:
        self.function = function

    def __call__(self, target: list[Any], source: list[Any], env: Any) -> int:
        try:
            self.function(target, source, env)
        except BuildError as error:
            print_error(error)
            if error.status != FAILED:
                # SCons ends with status 2 whatever the function returns, so another status needs sys.exit().
                sys.exit(error.status)
            return FAILED
        return 0

    def get_contents(self, target: list[Any], source: list[Any], env: Any) -> bytes:
        code = self.function.__code__
        return code.co_name.encode() + code.co_code + repr(code.co_names).encode()


def _remove_stamp_without_product(stamp: Any, plan: Plan) -> None:
    """Remove the stamp when someone deleted the product from the cache, so that SCons makes the product again."""
    path = Path(stamp.abspath)
    if path.is_file() and not plan.is_in_place():
        path.unlink()


def _product(env: Any, plan: Plan) -> Any:
    """Return the node of the stamp for a product, which is built if the cache does not have it."""

    def make(target: list[Any], source: list[Any], env: Any) -> None:
        plan.provide()
        Path(target[0].abspath).write_text(plan.stamp_text(), encoding="utf-8")

    action = Action(env["MPYK_REPORT_ERRORS"](make), f"{plan.title}: {plan.folder}")
    stamp = env.Command(f"{env['MPYK_BUILD']}/products/{plan.title}.json", env.Value(plan.stamp_text()), action)
    _remove_stamp_without_product(stamp[0], plan)
    return stamp


def _crash(env: Any, crash: CrashPlan) -> Any:
    """Return the stamp of a crash that we build, or the files that SCons watches in a tree that the user has built."""
    return env.MpykProduct(crash.plan) if crash.plan else [env.File(str(path)) for path in crash.watched_files()]


def generate(env: Any) -> None:
    """Add the methods MpykProduct and MpykCrash, and the wrapper MPYK_REPORT_ERRORS for other tools."""
    env.AddMethod(_product, "MpykProduct")
    env.AddMethod(_crash, "MpykCrash")
    env["MPYK_REPORT_ERRORS"] = ReportsBuildErrors


def exists(env: Any) -> bool:
    """Return True: the tool needs no program besides Python."""
    return True
