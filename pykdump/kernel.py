# SPDX-License-Identifier: GPL-3.0-or-later
"""The rest of the API that stands on the ``crash`` module alone: symbols by attribute, sizes, running commands."""

from __future__ import annotations

from crash import error, exec_crash_command, readSymbol, struct_size, type_length

from pykdump.generic import Bunch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The options common to all programs, as the runner found them on the command line.
API_options = Bunch({"debug": 0, "dumpcache": False, "experimental": False})


class _KernelVariables:
    """``PYKD.jiffies`` is readSymbol("jiffies")."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return readSymbol(name)


PYKD = _KernelVariables()


def struct_exists(suname: str) -> bool:
    """Whether the kernel has such a struct or union ("struct x")."""
    return struct_size(suname) != -1


def getSizeOf(name: str) -> int:
    """sizeof of any type in bytes, -1 if it is unknown."""
    size = struct_size(name)
    return size if size != -1 else type_length(name)


def exec_command(cmdline: str) -> None:
    """Run a crash command (those written in Python included) and print what it prints."""
    try:
        print(exec_crash_command(cmdline), end="")
    except error as problem:
        print(problem)
