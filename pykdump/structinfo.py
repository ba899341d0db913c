# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions of the kernel's structs, unions and functions; structs that a program makes itself."""

from __future__ import annotations

from crash import (
    Addr,
    TypeInfo,
    _make_struct,
    _set_sinfo_factory,
    error,
    exec_gdb_command,
    member_offset,
    struct_members,
    struct_size,
    whatis,
)

from pykdump.caches import memoize_typeinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crash import StructResult


def declaration(ctype: str, name: str) -> str:
    """Return the C declaration of ``name``: ("char [16]", "comm") gives "char comm[16]"."""
    star = ctype.find("(*")
    if star >= 0:
        end = star + 2
        while ctype[end : end + 1] == "*":
            end += 1
        return ctype[:end] + name + ctype[end:]
    base, bracket, dimensions = ctype.partition(" [")
    if not bracket:
        base, bracket, dimensions = ctype.partition("[")
    space = "" if base.endswith("*") else " "
    return f"{base.rstrip()}{space}{name}" + ("[" + dimensions if bracket else "")


class _Description(dict):  # type: ignore[type-arg]
    """A struct as {member: description}. A member is an attribute too, unless dict has an attribute of that name."""

    def __init__(self, stype: str, size: int) -> None:
        super().__init__()
        self.stype = stype
        self.PYT_size = size

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            pass
        if name == "size":  # the struct has no such member
            return self.PYT_size
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"<{self.stype}> does not have a field <{name}>")

    @property
    def PYT_body(self) -> list[str]:
        """The names of the members, in the order of their declaration."""
        return list(self)

    def getFnames(self) -> list[str]:
        """Return the names of the members, in the order of their declaration."""
        return list(self)

    def shortstr(self) -> str:
        """Return name and size in one line."""
        return f"{self.stype} {{...}} SIZE: {self.PYT_size}"

    def fullstr(self, indent: int = 0) -> str:
        """Return the struct as text, as crash's ``struct -o`` prints it.

        Members of anonymous structs are shown as members of the struct itself.
        """
        lines = [f"{self.stype} {{"]
        for name, info in self.items():
            bits = f" : {info.bitsize}" if info.bitsize else ""
            lines.append(f"{f'[{info.offset}]':>6} {declaration(info.ctype, name)}{bits};")
        lines += ["}", f"SIZE: {self.PYT_size}"]
        return "\n".join(" " * indent + line for line in lines)

    def __str__(self) -> str:
        return self.fullstr()

    def __repr__(self) -> str:
        return f"<SUInfo {self.shortstr()}>"


class SUInfo(_Description):
    """A struct or union of the kernel as {member: crash.VarInfo}. Raises TypeError for an unknown name."""

    def __init__(self, suname: str) -> None:
        members = struct_members(suname)
        super().__init__(suname, struct_size(suname))
        self.update(members)


getStructInfo = memoize_typeinfo(SUInfo)
# This makes s.PYT_sinfo of every struct an SUInfo; without it, it would be a plain dict.
_set_sinfo_factory(getStructInfo)


class ArtMember:
    """A member of an artificial struct. It has the attributes of crash.VarInfo."""

    addr = None

    def __init__(self, name: str, ti: TypeInfo, offset: int, size: int, array: int) -> None:
        self.name, self.ti, self.offset, self.size, self.array = name, ti, offset, size, array
        self.bitoffset: int | None = None
        self.bitsize: int | None = None

    @property
    def ctype(self) -> str:
        """The type as C text."""
        return self.ti.fullname()

    @property
    def basetype(self) -> str:
        """The type without pointer stars and array dimensions."""
        return str(self.ti.stype)

    def __repr__(self) -> str:
        return f"<VarInfo {self.name}: {self.ctype}, offset {self.offset}>"


class ArtStructInfo(_Description):
    """A struct that a program builds from types of the kernel. Its layout is the one that a C compiler would choose.

    All functions that take a struct's name accept its name, unless the kernel has a struct of the same name.
    """

    def __init__(self, suname: str) -> None:
        super().__init__(suname, 0)
        self._end = 0
        self._alignment = 1

    def append(self, ctype: str, fname: str) -> None:
        """Append the member ``ctype fname`` at its natural alignment. Raises TypeError for an unknown type."""
        info = TypeInfo(ctype)
        size = info.size * info.elements
        alignment = _alignment(info)
        offset = (self._end + alignment - 1) // alignment * alignment
        self[fname] = ArtMember(fname, info, offset, size, info.elements)
        self._finish(offset + size, alignment)

    def inline(self, si: _Description) -> None:
        """Append all members of another struct, as if that struct were an anonymous member."""
        alignment = max((_alignment(info.ti) for info in si.values()), default=1)
        start = (self._end + alignment - 1) // alignment * alignment
        for name, info in si.items():
            member = ArtMember(name, info.ti, start + info.offset, info.size, info.array)
            if info.bitsize:
                member.bitoffset, member.bitsize = 8 * start + info.bitoffset, info.bitsize
            self[name] = member
        self._finish(start + si.PYT_size, alignment)

    def _finish(self, end: int, alignment: int) -> None:
        self._end = end
        self._alignment = max(self._alignment, alignment)
        self.PYT_size = (end + self._alignment - 1) // self._alignment * self._alignment
        fields = [
            (n, m.ti, 8 * m.offset if m.bitoffset is None else m.bitoffset, m.bitsize or 0) for n, m in self.items()
        ]
        _make_struct(self.stype.split()[-1], self.PYT_size, fields)


def _alignment(info: TypeInfo) -> int:
    """Return the alignment of a type, assuming that its members have their natural alignment."""
    if not info.ptrlev and struct_size(info.stype) >= 0:
        try:
            members = struct_members(info.stype)
        except TypeError:  # a plain integer
            return int(info.size) or 1
        return max((_alignment(member.ti) for member in members.values()), default=1)
    return int(info.size) or 1


def funcargs(funcname: str) -> list[str] | None:
    """Return the types of a kernel function's parameters as C text.

    The result is None if there is no such function or its type is unknown.
    """
    try:
        prototype = whatis(funcname).ti.prototype
    except (TypeError, error):
        return None
    return None if prototype is None else [parameter.fullname() for parameter in prototype[1:]]


def printObject(structresult: StructResult) -> None:
    """Print a struct as gdb does. If gdb does not know the type, StructResult.Dump() prints it."""
    address = Addr(structresult)
    try:
        print(exec_gdb_command(f"print *({structresult.PYT_symbol} *){address:#x}"), end="")
    except error:
        structresult.Dump()


def type_of_chain(suname: str, chain: str) -> TypeInfo | None:
    """Return the type of the last member of a chain such as "a.b->c", which starts in the struct ``suname``.

    The steps go through embedded structs and pointers to structs. The result is None if a step does not exist.
    """
    info = TypeInfo(suname)
    for step in chain.replace("->", ".").split("."):
        struct = info.stype if (info.ptrlev or 0) < 2 and not info.dims else None
        if struct is None or member_offset(struct, step) < 0:
            return None
        info = struct_members(struct)[step].ti
    return info
