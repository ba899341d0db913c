# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovers registers through stacks whose way is known (x86-64).

Threads that wait for the same have the same return addresses at the same distances. Their registers lie at the same
places, so what recover() did for one of them is repeated for the others without looking at code. Where a question has
another answer than it had then, recover() is asked.
"""

from __future__ import annotations

from functools import cached_property, partial

from crash import error, readU64

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.unwind.frames import Stack
from pykdump.linux.x86 import entry_registers
from pykdump.linux.x86.entry_registers import Entry, Known, word
from pykdump.linux.x86.tracing import Trace, Untraceable, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from typing import Any

    from pykdump.linux.unwind.forms import FrameForm
    from pykdump.linux.unwind.words import Words

    # (task, the innermost CFA, the innermost registers) to what is asked for, None if it gives up
    Repeat = Callable[[int, int, Mapping[str, int]], "tuple[Any, ...] | None"]

SEEN_BEFORE_TRACED = 8  # times that a way is seen: making a plan takes as long as some of them
MAX_PLANS = 4  # of one way
MAX_WAYS = 1 << 16
MAX_LINES = 2000  # of a plan


class Plan:
    """What recover() did for one stack, as functions that do it again for others. They are made when they are needed.

    ``starts`` are the addresses of the functions on these stacks.
    """

    def __init__(self, trace: Trace, found: Sequence[Entry]) -> None:
        self.starts = [entry.start for entry in found]
        self._found = [entry.registers for entry in found]
        for known in self._all():
            int(known.width)  # a plan gives one width
        self._lines = trace.lines

    def _all(self) -> list[Known]:
        return [known for registers in self._found for known in registers.values()]

    @cached_property
    def registers(self) -> Repeat:
        """A function that returns the registers of each function, by name."""
        return self._compiled(
            "{" + ", ".join([f"{name!r}: {_known(known)}" for name, known in registers.items()]) + "}"
            for registers in self._found
        )

    @cached_property
    def values(self) -> Repeat:
        """A function that returns only the values, in the order of the registers."""
        return self._compiled(text_of(known.value) for known in self._all())

    def _compiled(self, found: Iterable[str]) -> Repeat:
        result = "".join([f"{text}, " for text in found])
        names: dict[str, Any] = {
            "read8": readU64,
            "read": word,
            "missing": _missing,
            "new": tuple.__new__,
            "Known": Known,
        }
        exec("\n ".join(["def repeat(task, cfa, registers):", *self._lines, f"return ({result})"]), names)
        repeat: Repeat = names["repeat"]
        return repeat


class Way:
    """What is known of all stacks with the same return addresses at the same distances."""

    __slots__ = ("plans", "seen")

    def __init__(self) -> None:
        self.seen = 0
        self.plans: list[Plan] = []


@memoize_cond(CU_LIVE)
def _ways() -> dict[Hashable, Way]:
    return {}


def recover(stack: Stack) -> list[Entry]:
    """Return the registers at the entry of each function of a stack, innermost first: entry_registers.recover()."""
    way = _way_of(stack)
    if way is None:
        return entry_registers.recover(stack)
    for plan in way.plans:
        found = _repeated(plan.registers, stack.task, stack.frames[0].cfa, stack.frames[0].registers)
        if found is not None:
            return [
                Entry(frame, start, registers, partial(_stack_argument, stack, level))
                for level, (frame, start, registers) in enumerate(zip(stack.frames, plan.starts, found))
            ]
    way.seen += 1
    if way.seen > SEEN_BEFORE_TRACED * (len(way.plans) + 1) and len(way.plans) < MAX_PLANS:
        way.seen = 0
        _learn(way, stack)
    return entry_registers.recover(stack)


def _repeated(repeat: Repeat, task: int, cfa: int, registers: Mapping[str, int]) -> tuple[Any, ...] | None:
    try:
        return repeat(task, cfa, registers)
    except (error, IndexError, OverflowError):
        return None  # a page is missing


class KnownForms:
    """Gives the registers of stacks whose form is known as plain numbers, without frames."""

    def __init__(self) -> None:
        self._ways: dict[FrameForm, Way] = {}

    def values(self, task: int, form: FrameForm, words: Words) -> tuple[Plan, tuple[int, ...]] | None:
        """Return (plan, the values of the registers in the order in which recover() gives them).

        Stacks with the same form and the same plan differ in these values only. None: recover() has to be asked.
        """
        way = self._ways.get(form)
        if way is None:
            stack = Stack(task, 0, 0, "", tuple(form.frames(words)), "orc", None)
            way = self._ways[form] = _way_of(stack) or Way()
        if not way.plans:
            return None
        cfa, registers = form.first(words)
        for plan in way.plans:
            found = _repeated(plan.values, task, cfa, registers)
            if found is not None:
                return plan, found
        return None


def _way_of(stack: Stack) -> Way | None:
    """Return the way of a stack, None if its registers do not follow from its return addresses and the stack alone."""
    frames = stack.frames
    if stack.source != "orc" or not frames or not frames[0].cfa or any(frame.exact for frame in frames):
        return None
    first = frames[0].cfa
    key = (
        tuple([frame.address for frame in frames]),
        tuple([frame.cfa and frame.cfa - first for frame in frames]),
        tuple(frames[0].registers),
        tuple([frame.exception is None for frame in frames]),
    )
    ways = _ways()
    found = ways.get(key)
    if found is None and len(ways) < MAX_WAYS:
        found = ways[key] = Way()
    return found


def _stack_argument(stack: Stack, level: int, number: int) -> Known | None:
    """Return the n-th argument on the stack of a function: few functions have any."""
    return entry_registers.recover(stack)[level].stack_argument(number)


def _learn(way: Way, stack: Stack) -> None:
    """Add a plan: do the work of recover() with numbers that remember what was done."""
    trace = Trace(word)
    first = stack.frames[0]
    cfa = trace.number(first.cfa, "cfa")
    # Of frames that no exception interrupted, only the innermost one's registers are used.
    frames = [frame._replace(cfa=frame.cfa and cfa + (frame.cfa - first.cfa), registers={}) for frame in stack.frames]
    frames[0] = frames[0]._replace(
        registers={name: trace.number(value, f"registers[{name!r}]") for name, value in first.registers.items()}
    )
    traced = stack._replace(task=trace.number(stack.task, "task"), frames=tuple(frames))
    try:
        found = entry_registers.recover(traced, trace.read)
    except Untraceable:
        return
    if len(trace.lines) <= MAX_LINES:
        way.plans.append(Plan(trace, found))


def _known(known: Known) -> str:
    return f"new(Known, ({text_of(known.value)}, {int.__index__(known.width)}, {bool(known.sure)}))"


def _missing(address: int, width: int) -> bool:
    return word(address, width) is None
