# SPDX-License-Identifier: GPL-3.0-or-later
"""The flow of values through a function: what each register and stack slot has at each of its instructions."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple, Protocol

from pykdump.linux.x86 import decode
from pykdump.linux.x86.decode import Instruction, Undecodable
from pykdump.linux.x86.effects import RETURN_ADDRESS, UNKNOWN, Facts, State, apply
from pykdump.linux.x86.opcodes import RSP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pykdump.linux.x86.values import Value

MAX_INSTRUCTIONS = 20000
MAX_ROUNDS = 100000  # blocks that are followed; each one only a few times


class Code(Protocol):
    """The code of a function, wherever it comes from."""

    start: int

    @property
    def fixups(self) -> Mapping[int, int]:
        """{address of an instruction: where execution goes on if it faults}."""

    def decode(self, address: int) -> Instruction:
        """Decode an instruction. Raises Undecodable."""

    def contains(self, address: int) -> bool:
        """Return whether an address belongs to the function. A jump to another address leaves it."""


class Flow(NamedTuple):
    """The result for one function.

    ``before`` are the states at the starts of blocks. ``complete`` is false if the code may be reached in ways that
    were not found; its values are then only probable.
    """

    code: Code
    before: Mapping[int, State]
    instructions: Mapping[int, Instruction]
    facts: Facts
    complete: bool

    def state_at(self, address: int) -> State | None:
        """Return the state just before an instruction, None if the code was not found to be reached."""
        here = max((start for start in self.before if start <= address), default=None)
        if here is None:
            return None
        state = self.before[here].copy()
        while here < address:
            instruction = self.instructions.get(here)
            if instruction is None or instruction.kind in (decode.END, decode.JUMP):
                return None
            apply(state, instruction, self.facts)
            here = instruction.next
        return state if here == address else None

    def call_before(self, address: int) -> Instruction | None:
        """Return the call that returns to an address, None if none was found."""
        for size in range(2, 16):
            found = self.instructions.get(address - size)
            if found is not None and found.kind == decode.CALL and found.next == address:
                return found
        return None

    def jumps_to(self, address: int) -> list[Instruction]:
        """Return the jumps and branches of the function to an address outside of it."""
        return [i for i in self.instructions.values() if i.target == address and i.kind in _JUMPS]


def analyse(code: Code) -> Flow:
    """Follow the values through a function."""
    instructions, complete = _discover(code)
    run = _Run(code, instructions, Facts())
    if run.facts.shared:
        # An address on the stack is shared with other functions: what was concluded without that is uncertain.
        run = _Run(code, instructions, Facts(shared=True))
    return Flow(code, run.before, instructions, run.facts, complete and run.complete)


def _discover(code: Code) -> tuple[dict[int, Instruction], bool]:
    """Decode all instructions that can be reached; return whether there were no others."""
    found: dict[int, Instruction] = {}
    complete, waiting = True, [code.start, *code.fixups.values()]
    while waiting:
        here = waiting.pop()
        while here not in found:
            try:
                instruction = found[here] = code.decode(here)
            except Undecodable:
                complete = False
                break
            target = instruction.target
            if target is not None and instruction.kind in _JUMPS and code.contains(target):
                waiting.append(target)
            if instruction.kind in (decode.END, decode.JUMP) or len(found) > MAX_INSTRUCTIONS:
                break
            here = instruction.next
            # Behind a call that does not return, and the padding after it, another function begins.
            if instruction.kind in (decode.CALL, decode.NONE) and not code.contains(here):
                break
    return found, complete and len(found) <= MAX_INSTRUCTIONS


_JUMPS = (decode.JUMP, decode.BRANCH)


class _Run:
    """Follows all paths from the start until nothing new is found."""

    def __init__(self, code: Code, instructions: Mapping[int, Instruction], facts: Facts) -> None:
        self.code, self.instructions, self.facts = code, instructions, facts
        self.before = {code.start: State.at_entry()}
        jumps = [i.target for i in instructions.values() if i.target is not None and i.kind in _JUMPS]
        self.leaders = {code.start, *code.fixups.values(), *jumps}
        self.complete = True
        self._waiting, self._queued = [code.start], {code.start}
        for _ in range(MAX_ROUNDS):
            if not self._waiting:
                return
            start = heappop(self._waiting)
            self._queued.discard(start)
            self._block(start)
        self.complete = False

    def _block(self, start: int) -> None:
        """Follow the instructions from ``start`` to the end of the block."""
        state, here = self.before[start].copy(), start
        while here == start or here not in self.leaders:
            instruction = self.instructions.get(here)
            if instruction is None:
                return  # behind a function that does not return, or code that cannot be decoded
            fixup = self.code.fixups.get(here)
            if fixup is not None:
                self._reach(fixup, state)
            apply(state, instruction, self.facts)
            if fixup is not None:
                self._reach(fixup, state)
            if instruction.kind == decode.END or self._jumps(instruction, state):
                return
            here = instruction.next
        self._reach(here, state)

    def _jumps(self, instruction: Instruction, state: State) -> bool:
        """Follow a jump or a branch; return whether the block ends here."""
        target = instruction.target
        if instruction.kind not in _JUMPS:
            return False
        if target is None:
            # A jump with the stack as at the start is a call at the end of the function; another one is a switch.
            self.complete &= state.registers[RSP] == ("cfa", RETURN_ADDRESS)
        elif self.code.contains(target):
            self._reach(target, state)
        return instruction.kind == decode.JUMP

    def _reach(self, start: int, state: State) -> None:
        known = self.before.get(start)
        if known is None:
            self.before[start] = state.copy()
        elif not _merge(known, state, start):
            return
        if start not in self._queued:
            self._queued.add(start)
            heappush(self._waiting, start)


def _merge(known: State, found: State, at: int) -> bool:
    """Join the state of another path into ``known``; return whether it changed."""
    changed = False
    for number, value in enumerate(found.registers):
        own = known.registers[number]
        if own != value and own != ("phi", at, number):
            known.registers[number] = ("phi", at, number)
            changed = True
    for offset in {*known.slots, *found.slots}:
        changed |= _merge_slot(known, found.slots.get(offset), at, offset)
    return changed


def _merge_slot(known: State, other: tuple[int, Value] | None, at: int, offset: int) -> bool:
    own = known.slots.get(offset)
    if own == other or (own is None and offset < 0):
        return False
    if own is None or other is None or own[0] != other[0]:
        if own is not None and own[1] == UNKNOWN:
            return False
        width = max(entry[0] for entry in (own, other) if entry is not None)
        known.store(offset, width, None)
        return True
    if own[1] in (UNKNOWN, ("phi", at, offset)):
        return False
    known.slots[offset] = (own[0], ("phi", at, offset) if other[1] != UNKNOWN else UNKNOWN)
    return True
