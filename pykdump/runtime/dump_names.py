# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the dump for completion: the functions that take such names, and the names that begin with a text."""

from __future__ import annotations

import crash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# {function: kinds of its arguments}. A "member" is one of the type that the call names, or of the object that is its
# first argument; a "command" is a crash command; "" is not completed.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "Addr": ("", "member"),
    "ListHead": ("", "type"),
    "StructResult": ("type",),
    "TypeInfo": ("type",),
    "castTo": ("type",),
    "container_of": ("", "type", "member"),
    "enum_values": ("type",),
    "exec_command": ("command",),
    "exec_crash_command": ("command",),
    "exec_crash_command_bg": ("command",),
    "exec_crash_command_bg2": ("command",),
    "getSizeOf": ("type",),
    "getStructInfo": ("type",),
    "hlist_for_each_entry": ("type", "", "member"),
    "member_offset": ("type", "member"),
    "member_size": ("type", "member"),
    "readSU": ("type",),
    "readSUArray": ("type",),
    "readSUListFromHead": ("symbol", "", "type"),
    "readStructNext": ("", "member"),
    "readSymbol": ("symbol",),
    "read_value": ("type",),
    "struct_class": ("type",),
    "struct_exists": ("type",),
    "struct_info": ("type",),
    "struct_members": ("type",),
    "struct_size": ("type",),
    "sym2addr": ("symbol",),
    "sym2alladdr": ("symbol",),
    "symbol_exists": ("symbol",),
    "type_length": ("type",),
    "union_size": ("type",),
    "whatis": ("symbol",),
}
# Methods of StructResult whose argument is a member of that struct.
MEMBER_METHODS = frozenset(("Eval", "fieldOffset", "hasField"))

# {crash command: kind of its arguments}
_COMMAND_ARGUMENTS = {
    **dict.fromkeys(("dis", "p", "rd", "sym", "whatis"), "symbol"),
    **dict.fromkeys(("struct", "union"), "tag"),
    **dict.fromkeys(("help", "man"), "command"),
}
_KINDS = ("struct", "union", "enum")


def symbols(prefix: str) -> list[str]:
    """Return the symbols of the kernel and its modules that begin with ``prefix``."""
    return crash._symbol_names(prefix)


def tags(prefix: str) -> list[str]:
    """Return names of structs and unions for crash's `struct`; after a dot, their members."""
    tag, dot, path = prefix.partition(".")
    if dot:
        return [f"{tag}.{member}" for member in members_of(f"struct {tag}", path)]
    return [*crash._type_names("struct", prefix), *crash._type_names("union", prefix)]


def types(prefix: str) -> list[str]:
    """Return types: "struct x", a typedef, or the name after "struct" alone."""
    kind, blank, tag = prefix.partition(" ")
    if blank:
        return [f"{kind} {name}" for name in crash._type_names(kind, tag)] if kind in _KINDS else []
    kinds = [f"{kind} " for kind in _KINDS if kind.startswith(prefix)]
    return kinds + ([*crash._type_names("", prefix), *tags(prefix)] if prefix and "." not in prefix else [])


def commands(line: str) -> list[str]:
    """Return the command line ``line`` with each possible completion of its last word."""
    before, blank, word = line.rpartition(" ")
    if not blank:
        return crash._command_names(word)
    kind = _COMMAND_ARGUMENTS.get(before.split()[0] if before.split() else "", "")
    return [f"{before} {name}" for name in FINDERS[kind](word)]


def members_of(typename: str, path: str) -> list[str]:
    """Return the members of a struct; if ``path`` has dots, the members of that member's struct."""
    base, dot, prefix = path.rpartition(".")
    for step in base.split(".") if dot else ():
        typename = next(row[5] for row in crash.struct_info(typename) if row[0] == step).partition("[")[0].rstrip(" *")
    names = [row[0] for row in crash.struct_info(typename)]
    return [f"{base}{dot}{name}" for name in names if name and name.startswith(prefix)]


def _nothing(_prefix: str) -> list[str]:
    return []


FINDERS: dict[str, Callable[[str], list[str]]] = {
    "": _nothing,
    "command": commands,
    "symbol": symbols,
    "tag": tags,
    "type": types,
}
