# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions that the C module of the classic extension had and that are written in Python here.

They describe types as dicts, and start programs and background commands. install() puts them into the module
``crash``; this module is imported when one of them is called.
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
    """Put the functions into the module ``crash``."""
    for name in NAMES:
        setattr(crash, name, lazy_imports.function("pykdump.legacy_crash_names", name))
    crash.exec_crash_command_bg2 = lazy_imports.function("pykdump.background_commands", "exec_crash_command_bg2")


def _type_dict(info: TypeInfo) -> dict[str, Any]:
    """Return a type as a dict, without its members. As in the classic extension, keys that do not apply are missing."""
    found: dict[str, Any] = {"basetype": info.stype, "codetype": info.codetype, "typelength": info.size}
    optional = {"typedef": info.typedef, "stars": info.ptrlev, "dims": info.dims, "ptrbasetype": info.ptrbasetype}
    found.update((key, value) for key, value in optional.items() if value)
    if info.uint is not None:
        found["uint"] = int(info.uint)
    if info.prototype is not None:
        found["prototype"] = [_type_dict(parameter) for parameter in info.prototype]
    return found


def _add_contents(found: dict[str, Any], info: TypeInfo) -> None:
    """Add ``body`` for a struct or union, ``edef`` for an enum. A pointer gets nothing."""
    if info.ptrlev:
        return
    if info.codetype in (crash.TYPE_CODE_STRUCT, crash.TYPE_CODE_UNION):
        found["body"] = []
        for name, member in crash.struct_members(info.typedef or info.stype).items():
            row = {"fname": name, "bitoffset": 8 * member.offset, **_type_dict(member.ti)}
            if member.bitsize:
                row.update(bitoffset=member.bitoffset, bitsize=member.bitsize)
            found["body"].append(row)
    elif info.codetype == crash.TYPE_CODE_ENUM:
        found["edef"] = [[name, value] for name, value in crash.enum_values(info.typedef or info.stype).items()]


def gdb_typeinfo(typename: str) -> dict[str, Any]:
    """Return a type as a dict. Raises TypeError for an unknown type.

    The dict always has basetype, codetype and typelength. It has typedef, stars, ptrbasetype, dims, uint and prototype
    where they apply. A struct or union has ``body``, a list of such dicts for the members, which also have fname,
    bitoffset and bitsize. An enum has ``edef``, a list of [name, value].
    """
    info = crash.TypeInfo(typename)
    found = _type_dict(info)
    _add_contents(found, info)
    return found


def gdb_whatis(symbol: str) -> dict[str, Any]:
    """Return the type of a variable or function as gdb_typeinfo() does, with its name as ``fname``.

    Raises TypeError if the symbol or its type is unknown.
    """
    info = crash.whatis(symbol).ti
    found = {"fname": symbol, **_type_dict(info)}
    _add_contents(found, info)
    return found


def exec_epython_command(command: str) -> None:
    """Run a program, or a crash command written in Python, and print its output.

    Raises ValueError for an empty line, and crash.error with the output so far if the program fails.
    """
    words = command.split(None, 1)
    if not words:
        raise ValueError("exec_epython_command() needs the name of a program.")
    line = command if words[0] in crash.get_epython_cmds() else f"epython {command}"
    sys.stdout.write(crash.exec_crash_command(line))
