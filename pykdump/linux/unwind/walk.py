# SPDX-License-Identifier: GPL-3.0-or-later
"""The walk over the stack of a task that does not run, by the rules of the ORC tables (x86-64).

It follows unwind_next_frame() in arch/x86/kernel/unwind_orc.c.
"""

from __future__ import annotations

from crash import error, member_offset, readPtr, struct_info, struct_size, sym2addr

from pykdump.linux.unwind import orc
from pykdump.linux.unwind.frames import Frame, Received, Step, frame_of
from pykdump.linux.unwind.paths import Paths
from pykdump.linux.unwind.words import WORD, Broken, SavedRegisters, Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pykdump.linux.unwind.forms import FrameForm

MAX_FRAMES = 1000  # a stack of 32 KB has no more
_DEFAULT_STACK_SIZE = 16384  # THREAD_SIZE of x86-64 without KASAN
# The processor itself saves these when an exception comes (the iret frame).
_PARTIAL = ("ip", "cs", "flags", "sp", "ss")


class Layout:
    """Where the kernel keeps what the walk begins with, and the members of its register frames."""

    def __init__(self) -> None:
        self.sp = member_offset("struct task_struct", "thread.sp")
        self.stack = member_offset("struct task_struct", "stack")
        self.stack_size = _stack_size()
        frame = "struct inactive_task_frame"
        self.frame_size = struct_size(frame)
        # The switched-out task's registers: r15 to r12, bx, bp. The return address below is its ip.
        self.saved = SavedRegisters((str(row[0]), int(row[1])) for row in struct_info(frame) if row[0] != "ret_addr")
        self.return_address = member_offset(frame, "ret_addr")
        # ss and cs are followed by members with other names for the same word (FRED, v6.9).
        rows = [(str(row[0]), int(row[1])) for row in struct_info("struct pt_regs") if not _is_alias(str(row[0]))]
        self.registers = SavedRegisters(rows)
        self.partial = SavedRegisters(row for row in rows if row[0] in _PARTIAL)
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
        saved_bp = member_offset("struct inactive_task_frame", "bp") // WORD
        self._paths = Paths(self._layout.return_address // WORD, saved_bp, self._layout.saved)

    def frames_of(self, task: int) -> tuple[list[Frame], str | None]:
        """Return the frames of a ``struct task_struct *``, and the reason if they end early."""
        words = self._words(task)
        if isinstance(words, str):
            return [], words
        known = self._paths.find(words)
        if known is not None and known.form is not None:
            return known.form.frames(words), None
        steps, problem = self._steps(words)
        if problem is None:
            self._paths.learn(words, steps, _functions(steps))
        return list(map(frame_of, steps)), problem

    def known_form(self, task: int) -> tuple[FrameForm, Words] | None:
        """Return the form of a task's frames and the words of its stack, None if its way is not known."""
        words = self._words(task)
        if isinstance(words, str):
            return None
        known = self._paths.find(words)
        return (known.form, words) if known is not None and known.form is not None else None

    def functions_of(self, task: int) -> tuple[tuple[str, ...], str | None]:
        """Return the functions of a ``struct task_struct *`` by name, and the reason if they end early.

        An address without a symbol is "0x...". Of stacks with the same return addresses only the first one is walked.
        """
        words = self._words(task)
        if isinstance(words, str):
            return (), words
        known = self._paths.find(words)
        if known is not None:
            return known.functions, None
        steps, problem = self._steps(words)
        functions = _functions(steps)
        if problem is None:
            self._paths.learn(words, steps, functions)
        return functions, problem

    def _words(self, task: int) -> Words | str:
        """Return the words of a task's stack from the saved sp on, or the reason why there are none."""
        try:
            low = readPtr(task + self._layout.sp)
            bottom = readPtr(task + self._layout.stack)
            if not bottom:
                return "the task is dead, and the kernel has freed its stack"
            top = bottom + self._layout.stack_size
            if not bottom <= low < top or low % WORD:
                return f"thread.sp {low:#x} is not on the task's stack"
            return Words(low, top)
        except (error, IndexError) as problem:
            return f"the stack cannot be read: {problem}"

    def _steps(self, words: Words) -> tuple[list[Step], str | None]:
        steps: list[Step] = []
        try:
            self._walk(words, steps)
        except Broken as problem:
            return steps, str(problem)
        except (error, IndexError) as problem:
            return steps, f"the stack cannot be read: {problem}"
        return steps, None

    def _walk(self, words: Words, steps: list[Step]) -> None:
        where, rule_of = self._layout, self._rule
        known: Mapping[str, int] | None = where.saved.read(words, words.low)
        stack, exact = words.low + where.return_address, False
        ip, sp, bp = words.at(stack), words.low + where.frame_size, known.get("bp") if known else None
        while len(steps) < MAX_FRAMES:
            rule = rule_of(ip, exact)
            kind, sp_register, sp_offset, bp_register, bp_offset, _, _, _ = rule
            if kind == orc.END:
                steps.append(Step(rule, ip, stack, 0, exact, sp, bp, known, None))
                return
            cfa = sp + sp_offset if sp_register == orc.SP else _stack_pointer(rule, words, bp, known)
            if kind == orc.REGS or kind == orc.REGS_PARTIAL:
                received = self._received(words, cfa, kind == orc.REGS)
                steps.append(Step(rule, ip, stack, cfa, exact, sp, bp, known, received))
                known, exact = received.registers, True
                if known is None:  # they are the user's
                    return
                ip, sp, bp, stack = known["ip"], known["sp"], known.get("bp", bp), received.address + where.ip_in_regs
                continue
            caller, caller_bp = words.at(cfa - WORD), bp
            if bp_register == orc.PREV_SP:
                caller_bp = words.at(cfa + bp_offset)
            elif bp_register == orc.BP:
                caller_bp = words.at((bp or 0) + bp_offset)
            steps.append(Step(rule, ip, stack, cfa, exact, sp, bp, known, None))
            ip, sp, bp, stack, exact, known = caller, cfa, caller_bp, cfa - WORD, False, None
        raise Broken(f"there are more than {MAX_FRAMES} frames")

    def _received(self, words: Words, address: int, full: bool) -> Received:
        """Return the ``struct pt_regs`` at ``address``, or with ``full`` false its end that begins there."""
        where = self._layout
        start = address if full else address - where.ip_in_regs
        members = where.registers if full else where.partial
        user = members.is_user(words, start)
        return Received(words, members, start, None if user else members.read(words, start))


def _functions(steps: list[Step]) -> tuple[str, ...]:
    return tuple([step.rule.function or f"{step.address:#x}" for step in steps])


def _stack_pointer(rule: orc.Rule, words: Words, bp: int | None, known: Mapping[str, int] | None) -> int:
    """Return the caller's sp (a register frame's address where the rule is one of those). Raises Broken.

    The rule is one that does not begin with sp.
    """
    register = rule.sp_register
    if register == orc.BP_INDIRECT:
        return words.at((bp or 0) + rule.sp_offset)
    name = orc.REGISTER_NAMES.get(register, "")
    value = bp if name == "bp" else (known or {}).get(name)
    if rule.kind == orc.NOTHING or value is None:
        raise Broken(f"there is no rule how to unwind {rule.function or 'code without a symbol'}+{rule.offset:#x}")
    return value + rule.sp_offset
