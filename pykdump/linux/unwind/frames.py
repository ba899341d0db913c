# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that a stack consists of: frames, exception frames, the stack of one task, and steps of a walk."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pykdump.linux.unwind import orc
    from pykdump.linux.unwind.words import SavedRegisters, Words


class ExceptionFrame(NamedTuple):
    """The registers that the processor and the entry code saved: a ``struct pt_regs``.

    ``address`` is its ``struct pt_regs *``. ``registers`` has the names of the members (ip, sp, ax, orig_ax, …). Only
    ip, cs, flags, sp and ss are there if the entry code had not yet saved the others. ``user`` is true if it came from
    user space.
    """

    address: int
    registers: Mapping[str, int]
    user: bool


class Frame(NamedTuple):
    """One function on a stack.

    ``function`` is None if no symbol covers ``address``; ``offset`` is from the start of the function. ``module`` is
    None in the kernel itself. ``address`` is the return address, or with ``exact`` the address of the instruction that
    was interrupted. ``stack`` is the stack address that holds it (0 if a register held it), as in the brackets of
    ``bt``. ``cfa`` is the value of sp before the function was called (DWARF's canonical frame address), 0 if it is not
    known. ``registers`` are those that are known at ``address`` without looking at code: ip, sp and often bp; all of
    them where an exception interrupted the function. ``exception`` is the exception frame that this function received
    from its caller, None for an ordinary function.
    """

    function: str | None
    offset: int
    module: str | None
    address: int
    stack: int
    cfa: int
    exact: bool
    registers: Mapping[str, int]
    exception: ExceptionFrame | None


class Stack(NamedTuple):
    """The stack of a task, innermost function first.

    ``task`` is a ``struct task_struct *``, ``pid`` is the thread's PID (TID). ``source`` is "orc" or "bt". ``problem``
    says why the frames end early, and is None if they are complete.
    """

    task: int
    pid: int
    cpu: int
    comm: str
    frames: tuple[Frame, ...]
    source: str
    problem: str | None

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of the functions, "?" where no symbol is known. Stacks that do the same have equal tuples."""
        return tuple([frame.function or "?" for frame in self.frames])

    @property
    def user_registers(self) -> Mapping[str, int] | None:
        """The registers with which the task entered the kernel from user space, None for a kernel thread."""
        last = self.frames[-1].exception if self.frames else None
        return last.registers if last is not None and last.user else None


class Received(NamedTuple):
    """A register frame that a function received. ``registers`` is None for those of a user program, not read yet."""

    words: Words
    members: SavedRegisters
    address: int
    registers: Mapping[str, int] | None


class Step(NamedTuple):
    """What the walk finds of one function: all that a Frame needs.

    ``known`` are all registers where the kernel saved them, None where only sp and sometimes bp are known.
    """

    rule: orc.Rule
    address: int
    stack: int
    cfa: int
    exact: bool
    sp: int
    bp: int | None
    known: Mapping[str, int] | None
    received: Received | None


def frame_of(step: Step) -> Frame:
    """Return the Frame of a step."""
    rule, address, stack, cfa, exact, sp, bp, known, received = step
    registers = {**known, "ip": address, "sp": sp} if known is not None else {"ip": address, "sp": sp}
    if bp is not None:
        registers["bp"] = bp
    exception = None
    if received is not None:
        words, members, start, own = received
        exception = ExceptionFrame(start, members.read(words, start) if own is None else own, own is None)
    return Frame(rule.function, rule.offset, rule.module, address, stack, cfa, exact, registers, exception)
