# SPDX-License-Identifier: GPL-3.0-or-later
"""SCons tool: link with old versions of the C library's functions, and check the result.

stubs = env.MpykGlibcStubs(folder)      # stub libraries for the C library; link with -L and their folder
env.MpykGlibcCheck(linked, archives)    # the link fails when the file needs a later glibc than glibc_max=
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from SCons.Action import Action

from mpykbuild.base import module_deps
from mpykbuild.toolchain import glibc_limit, glibc_stubs


def _stubs(env: Any, folder: str) -> Any:
    limit = min(glibc_stubs.PREFERRED, env["MPYK_GLIBC_MAX"] or glibc_stubs.PREFERRED)
    compiler, sysroot = env["MPYK_COMPILERS"].cc, env["MPYK_COMPILERS"].sysroot

    def make(target: list[Any], source: list[Any], env: Any) -> None:
        glibc_stubs.make_stubs(compiler, Path(target[0].dir.abspath), limit, sysroot)

    known = env.Value([compiler, list(limit), glibc_stubs.libraries_identity(glibc_stubs.find_libraries(compiler))])
    action = Action(env["MPYK_REPORT_ERRORS"](make), "Making stubs of the C library for $TARGET")
    # libc.so represents all stub libraries, which are made together in its folder.
    stubs = env.Command(f"{folder}/libc.so", [known, str(glibc_stubs.MOVED)], action)
    env.Depends(stubs, [str(path) for path in module_deps.files_of("toolchain.glibc_stubs")])
    return stubs


def _check(env: Any, linked: Any, archives: list[str]) -> None:
    limit = env["MPYK_GLIBC_MAX"]

    def check(target: list[Any], source: list[Any], env: Any) -> None:
        files = [Path(node.abspath) for node in source] + [Path(archive) for archive in archives]
        glibc_limit.check_limit(Path(target[0].abspath), limit, files)

    env.AddPostAction(linked, Action(env["MPYK_REPORT_ERRORS"](check), None))
    env.Depends(linked, env.Value(["glibc_max", list(limit or ())]))
    env.Depends(linked, [str(path) for path in module_deps.files_of("toolchain.glibc_limit")])


def generate(env: Any) -> None:
    """Add the methods MpykGlibcStubs and MpykGlibcCheck. They read MPYK_GLIBC_MAX and MPYK_COMPILERS."""
    env.AddMethod(_stubs, "MpykGlibcStubs")
    env.AddMethod(_check, "MpykGlibcCheck")


def exists(env: Any) -> bool:
    """Return True: the tool gcc of SCons looks for the compiler."""
    return True
