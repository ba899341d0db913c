# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instruction does to the registers and to the function's part of the stack."""

from __future__ import annotations

from pykdump.linux.x86 import decode
from pykdump.linux.x86.decode import RIP, Immediate, Instruction, Memory
from pykdump.linux.x86.opcodes import CALLER_SAVED, RBP, RSP
from pykdump.linux.x86.values import Value, add, constant, entry, maybe, sign_extend, zero_extend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykdump.linux.x86.decode import Operand

RETURN_ADDRESS = -8  # from the CFA
UNKNOWN: Value = ("unknown",)


class Facts:
    """What is known of a whole function.

    ``pushed`` are slots that a push filled: registers that the function saves. ``shared`` is true if an address on the
    stack is somewhere that a called function may find it; such a function can write to any slot that is not pushed.
    """

    def __init__(self, shared: bool = False) -> None:
        self.pushed: set[int] = set()
        self.shared = shared


class State:
    """The values at one point of a function: of each register, and of stack slots by their offset from the CFA."""

    __slots__ = ("registers", "slots")

    def __init__(self, registers: list[Value], slots: dict[int, tuple[int, Value]]) -> None:
        self.registers, self.slots = registers, slots

    @classmethod
    def at_entry(cls) -> State:
        """Return the state at the first instruction."""
        registers = [entry(number) for number in range(16)]
        registers[RSP] = ("cfa", RETURN_ADDRESS)
        return cls(registers, {})

    def copy(self) -> State:
        return State(list(self.registers), dict(self.slots))

    def slot(self, memory: Memory) -> int | None:
        """Return the offset of a memory operand from the CFA, None if it is not known to be on the stack."""
        if memory.base is None or memory.base == RIP or memory.segment:
            return None
        value = self.registers[memory.base]
        return value[1] + memory.offset if value[0] == "cfa" else None

    def store(self, offset: int, width: int, value: Value | None) -> None:
        """Write a slot; None means something unknown."""
        for other in [o for o, (w, _) in self.slots.items() if o < offset + width and offset < o + w]:
            del self.slots[other]
        if value is not None or offset + width > 0:
            # A slot of the caller that is not in the table has the argument that the caller put there.
            self.slots[offset] = (width, value or UNKNOWN)

    def load(self, offset: int, width: int) -> Value | None:
        """Return the value of a slot, None if it is not known."""
        found = self.slots.get(offset)
        if found is None:
            untouched = offset >= 0 and all(o >= offset + 8 or o + w <= offset for o, (w, _) in self.slots.items())
            return zero_extend(("arg", offset), width) if untouched and offset % 8 == 0 else None
        return zero_extend(found[1], width) if found[0] >= width and found[1] != UNKNOWN else None


def apply(state: State, instruction: Instruction, facts: Facts) -> None:
    """Change ``state`` as an instruction does."""
    handler = _HANDLERS.get(instruction.kind)
    if handler is not None:
        handler(state, instruction, facts)
    for register in instruction.writes:
        state.registers[register] = ("def", instruction.address, register)


def _set(state: State, register: int, value: Value, facts: Facts) -> None:
    if value[0] == "cfa" and register not in (RSP, RBP):
        facts.shared = True
    state.registers[register] = value


def _read(state: State, instruction: Instruction, operand: Operand, facts: Facts) -> Value | None:
    """Return the value of an operand of ``instruction.width`` bytes, None if nothing is known of it."""
    width = instruction.width
    if isinstance(operand, Immediate):
        return constant(operand.value)
    if isinstance(operand, Memory):
        return _read_memory(state, instruction, operand, facts)
    return zero_extend(state.registers[operand], width) if operand is not None else None


def _read_memory(state: State, instruction: Instruction, memory: Memory, facts: Facts) -> Value | None:
    width, at = instruction.width, instruction.address
    if memory.scaled is not None:
        if state.slot(memory) is not None:
            facts.shared = True  # a local array
        return None
    if memory.segment:
        return ("gs", memory.offset) if memory.base in (None, RIP) and memory.segment == 0x65 and width == 8 else None
    slot = state.slot(memory)
    if slot is None:
        base = constant(0) if memory.base is None or memory.base == RIP else state.registers[memory.base]
        return ("load", at, base, memory.offset, width)
    found = state.load(slot, width)
    if found is None and not facts.shared:
        found = ("def", at, "stack")
        state.store(slot, width, found)
    return found


def _write_memory(state: State, memory: Memory, width: int, value: Value | None, facts: Facts) -> None:
    slot = state.slot(memory)
    if value is not None and value[0] == "cfa":
        facts.shared = True
    if slot is None:
        return
    if memory.scaled is not None:
        facts.shared = True
        return
    state.store(slot, width, maybe(value) if value is not None and facts.shared else value)


def _move(state: State, instruction: Instruction, facts: Facts) -> None:
    destination, width = instruction.destination, instruction.width
    value = _read(state, instruction, instruction.source, facts)
    if isinstance(destination, Memory):
        _write_memory(state, destination, width, value, facts)
    elif isinstance(destination, int):
        _set(state, destination, value or ("def", instruction.address, destination), facts)


def _sign_extend(state: State, instruction: Instruction, facts: Facts) -> None:
    destination = instruction.destination
    assert isinstance(destination, int)
    value = _read(state, instruction, instruction.source, facts)
    state.registers[destination] = (
        sign_extend(value, instruction.width) if value else ("def", instruction.address, destination)
    )


def _lea(state: State, instruction: Instruction, facts: Facts) -> None:
    destination, memory = instruction.destination, instruction.source
    assert isinstance(destination, int) and isinstance(memory, Memory)
    if memory.scaled is not None:
        if state.slot(memory) is not None:
            facts.shared = True
        value: Value = ("def", instruction.address, destination)
    elif memory.base is None or memory.base == RIP:
        value = constant(memory.offset)
    else:
        value = add(state.registers[memory.base], memory.offset)
        # As a frame pointer bp is set by mov.
        facts.shared |= value[0] == "cfa" and destination == RBP
    _set(state, destination, value, facts)


def _add(state: State, instruction: Instruction, facts: Facts) -> None:
    destination, number = instruction.destination, instruction.source
    assert isinstance(destination, int) and isinstance(number, Immediate)
    _set(state, destination, add(state.registers[destination], number.value), facts)


def _push(state: State, instruction: Instruction, facts: Facts) -> None:
    value = _read(state, instruction, instruction.destination, facts)
    top = add(state.registers[RSP], -8)
    state.registers[RSP] = top
    if top[0] == "cfa":
        facts.pushed.add(top[1])
        state.store(top[1], 8, value or ("def", instruction.address, "stack"))


def _pop(state: State, instruction: Instruction, facts: Facts) -> None:
    top, destination = state.registers[RSP], instruction.destination
    value = state.load(top[1], 8) if top[0] == "cfa" else None
    state.registers[RSP] = add(top, 8)
    if top[0] == "cfa":
        state.store(top[1], 8, None)
    if isinstance(destination, int):
        _set(state, destination, value or ("def", instruction.address, destination), facts)
    elif isinstance(destination, Memory):
        _write_memory(state, destination, 8, value, facts)


def _leave(state: State, instruction: Instruction, facts: Facts) -> None:
    state.registers[RSP] = state.registers[RBP]
    _pop(state, instruction._replace(destination=RBP), facts)


def _call(state: State, instruction: Instruction, facts: Facts) -> None:
    for register in CALLER_SAVED:
        state.registers[register] = ("def", instruction.address, register)
    top = state.registers[RSP]
    if top[0] == "cfa":  # what lies below belongs to the called function
        for offset in [offset for offset in state.slots if offset < top[1]]:
            del state.slots[offset]
    if facts.shared:
        for offset, (width, value) in state.slots.items():
            if offset not in facts.pushed:
                state.slots[offset] = (width, maybe(value))


def _other(state: State, instruction: Instruction, facts: Facts) -> None:
    if isinstance(instruction.destination, Memory):
        _write_memory(state, instruction.destination, instruction.width, None, facts)


_HANDLERS = {
    decode.MOVE: _move,
    decode.EXTEND: _move,
    decode.SIGN_EXTEND: _sign_extend,
    decode.LEA: _lea,
    decode.ADD: _add,
    decode.PUSH: _push,
    decode.POP: _pop,
    decode.LEAVE: _leave,
    decode.CALL: _call,
    decode.OTHER: _other,
}
