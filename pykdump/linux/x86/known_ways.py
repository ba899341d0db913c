# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovers registers through stacks whose way is known (x86-64).

Threads that wait for the same have the same return addresses at the same distances. Their registers lie at the same
places, so what recover() did for one of them is repeated for the others without looking at code. Where a question has
another answer than it had then, recover() is asked.
"""

from __future__ import annotations

from functools import partial

from crash import error, readU64

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.x86 import entry_registers
from pykdump.linux.x86.entry_registers import Entry, Known, word
from pykdump.linux.x86.tracing import Trace, Untraceable, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from pykdump.linux.stacks import Stack

    # (task, the innermost CFA, the innermost registers) to the registers of each function, None if it gives up
    Plan = Callable[[int, int, Mapping[str, int]], "tuple[Mapping[str, Known], ...] | None"]

SEEN_BEFORE_TRACED = 8  # times that a way is seen: making a plan takes as long as some of them
MAX_PLANS = 4  # of one way
MAX_WAYS = 1 << 16
MAX_LINES = 2000  # of a plan


class Way:
    """What is known of all stacks with the same return addresses at the same distances."""

    __slots__ = ("plans", "seen", "starts")

    def __init__(self) -> None:
        self.seen = 0
        self.plans: list[Plan] = []
        self.starts: list[int | None] = []


@memoize_cond(CU_LIVE)
def _ways() -> dict[Hashable, Way]:
    return {}


def recover(stack: Stack) -> list[Entry]:
    """Return the registers at the entry of each function of a stack, innermost first: entry_registers.recover()."""
    way = _way_of(stack)
    if way is None:
        return entry_registers.recover(stack)
    for plan in way.plans:
        try:
            found = plan(stack.task, stack.frames[0].cfa, stack.frames[0].registers)
        except (error, IndexError, OverflowError):
            continue  # a page is missing
        if found is not None:
            return [
                Entry(frame, start, registers, partial(_stack_argument, stack, level))
                for level, (frame, start, registers) in enumerate(zip(stack.frames, way.starts, found))
            ]
    way.seen += 1
    if way.seen > SEEN_BEFORE_TRACED * (len(way.plans) + 1) and len(way.plans) < MAX_PLANS:
        way.seen = 0
        _learn(way, stack)
    return entry_registers.recover(stack)


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
        way.starts = [entry.start for entry in found]
        way.plans.append(_plan(trace, [entry.registers for entry in found]))


def _plan(trace: Trace, found: list[Mapping[str, Known]]) -> Plan:
    """Return a function that does again what was traced."""
    rows = [
        "{" + ", ".join(f"{name!r}: {_known(known)}" for name, known in registers.items()) + "}" for registers in found
    ]
    lines = ["def plan(task, cfa, registers):", *trace.lines, f"return ({', '.join(rows)},)"]
    names: dict[str, object] = {
        "read8": readU64,
        "read": word,
        "missing": _missing,
        "new": tuple.__new__,
        "Known": Known,
    }
    exec("\n ".join(lines), names)
    plan: Plan = names["plan"]  # type: ignore[assignment]
    return plan


def _known(known: Known) -> str:
    return f"new(Known, ({text_of(known.value)}, {text_of(known.width)}, {bool(known.sure)}))"


def _missing(address: int, width: int) -> bool:
    return word(address, width) is None
