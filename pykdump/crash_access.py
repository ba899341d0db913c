# SPDX-License-Identifier: GPL-3.0-or-later
"""Short forms for functions of the module ``crash``: kernel variables as attributes, sizes of types, C integers,
running commands, memory of processes."""

from __future__ import annotations

from crash import (
    PAGESIZE,
    PHYSADDR,
    crash_set_error,
    error,
    exec_crash_command,
    readmem,
    readS32,
    readS64,
    readSymbol,
    readU32,
    readU64,
    struct_size,
    type_length,
    uvtop,
)
from crash import version as _version

from pykdump.c_integers import LONG_SIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Reads of int and long of the dump. crash.readInt is another function: it takes a size.
readInt, readUInt = readS32, readU32
readLong, readULong = (readS64, readU64) if LONG_SIZE == 8 else (readS32, readU32)


class _KernelVariables:
    """``PYKD.jiffies`` gives readSymbol("jiffies")."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return readSymbol(name)


PYKD = _KernelVariables()


def struct_exists(suname: str) -> bool:
    """Return whether the kernel has a struct or union of this name, such as "struct x"."""
    return struct_size(suname) != -1


def getSizeOf(name: str) -> int:
    """Return the size of any type in bytes, -1 if the type is unknown."""
    size = struct_size(name)
    return size if size != -1 else type_length(name)


def exec_command(cmdline: str) -> None:
    """Run a crash command, which may be written in Python, and print its output or its error message."""
    try:
        print(exec_crash_command(cmdline), end="")
    except error as problem:
        print(problem)


class SuppressCrashErrors:
    """``with SuppressCrashErrors():`` sends the error messages of crash and gdb to ``outfile``."""

    def __init__(self, outfile: str = "/dev/null") -> None:
        self.outfile = outfile
        self._before = "default"

    def __enter__(self) -> SuppressCrashErrors:
        self._before = crash_set_error(self.outfile)
        return self

    def __exit__(self, *_failure: object) -> None:
        crash_set_error(self._before)


def readProcessMem(taskaddr: int, uvaddr: int, size: int) -> bytes:
    """Return ``size`` bytes of a process's memory.

    ``taskaddr`` is a ``struct task_struct *``, ``uvaddr`` a user address. Raises crash.error if a page is not in the
    dump.
    """
    parts = []
    while size > 0:
        count = min(size, PAGESIZE - uvaddr % PAGESIZE)
        parts.append(readmem(uvtop(taskaddr, uvaddr), count, PHYSADDR))
        uvaddr += count
        size -= count
    return b"".join(parts)


def require_cmod_version(needed: str) -> None:
    """End the program with one sentence if the extension is older than ``needed``, which is "x.y.z"."""
    if _numbers(_version) < _numbers(needed):
        raise SystemExit(f"This program needs the extension in version {needed} or later; this one is {_version}.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("-")[0].split("."))
