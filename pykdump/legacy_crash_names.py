# SPDX-License-Identifier: GPL-3.0-or-later
"""What the classic C module offered and Python does now: types as dicts, programs and children started from one.

``crash`` gets these names when the extension is loaded; the functions are imported when one is called.
"""

from __future__ import annotations

import sys

import crash

from pykdump import lazy_imports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crash import TypeInfo

NAMES = ("gdb_typeinfo", "gdb_whatis", "exec_epython_command")


def install() -> None:
    """Put the functions into ``crash``."""
    for name in NAMES:
        setattr(crash, name, lazy_imports.function("pykdump.legacy_crash_names", name))
    crash.exec_crash_command_bg2 = lazy_imports.function("pykdump.background_commands", "exec_crash_command_bg2")


def _describe(info: TypeInfo) -> dict[str, Any]:
    """One level of a type. Keys that do not apply are left out, as ever."""
    found: dict[str, Any] = {"basetype": info.stype, "codetype": info.codetype, "typelength": info.size}
    optional = {"typedef": info.typedef, "stars": info.ptrlev, "dims": info.dims, "ptrbasetype": info.ptrbasetype}
    found.update((key, value) for key, value in optional.items() if value)
    if info.uint is not None:
        found["uint"] = int(info.uint)
    if info.prototype is not None:
        found["prototype"] = [_describe(parameter) for parameter in info.prototype]
    return found


def _add_contents(found: dict[str, Any], info: TypeInfo) -> None:
    """``body`` of a struct or union, ``edef`` of an enum; a pointer has neither."""
    if info.ptrlev:
        return
    if info.codetype in (crash.TYPE_CODE_STRUCT, crash.TYPE_CODE_UNION):
        found["body"] = []
        for name, member in crash.struct_members(info.typedef or info.stype).items():
            row = {"fname": name, "bitoffset": 8 * member.offset, **_describe(member.ti)}
            if member.bitsize:
                row.update(bitoffset=member.bitoffset, bitsize=member.bitsize)
            found["body"].append(row)
    elif info.codetype == crash.TYPE_CODE_ENUM:
        found["edef"] = [[name, value] for name, value in crash.enum_values(info.typedef or info.stype).items()]


def gdb_typeinfo(typename: str) -> dict[str, Any]:
    """A type as a dict: basetype, codetype, typelength and, where they apply, typedef, stars, ptrbasetype, dims, uint,
    prototype, ``body`` (a dict for each member: also fname, bitoffset, bitsize) and ``edef`` ([name, value] each).

    TypeError if there is no such type.
    """
    info = crash.TypeInfo(typename)
    found = _describe(info)
    _add_contents(found, info)
    return found


def gdb_whatis(symbol: str) -> dict[str, Any]:
    """The type of a variable or function as gdb_typeinfo() gives it, and ``fname``. TypeError if it is unknown."""
    info = crash.whatis(symbol).ti
    found = {"fname": symbol, **_describe(info)}
    _add_contents(found, info)
    return found


def exec_epython_command(command: str) -> None:
    """Run a program, or a crash command written in Python, with its arguments; it prints as if typed at the prompt.

    ValueError for an empty line; crash.error with what it printed if it fails.
    """
    words = command.split(None, 1)
    if not words:
        raise ValueError("exec_epython_command() needs the name of a program.")
    line = command if words[0] in crash.get_epython_cmds() else f"epython {command}"
    sys.stdout.write(crash.exec_crash_command(line))
