# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake cross compiler, and fake libraries of another machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mpykbuild.toolchain import crash_libraries, cross_tools
from mpykbuild.toolchain.hosts import Host

# It prints its name and its arguments.
TOOL = """#!/bin/sh
for word; do case $word in -print-file-name=*) echo "{libc}"; exit;; esac; done
case $1 in -v) echo "gcc version 1 of ${{0##*/}}" >&2;; *) echo "${{0##*/}} $*";; esac
"""


def put_tools(folder: Path, host: Host, but: str = "") -> Path:
    """Put all tools for ``host`` into ``folder``, except one."""
    folder.mkdir(exist_ok=True)
    (folder / "libc").write_text("x")
    for name in (*cross_tools.COMPILERS, *cross_tools.BINUTILS):
        if name != but:
            (folder / host.tool(name)).write_text(TOOL.format(libc=folder / "libc"))
            (folder / host.tool(name)).chmod(0o755)
    return folder


def put_libraries(cache: Path, host: Host) -> Path:
    """Make and return the folder of the unpacked packages in the cache."""
    root = cache / "sysroot" / f"debian-{crash_libraries.SUITE}-{host.libraries}"
    for name in ("usr/include/x-linux-gnu", "usr/lib/x-linux-gnu", "lib/x-linux-gnu"):
        (root / name).mkdir(parents=True)
    return root


def install(work: Path, cache: Path, host: Host, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the tools and the libraries for ``host``. Return the folder of the libraries."""
    monkeypatch.setenv("PATH", f"{put_tools(work, host)}{os.pathsep}{os.environ['PATH']}")
    return put_libraries(cache, host)
