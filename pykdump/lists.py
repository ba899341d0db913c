# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of the kernel's linked lists: ``list_head``, ``hlist`` and chains of plain ``next`` pointers.

Each reader stops after ``maxel`` elements and survives damaged lists. In a list with a loop or a wild pointer it gives
the elements read so far and reports the problem through pylog.
"""

from __future__ import annotations

import sys

import crash
from crash import member_offset, readPtr, readSU, struct_size, sym2addr

from pykdump.compat_helpers import patch_default_kw
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

DEFAULT_MAXEL = 10000
WALKED_AT_ONCE = 64


def readList(
    start: int, offset: int = 0, *, maxel: int = DEFAULT_MAXEL, inchead: bool = True, warn: bool = True
) -> list[int]:
    """Return the addresses of a chain: the ``void *`` at ``start + offset`` is the address of the next element.

    The walk ends at NULL or back at ``start``. It also ends at an address seen before and at a read error (both are
    reported by pylog.error), and after ``maxel`` elements (pylog.warning, if ``warn``). With ``inchead``, ``start`` is
    the first element. A NULL ``start`` gives [].
    """
    start = int(start)
    if start == 0:
        return []
    # One more than maxel, so that a list of exactly maxel elements gives no warning.
    found, problem = crash.readBadList(start, offset, maxel + 1, inchead)
    if problem is not None:
        pylog.error(f"List at {start:#x}, after {len(found)} elements: {problem}")
    if len(found) > maxel:
        del found[maxel:]
        if warn:
            _warn_maxel(start, maxel)
    return found


def _warn_maxel(start: int, maxel: int) -> None:
    pylog.warning(f"List at {start:#x}: stopped after {maxel} elements, use --maxel N to read more")


def readBadList(
    start: int, offset: int = 0, *, maxel: int = DEFAULT_MAXEL, inchead: bool = True
) -> tuple[list[int], str | None]:
    """As readList(), for damaged lists: return (addresses, reason why the walk ended early or None)."""
    found, problem = crash.readBadList(start, offset, maxel + 1, inchead)
    if len(found) > maxel:
        del found[maxel:]
        _warn_maxel(int(start), maxel)
    return found, problem


def readListByHead(start: int, offset: int = 0, *, maxel: int = DEFAULT_MAXEL, warn: bool = True) -> list[int]:
    """As readList() without ``start`` itself, like the kernel's list_for_each()."""
    return readList(start, offset, maxel=maxel, inchead=False, warn=warn)


list_for_each_entry = readListByHead


def walkListByHead(start: int, *, maxel: int = DEFAULT_MAXEL) -> Iterator[int]:
    """Yield the addresses that readListByHead() returns, and read the list while they are used.

    A long list takes less time so if its elements are read too: their pages of the dump are then still decompressed.
    """
    start, last = int(start), int(start)
    seen = {start}
    while True:
        nodes, problem = crash.readBadList(last, 0, WALKED_AT_ONCE, False)
        for node in nodes:
            if node == start:
                return
            if node in seen:
                pylog.error(f"List at {start:#x}, after {len(seen) - 1} elements: it comes back to {node:#x}")
                return
            if len(seen) > maxel:
                _warn_maxel(start, maxel)
                return
            seen.add(node)
            yield node
        if problem is not None:
            pylog.error(f"List at {start:#x}, after {len(seen) - 1} elements: {problem}")
            return
        if len(nodes) < WALKED_AT_ONCE:
            # NULL ends the list, or a node that is followed by the one where this part began.
            if last != start and readPtr((nodes or [last])[-1]):
                pylog.error(f"List at {start:#x}, after {len(seen) - 1} elements: it comes back to {last:#x}")
            return
        last = nodes[-1]


def field_offset(suname: str, field: str) -> int:
    """Return the offset of a member in bytes; ``field`` may be "a.b".

    Raises TypeError for an unknown struct, KeyError for an unknown member.
    """
    offset = member_offset(suname, field)
    if offset < 0:
        if struct_size(suname) < 0:
            raise TypeError(f"There is no type {suname!r} in this kernel.")
        raise KeyError(f"<{suname}> does not have a field <{field}>")
    return offset


def _is_list_head(symbol: str) -> bool:
    try:
        return bool(crash.whatis(symbol).ctype == "struct list_head")
    except TypeError:  # its type is not known
        return False


def readSUListFromHead(
    head: int | str,
    listfield: str,
    suname: str,
    *,
    maxel: int = DEFAULT_MAXEL,
    inchead: bool = False,
    warn: bool = True,
) -> list[StructResult]:
    """Return all structs ``suname`` that are linked by their ``struct list_head listfield``.

    This is the kernel's list_for_each_entry(). ``head`` is the address of the list_head, or a symbol: either a
    ``struct list_head`` ("modules") or a ``suname`` that embeds the head ("init_task"). Raises TypeError for an unknown
    symbol or struct, KeyError for an unknown member.
    """
    offset = field_offset(suname, listfield)
    if isinstance(head, str):
        symbol, head = head, sym2addr(head)
        if not head:
            raise TypeError(f"There is no symbol {symbol!r} in this kernel.")
        if not _is_list_head(symbol):
            head += offset
    return [readSU(suname, a - offset) for a in readList(head, maxel=maxel, inchead=inchead, warn=warn)]


def readStructNext(
    shead: StructResult, nextname: str, *, maxel: int = DEFAULT_MAXEL, inchead: bool = True
) -> list[StructResult]:
    """Return the structs of one type that a plain pointer ``struct X *nextname`` links. A NULL ``shead`` gives []."""
    if not shead:
        return []
    first = shead if hasattr(shead, "PYT_symbol") else crash.Deref(shead)
    suname = first.PYT_symbol
    offset = field_offset(suname, nextname)
    return [readSU(suname, a) for a in readList(int(first), offset, maxel=maxel, inchead=inchead)]


def hlist_for_each_entry(suname: str, head: int, member: str) -> Iterator[StructResult]:
    """Yield the structs ``suname`` of a ``struct hlist_head`` or hlist_nulls_head, linked by their member ``member``.

    ``head`` is the head or its address.
    """
    offset = field_offset(suname, member)
    node = readPtr(int(head))
    while node and not node & 1:  # the end of an hlist_nulls is an odd value
        yield readSU(suname, node - offset)
        node = readPtr(node)


def readSUArray(suname: str, start: int, dim: int = 0) -> list[StructResult] | Iterator[StructResult]:
    """Return the elements of the array ``suname start[dim]`` as a list. A ``dim`` of 0 gives an endless generator."""
    if dim == 0:
        return _endless(suname, int(start))
    size = struct_size(suname)
    return [readSU(suname, int(start) + i * size) for i in range(dim)]


def _endless(suname: str, address: int) -> Iterator[StructResult]:
    size = struct_size(suname)
    while True:
        yield readSU(suname, address)
        address += size


class ListHead(list):  # type: ignore[type-arg]
    """The elements of the list whose ``struct list_head`` is at ``addr``, without the head.

    Without ``suname`` the elements are ``struct list_head``. With it they are addresses, and an attribute names the
    member that links the structs: ``ListHead(addr, "struct module").list`` is a list of ``struct module``.
    """

    def __init__(self, addr: int, suname: str | None = None, *, maxel: int = DEFAULT_MAXEL, warn: bool = True) -> None:
        addresses = readListByHead(int(addr), maxel=maxel, warn=warn)
        super().__init__(addresses if suname else [readSU("struct list_head", a) for a in addresses])
        self.sname = suname
        self.warn = warn

    def __getattr__(self, field: str) -> list[StructResult]:
        suname = self.__dict__.get("sname")
        if suname is None or field.startswith("__"):
            raise AttributeError(field)
        offset = field_offset(suname, field)
        return [readSU(suname, a - offset) for a in self]


def LH_isempty(head: StructResult) -> bool:
    """Return whether a ``struct list_head`` is NULL or has no element."""
    return not head or readPtr(int(head)) in (0, int(head))


def setListMaxel(n: int) -> int:
    """Set the default of ``maxel`` in all list readers; return the old default.

    The option --maxel does this for one program.
    """
    global _maxel
    old, _maxel = _maxel, int(n)
    patch_default_kw(sys.modules[__name__], "maxel", _maxel)
    return old


_maxel = DEFAULT_MAXEL
