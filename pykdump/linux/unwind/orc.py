# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's own unwind tables (ORC), which x86-64 kernels keep in memory, for themselves and for each module.

For each address of code an entry says how the caller's sp and bp are found (since v4.14). The meaning of the members is
in arch/x86/include/asm/orc_types.h and arch/x86/kernel/unwind_orc.c.
"""

from __future__ import annotations

from typing import NamedTuple

from crash import addr2mod, addr2sym, error, member_offset, readS32, readSU, struct_size, sym2addr

from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

# ORC_REG_*: unchanged since v4.14.
UNDEFINED, PREV_SP, DX, DI, BP, SP, R10, R13, BP_INDIRECT, SP_INDIRECT = range(10)
REGISTER_NAMES = {DX: "dx", DI: "di", BP: "bp", SP: "sp", R10: "r10", R13: "r13"}

# What a frame is.
CALL, REGS, REGS_PARTIAL, END, NOTHING = "call", "regs", "partial", "end", "nothing"
# Commit fb799447ae29, v6.4, "x86,objtool: Split UNWIND_HINT_EMPTY in two": the type says where the stack ends.
_TYPES = {0: NOTHING, 1: END, 2: CALL, 3: REGS, 4: REGS_PARTIAL}
# Before, the type was a UNWIND_HINT_TYPE_ and the bit ``end`` (v4.14) said where the stack ends.
_OLD_TYPES = {0: CALL, 1: REGS, 2: REGS_PARTIAL}


class Rule(NamedTuple):
    """How to get from one code address to the caller, and the symbol of the address.

    ``sp_register`` and ``bp_register`` are ORC_REG_ numbers.
    """

    kind: str
    sp_register: int
    sp_offset: int
    bp_register: int
    bp_offset: int
    function: str | None
    offset: int
    module: str | None


class Table(NamedTuple):
    """An array of code addresses (``int[]``, each relative to its own place) and its ``struct orc_entry[]``."""

    addresses: int
    entries: int
    length: int

    def find(self, address: int) -> int:
        """Return the index of the last entry at or below a code address, -1 if there is none."""
        low, high, base = 0, self.length, self.addresses
        while low < high:
            middle = (low + high) // 2
            place = base + 4 * middle
            if place + readS32(place) <= address:
                low = middle + 1
            else:
                high = middle
        return low - 1


def kernel_table() -> Table | None:
    """Return the table of the kernel itself, None if it has no ORC tables."""
    start, stop = sym2addr("__start_orc_unwind_ip"), sym2addr("__stop_orc_unwind_ip")
    entries = sym2addr("__start_orc_unwind")
    return Table(start, entries, (stop - start) // 4) if start and stop and entries else None


def module_tables() -> Iterator[tuple[str, Table]]:
    """Yield (name, table) of each loaded module that has a table."""
    head = sym2addr("modules")
    for module in readSUListFromHead(head, "list", "struct module") if head else ():
        try:
            arch = module.arch
            table = Table(int(arch.orc_unwind_ip), int(arch.orc_unwind), int(arch.num_orcs))
            name = str(module.name)
        except (error, IndexError):
            continue  # the page of this module is not in the dump
        if table.length and table.addresses:
            yield name, table


# Code without a table is code made at run time (BPF), which keeps frame pointers. The kernel's unwinder assumes
# that too (orc_fp_entry in arch/x86/kernel/unwind_orc.c).
_FRAME_POINTERS = (CALL, BP, 16, PREV_SP, -16)


class OrcTables:
    """The rules of all code in the dump. They are looked up once for each address."""

    def __init__(self, kernel: Table) -> None:
        self._kernel = kernel
        self._modules = dict(module_tables())
        self._entry_size = struct_size("struct orc_entry")
        self._typed_end = member_offset("struct orc_entry", "end") < 0
        self._rules: dict[int, Rule] = {}

    @classmethod
    def of_kernel(cls) -> OrcTables | None:
        """Return the tables of the dump, None if the kernel has none or its layout is not x86-64's."""
        table = kernel_table()
        known = member_offset("struct orc_entry", "bp_reg") >= 0 and struct_size("struct inactive_task_frame") > 0
        return cls(table) if table is not None and known else None

    def rule(self, address: int, exact: bool) -> Rule:
        """Return the rule of a return address, or with ``exact`` of the address of an instruction.

        The instruction before a return address is the call. It alone is in the function for sure: a call of a function
        that does not return may be the last instruction.
        """
        found = self._rules.get(address if exact else -address)
        if found is None:
            found = self._find(address, address if exact else address - 1)
            self._rules[address if exact else -address] = found
        return found

    def _find(self, address: int, inside: int) -> Rule:
        name, offset = addr2sym(inside, True)
        if name is None:
            return Rule(*_FRAME_POINTERS, None, 0, None)
        module = addr2mod(inside)
        table = self._modules.get(module) if module else self._kernel
        if table is None:
            return Rule(*_FRAME_POINTERS, name, offset + address - inside, module)
        index = table.find(inside)
        if index < 0:
            return Rule(NOTHING, UNDEFINED, 0, UNDEFINED, 0, name, offset + address - inside, module)
        entry = readSU("struct orc_entry", table.entries + index * self._entry_size)
        sp, bp = int(entry.sp_reg), int(entry.bp_reg)
        sp_offset, bp_offset = int(entry.sp_offset), int(entry.bp_offset)
        return Rule(self._kind(entry), sp, sp_offset, bp, bp_offset, name, offset + address - inside, module)

    def _kind(self, entry: StructResult) -> str:
        if self._typed_end:
            return _TYPES.get(int(entry.type), NOTHING)
        if int(entry.sp_reg) == UNDEFINED:
            return END if entry.end else NOTHING
        return _OLD_TYPES.get(int(entry.type), NOTHING)
