# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's code in the dump: functions, and where they go on after a fault."""

from __future__ import annotations

from crash import (
    PAGESIZE,
    addr2mod,
    addr2sym,
    error,
    member_offset,
    readmem,
    readS32,
    struct_size,
    sym2addr,
    sym2alladdr,
)

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.x86.decode import Instruction, Undecodable, decode
from pykdump.linux.x86.flow import Flow, analyse
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST = 15  # bytes of an instruction
_COLD = ".cold"  # the compiler's name for unlikely parts, which it moves away from the function
_MOST_FIXUPS = 1000  # of a function


@memoize_cond(CU_LIVE)
def _page(page: int) -> bytes:
    """Return a page of code and the bytes of an instruction that may cross its end. Raises crash.error."""
    try:
        return readmem(page, PAGESIZE + LONGEST)
    except error:
        return readmem(page, PAGESIZE)


def instruction_at(address: int) -> Instruction:
    """Decode an instruction of the dump. Raises Undecodable."""
    page = address & -PAGESIZE
    try:
        return decode(_page(page), address - page, address)
    except (error, IndexError) as problem:
        raise Undecodable(str(problem)) from None


class KernelCode:
    """The code of a function that starts at ``start``; see flow.Code."""

    def __init__(self, start: int) -> None:
        self.start = start
        self._contains: dict[int, bool] = {}
        self._fixups: dict[int, int] | None = None

    def decode(self, address: int) -> Instruction:
        """Decode an instruction. Raises Undecodable."""
        return instruction_at(address)

    def contains(self, address: int) -> bool:
        """Return whether an address belongs to the function, or to a part that was moved away from one."""
        found = self._contains.get(address)
        if found is None:
            name, offset = addr2sym(address, True)
            found = name is not None and (address - offset == self.start or _COLD in name)
            self._contains[address] = found
        return found

    @property
    def fixups(self) -> Mapping[int, int]:
        """{address of an instruction that may fault: where execution goes on then}."""
        if self._fixups is None:
            self._fixups = dict(_fixups(self.start))
        return self._fixups


def _fixups(start: int) -> Iterator[tuple[int, int]]:
    """Yield the (instruction, fixup) of a function from the exception table, which is sorted by instruction.

    ``struct exception_table_entry`` begins with ``int insn, fixup``, each relative to its own place.
    """
    table, count = _exception_table(addr2mod(start))
    size = struct_size("struct exception_table_entry")
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        place = table + middle * size
        low, high = (middle + 1, high) if place + readS32(place) < start else (low, middle)
    for number in range(low, min(count, low + _MOST_FIXUPS)):
        place = table + number * size
        instruction = place + readS32(place)
        if instruction - addr2sym(instruction, True)[1] != start:
            return
        yield instruction, place + 4 + readS32(place + 4)


@memoize_cond(CU_LIVE)
def _exception_table(module: str | None) -> tuple[int, int]:
    """Return (``struct exception_table_entry *``, number of entries) of a module, or of the kernel."""
    if module is None:
        start, stop = sym2addr("__start___ex_table"), sym2addr("__stop___ex_table")
        return start, (stop - start) // struct_size("struct exception_table_entry")
    for found in readSUListFromHead(sym2addr("modules"), "list", "struct module"):
        if str(found.name) == module:
            return int(found.extable), int(found.num_exentries)
    return 0, 0


def function_start(name: str | None, address: int, offset: int) -> int | None:
    """Return where the function begins that has ``address`` at ``offset`` from the symbol ``name``.

    For a part that was moved away from a function it is the start of that function. None if it cannot be told.
    """
    if name is None:
        return None
    whole, cold, _ = name.partition(_COLD)
    if not cold:
        return address - offset
    starts = sym2alladdr(whole)
    return starts[0] if len(starts) == 1 else None


@memoize_cond(CU_LIVE)
def flow_of(start: int) -> Flow | None:
    """Return the flow of values through the function at ``start``, None if its code is not in the dump."""
    try:
        return analyse(KernelCode(start))
    except (error, IndexError):
        return None


@memoize_cond(CU_LIVE)
def current_task_offsets() -> frozenset[int]:
    """The offsets of the CPU's variable that has its current task.

    v6.2 (arch/x86/include/asm/current.h) moved ``current_task`` into ``struct pcpu_hot``, v6.15 moved it back.
    """
    found = {sym2addr(name) for name in ("current_task", "const_current_task")}
    hot, offset = sym2addr("pcpu_hot"), member_offset("struct pcpu_hot", "current_task")
    if hot and offset >= 0:
        found.add(hot + offset)
    return frozenset(found - {0})
