# SPDX-License-Identifier: GPL-3.0-or-later
"""The walk over the stack of a task that does not run, by the rules of the ORC tables (x86-64).

It follows unwind_next_frame() in arch/x86/kernel/unwind_orc.c.
"""

from __future__ import annotations

from crash import PAGESIZE, error, member_offset, readmem, readPtr, struct_info, struct_size, sym2addr

from pykdump.linux.unwind import orc
from pykdump.linux.unwind.frames import ExceptionFrame, Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_FRAMES = 1000  # a stack of 32 KB has no more
_DEFAULT_STACK_SIZE = 16384  # THREAD_SIZE of x86-64 without KASAN
_WORD = 8
USER_MODE = 3  # the privilege level in a code segment's selector
# The processor itself saves these when an exception comes (the iret frame).
_PARTIAL = ("ip", "cs", "flags", "sp", "ss")


class Broken(Exception):
    """The stack cannot be followed further; the text says why."""


class Words:
    """The words of a stack between two addresses."""

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.data = memoryview(_read_available(low, high)).cast("Q")
        self.high = low + _WORD * len(self.data)

    def at(self, address: int) -> int:
        """Return the word at an address. Raises Broken if it is not on the stack, or not in the dump."""
        if not self.low <= address < self.high or address % _WORD:
            raise Broken(f"{address:#x} is not on the part of the stack that is in the dump")
        return self.data[(address - self.low) // _WORD]


def _read_available(low: int, high: int) -> bytes:
    """Read a stack, or its beginning if a page is not in the dump."""
    try:
        return readmem(low, high - low)
    except (error, IndexError):
        end = (low // PAGESIZE + 1) * PAGESIZE
        return readmem(low, end - low) + _read_available(end, high) if end < high else b""


class Layout:
    """Where the kernel keeps what the walk begins with, and the members of its register frames."""

    def __init__(self) -> None:
        self.sp = member_offset("struct task_struct", "thread.sp")
        self.stack = member_offset("struct task_struct", "stack")
        self.stack_size = _stack_size()
        frame = "struct inactive_task_frame"
        self.frame_size = struct_size(frame)
        # The switched-out task's registers: r15 to r12, bx, bp. The return address below is its ip.
        self.saved = [(str(row[0]), int(row[1]) // _WORD) for row in struct_info(frame) if row[0] != "ret_addr"]
        self.return_address = member_offset(frame, "ret_addr")
        # ss and cs are followed by members with other names for the same word (FRED, v6.9).
        self.registers = [(row[0], row[1]) for row in struct_info("struct pt_regs") if not _is_alias(str(row[0]))]
        self.regs_size = struct_size("struct pt_regs")
        self.ip_in_regs = member_offset("struct pt_regs", "ip")


def _is_alias(name: str) -> bool:
    return name in ("csx", "ssx") or name.startswith("fred_")


def _stack_size() -> int:
    """Return THREAD_SIZE: the size of the first task's stack, which the linker's script bounds.

    v6.10 (include/asm-generic/vmlinux.lds.h) renamed the symbols.
    """
    for start, end in (("__start_init_stack", "__end_init_stack"), ("__start_init_task", "__end_init_task")):
        if sym2addr(start) and sym2addr(end):
            return sym2addr(end) - sym2addr(start)
    return _DEFAULT_STACK_SIZE


class Walker:
    """Unwinds the stacks of tasks that do not run."""

    def __init__(self, tables: orc.OrcTables) -> None:
        self._rule = tables.rule
        self._layout = Layout()

    def frames_of(self, task: int) -> tuple[list[Frame], str | None]:
        """Return the frames of a ``struct task_struct *``, and the reason if they end early."""
        frames: list[Frame] = []
        try:
            self._walk(task, frames)
        except Broken as problem:
            return frames, str(problem)
        except (error, IndexError) as problem:
            return frames, f"the stack cannot be read: {problem}"
        return frames, None

    def _walk(self, task: int, frames: list[Frame]) -> None:
        where = self._layout
        low = readPtr(task + where.sp)
        bottom = readPtr(task + where.stack)
        if not bottom:
            raise Broken("the task is dead, and the kernel has freed its stack")
        top = bottom + where.stack_size
        if not bottom <= low < top:
            raise Broken(f"thread.sp {low:#x} is not on the task's stack")
        words = Words(low, top)
        saved = {name: words.at(low + _WORD * place) for name, place in where.saved}
        stack, exact = low + where.return_address, False
        registers: Mapping[str, int] = {**saved, "ip": words.at(stack), "sp": low + where.frame_size}
        while len(frames) < MAX_FRAMES:
            rule, cfa, found, exception = self._step(words, registers, exact)
            address = registers["ip"]
            frames.append(
                Frame(rule.function, rule.offset, rule.module, address, stack, cfa, exact, registers, exception)
            )
            if found is None:
                return
            stack, exact, registers = cfa - _WORD, exception is not None, found
            if exception is not None:
                stack = exception.address + where.ip_in_regs
        raise Broken(f"there are more than {MAX_FRAMES} frames")

    def _step(
        self, words: Words, registers: Mapping[str, int], exact: bool
    ) -> tuple[orc.Rule, int, Mapping[str, int] | None, ExceptionFrame | None]:
        """Return (rule, CFA, the caller's registers or None at the end, exception frame) of one frame."""
        rule = self._rule(registers["ip"], exact)
        if rule.kind == orc.END:
            return rule, 0, None, None
        cfa = _stack_pointer(rule, words, registers)
        if rule.kind in (orc.REGS, orc.REGS_PARTIAL):
            exception = self._exception(words, cfa, rule.kind == orc.REGS)
            known = exception.registers
            if "bp" not in known and "bp" in registers:
                known = {**known, "bp": registers["bp"]}
            return rule, cfa, None if exception.user else known, exception
        found = {"ip": words.at(cfa - _WORD), "sp": cfa}
        bp = _frame_pointer(rule, words, registers, cfa)
        if bp is not None:
            found["bp"] = bp
        return rule, cfa, found, None

    def _exception(self, words: Words, address: int, full: bool) -> ExceptionFrame:
        """Read the ``struct pt_regs`` at ``address``, or with ``full`` false its end that begins there."""
        start = address if full else address - self._layout.ip_in_regs
        rows = [row for row in self._layout.registers if full or row[0] in _PARTIAL]
        registers = {name: words.at(start + offset) for name, offset in rows}
        for selector in ("cs", "ss"):
            registers[selector] &= 0xFFFF
        return ExceptionFrame(start, registers, registers["cs"] & USER_MODE == USER_MODE)


def _stack_pointer(rule: orc.Rule, words: Words, registers: Mapping[str, int]) -> int:
    """Return the caller's sp (a register frame's address where the rule is one of those). Raises Broken."""
    register = rule.sp_register
    if register == orc.SP:
        return registers["sp"] + rule.sp_offset
    if register == orc.BP_INDIRECT:
        return words.at(registers["bp"] + rule.sp_offset)
    name = orc.REGISTER_NAMES.get(register)
    if rule.kind == orc.NOTHING or name is None or name not in registers:
        raise Broken(f"there is no rule how to unwind {rule.function or 'code without a symbol'}+{rule.offset:#x}")
    return registers[name] + rule.sp_offset


def _frame_pointer(rule: orc.Rule, words: Words, registers: Mapping[str, int], cfa: int) -> int | None:
    """Return the caller's bp, None if it is not known."""
    if rule.bp_register == orc.PREV_SP:
        return words.at(cfa + rule.bp_offset)
    if rule.bp_register == orc.BP:
        return words.at(registers["bp"] + rule.bp_offset)
    return registers.get("bp")
