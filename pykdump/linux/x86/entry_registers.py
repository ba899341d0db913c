# SPDX-License-Identifier: GPL-3.0-or-later
"""What the registers had when each function on a stack was called (x86-64).

There are two ways, and both are tried. A function keeps what it still needs in registers that called functions save, or
in its frame: the flow of values through its code says where. And the caller's code says what it put into the registers
before the call. The saved registers are found by the call-frame information in the vmlinux file, or by the code.

A value is sure if it follows from the code and from memory that no other function can change. Otherwise it is likely.
"""

from __future__ import annotations

from typing import NamedTuple

from crash import addr2sym, error, readInt, readU64, sym2addr, sysfacts

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.unwind.frame_info import FrameInfo, open_vmlinux
from pykdump.linux.x86 import decode
from pykdump.linux.x86.decode import Instruction, Memory, Undecodable
from pykdump.linux.x86.effects import State, apply
from pykdump.linux.x86.kernel_code import current_task_offsets, flow_of, function_start, instruction_at
from pykdump.linux.x86.opcodes import ARGUMENTS, CALLEE_SAVED, NAMES
from pykdump.linux.x86.values import MASK, evaluate, solve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pykdump.linux.stacks import Frame, Stack
    from pykdump.linux.x86.flow import Flow
    from pykdump.linux.x86.values import Value

    Read = Callable[[int, int], "int | None"]  # (address, width)

_NUMBERS = {name: number for number, name in enumerate(NAMES)}
_ENDBR = 16  # a call may skip the first instructions, which only mark or trace the start
_KERNEL = 1 << 63  # kernel addresses have this bit
_MASKS = {width: (1 << 8 * width) - 1 for width in range(1, 9)}
_DEEPEST_LOAD = 3  # pointers that are followed from a known one


class Known(NamedTuple):
    """A value that a register had. Its lowest ``width`` bytes are known; ``value`` is without sign."""

    value: int
    width: int
    sure: bool


class Entry(NamedTuple):
    """A function on the stack, and the registers at its first instruction by name (di, si, dx, …, bx, r15).

    ``start`` is the address of the function. There are no registers for code that entered through an exception, or that
    cannot be followed. ``stack_argument(n)`` gives the n-th argument (from 0) of those that the caller put on the
    stack, None if it is not known.
    """

    frame: Frame
    start: int | None
    registers: Mapping[str, Known]
    stack_argument: Callable[[int], Known | None]


@memoize_cond(CU_LIVE)
def _frame_info() -> FrameInfo | None:
    """The call-frame information of the vmlinux file, None if it has none."""
    try:
        return open_vmlinux(str(sysfacts()["namelist"]), sym2addr("_stext"))
    except OSError:
        return None


class _Equation(NamedTuple):
    """What one register or slot says about a symbol: its lowest ``width`` bytes are the content + ``difference``.

    ``register`` is None for the slot of ``size`` bytes at the CFA + ``offset``. ``symbol`` is its number in _Equations.
    """

    register: int | None
    offset: int
    size: int
    symbol: int
    difference: int
    width: int
    sure: bool


class _Equations:
    """What the registers and the slots of a function say at some address, whatever task is there.

    ``numbers`` are the numbers of the symbols in ``rows``: comparing symbols takes long. ``at_start`` are those that
    are registers at the function's start: (register, number of the symbol).
    """

    def __init__(self, state: State, complete: bool) -> None:
        places: list[tuple[int | None, int, int, Value]] = [
            (number, 0, 8, value) for number, value in enumerate(state.registers)
        ]
        places += [(None, offset, width, value) for offset, (width, value) in state.slots.items()]
        self.rows: list[_Equation] = []
        self.numbers: dict[Value, int] = {}
        for register, offset, size, value in places:
            symbol, difference, width, sure = solve(value, 0)
            if symbol[0] not in ("const", "cfa", "unknown"):
                number = self.numbers.setdefault(symbol, len(self.numbers))
                width = min(width, size)
                self.rows.append(_Equation(register, offset, size, number, difference, width, sure and complete))
        self.at_start = sorted((symbol[1], number) for symbol, number in self.numbers.items() if symbol[0] == "in")

    def may_be_known(self, value: Value) -> bool:
        """Return whether a value can be evaluated for any task: one that no place keeps cannot."""
        while value[0] in ("add", "zx", "sx", "maybe"):
            if value in self.numbers:
                return True
            value = value[1]
        return value[0] in ("const", "cfa", "in", "arg", "gs", "load") or value in self.numbers


class _Call(NamedTuple):
    """The call that a return address comes from, and the states of its function before and after.

    ``passed`` are the argument registers before the call that can be known at all, with their values.
    """

    instruction: Instruction
    before: State
    after: State
    equations: _Equations
    passed: list[tuple[int, Value]]


@memoize_cond(CU_LIVE)
def _call_at(start: int, address: int) -> _Call | None:
    """Return the call that returns to ``address``, in the function at ``start``; None if it was not found."""
    flow = flow_of(start)
    call = flow.call_before(address) if flow is not None else None
    before = flow.state_at(call.address) if flow is not None and call is not None else None
    if flow is None or call is None or before is None:
        return None
    after = before.copy()
    apply(after, call, flow.facts)
    equations = _Equations(after, flow.complete)
    values = [(number, before.registers[number]) for number in ARGUMENTS]
    return _Call(call, before, after, equations, [row for row in values if equations.may_be_known(row[1])])


class _Place:
    """A frame with the state of its function at the call, and the numbers that are known there."""

    def __init__(self, stack: Stack, frame: Frame, registers: Mapping[int, Known], read: Read) -> None:
        self._read = read
        self.task, self.frame, self.registers = stack.task, frame, registers
        self.sure = stack.source == "orc"  # bt may print functions that have returned
        self.start = function_start(frame.function, frame.address, frame.offset)
        self.flow: Flow | None = flow_of(self.start) if self.start is not None else None
        self.call: _Call | None = None
        self.state = self._state()
        self.numbers: Mapping[Value, int] = {}
        self.symbols: list[Known | None] = []
        self.entry: dict[int, Known] = {}
        if self.call is not None:
            self._bind(self.call.equations)
        elif self.state is not None and self.flow is not None:
            self._bind(_Equations(self.state, self.flow.complete))
        self.saved = self._saved()
        self.entry.update(self.saved)

    def _state(self) -> State | None:
        """Return the state at the frame's address, None if the code cannot be followed."""
        if self.flow is None or self.start is None or self.frame.exception is not None:
            return None  # entry code does not begin with a call, so it has no CFA
        if self.frame.exact:
            return self.flow.state_at(self.frame.address)
        self.call = _call_at(self.start, self.frame.address)
        return self.call.after if self.call is not None else None

    def _bind(self, equations: _Equations) -> None:
        """Note which numbers the symbols have, by the known registers and the slots of the frame."""
        cfa, registers = self.frame.cfa, self.registers
        self.numbers = equations.numbers
        symbols = self.symbols = [None] * len(equations.numbers)
        for register, offset, size, symbol, difference, width, sure in equations.rows:
            if register is None:
                content = self._read(cfa + offset, size) if cfa else None
                if content is None:
                    continue
                sure = sure and self.sure
            else:
                known = registers.get(register)
                if known is None:
                    continue
                content, known_width, known_sure = known
                width, sure = known_width if known_width < width else width, sure and known_sure
            found = Known((content + difference) & _MASKS[width], width, sure)
            symbols[symbol] = better(symbols[symbol], found)
        for number, symbol in equations.at_start:
            at_start = symbols[symbol]
            if at_start is not None:
                self.entry[number] = at_start

    def _symbol(self, value: Value) -> Known | None:
        number = self.numbers.get(value)
        return self.symbols[number] if number is not None else None

    def _saved(self) -> dict[int, Known]:
        """Return the callee-saved registers that the caller had, as far as they are known."""
        info = _frame_info() if self.frame.module is None and self.frame.cfa else None
        found = info.saved(self.frame.address - (not self.frame.exact)) if info is not None else None
        if found is None:
            return {number: self.entry[number] for number in CALLEE_SAVED if number in self.entry}
        result = {}
        for number in CALLEE_SAVED:
            if number in found.slots:
                value = self._read(self.frame.cfa + found.slots[number], 8)
                if value is not None:
                    result[number] = Known(value, 8, self.sure)
            elif number in self.registers:
                result[number] = self.registers[number]
        return result

    def lookup(self, value: Value, depth: int = 0) -> tuple[int, bool] | None:
        """Return (number, whether it is sure) of a symbol; see values.evaluate()."""
        kind = value[0]
        if kind == "cfa":
            return ((self.frame.cfa + value[1]) & MASK, self.sure) if self.frame.cfa else None
        known = self._symbol(value)
        if known is None and kind == "in":
            known = self.entry.get(value[1])
        if known is not None:
            return (known.value, known.sure) if known.width == 8 else None
        if kind == "gs":
            return (self.task, True) if value[1] & MASK in current_task_offsets() else None
        if kind == "arg":
            return self._argument(value[1])
        return self._loaded(value, depth) if kind == "load" else None

    def evaluate(self, value: Value, depth: int = 0) -> tuple[int, bool] | None:
        """Return (number, whether it is sure) of a value."""
        if value[0] == "zx":  # its few bytes may be known where the whole is not
            known = self._symbol(value[1]) or (self.entry.get(value[1][1]) if value[1][0] == "in" else None)
            if known is not None and known.width >= value[2]:
                return known.value & ((1 << 8 * value[2]) - 1), known.sure
        return evaluate(value, lambda inner: self.lookup(inner, depth))

    def _argument(self, offset: int) -> tuple[int, bool] | None:
        """Return what the caller put on the stack, if the function did not overwrite it."""
        state = self.state
        if state is None or not self.frame.cfa or state.load(offset, 8) != ("arg", offset):
            return None
        found = self._read(self.frame.cfa + offset, 8)
        return (found, self.sure and bool(self.flow and self.flow.complete)) if found is not None else None

    def stack_argument(self, number: int) -> Known | None:
        """Return the n-th argument (from 0) of those that the caller put on the stack."""
        found = self._argument(8 * number)
        return Known(found[0], 8, found[1]) if found is not None else None

    def _loaded(self, value: Value, depth: int) -> tuple[int, bool] | None:
        """Read memory again that the function read. It may have changed since."""
        _, _, base, offset, width = value
        found = self.evaluate(base, depth + 1) if depth < _DEEPEST_LOAD else None
        address = (found[0] + offset) & MASK if found is not None else 0
        number = self._read(address, width) if address & _KERNEL else None
        return (number, False) if number is not None else None

    def arguments_for(self, start: int | None, own: Mapping[int, Known]) -> dict[int, Known]:
        """Return the argument registers at this frame's call, if it calls the function at ``start``.

        ``own`` are the registers that were found by that function's own code.
        """
        if self.call is None or self.flow is None or start is None:
            return {}
        state, sure = self.call.before, self.sure and self.flow.complete
        target, target_sure = _target(self.call.instruction, state, self)
        passed = {number: self._at_call(value) for number, value in self.call.passed}
        if target is None:
            passed = passed if confirms(passed, own) else {}
        elif not 0 <= target - start <= _ENDBR:
            passed = _passed_on(int(target), start, passed)
        return {
            number: known._replace(sure=known.sure and sure and target_sure)
            for number, known in passed.items()
            if known is not None
        }

    def _at_call(self, value: Value) -> Known | None:
        found = self.evaluate(value)
        if found is not None:
            return Known(found[0], 8, found[1])
        if value[0] == "in" and value[1] in self.entry:
            return self.entry[value[1]]
        return self._symbol(value)


def confirms(passed: Mapping[int, Known | None], own: Mapping[int, Known]) -> bool:
    """Return whether an argument is the same by the caller and by the called function, and none differs.

    Otherwise a call to an unknown address may have called a function that jumped to this one with other arguments.
    """
    equal = False
    for number in ARGUMENTS:
        one, other = passed.get(number), own.get(number)
        if one is not None and other is not None:
            if (one.value ^ other.value) & ((1 << 8 * min(one.width, other.width)) - 1):
                return False
            equal = True
    return equal


def _passed_on(target: int, start: int, passed: Mapping[int, Known | None]) -> dict[int, Known | None]:
    """Return the arguments for a function to which the called one jumps at its end, as ``target`` to ``start``."""
    found: dict[int, Known | None] = {}
    states, complete = _before_jumps(target, start)
    for state in states:
        for number in ARGUMENTS:
            value = evaluate_passed(state.registers[number], passed)
            known = value._replace(sure=value.sure and complete) if value is not None else None
            # The jump that was taken is not known, so they have to agree.
            found[number] = known if found.get(number, known) == known else None
    return found


@memoize_cond(CU_LIVE)
def _before_jumps(target: int, start: int) -> tuple[list[State], bool]:
    """Return the states before the jumps from one function to another, and whether all ways to them are known."""
    flow = flow_of(target)
    if flow is None:
        return [], False
    states = [flow.state_at(jump.address) for jump in flow.jumps_to(start)]
    return [state for state in states if state is not None], flow.complete and None not in states


def evaluate_passed(value: Value, passed: Mapping[int, Known | None]) -> Known | None:
    """Return a value of a function that is known by its arguments alone."""
    known = passed.get(value[1]) if value[0] == "in" else None
    if known is not None:
        return known
    found = evaluate(value, lambda inner: _whole(passed.get(inner[1])) if inner[0] == "in" else None)
    return Known(found[0], 8, found[1]) if found is not None else None


def _whole(known: Known | None) -> tuple[int, bool] | None:
    return (known.value, known.sure) if known is not None and known.width == 8 else None


def better(one: Known | None, other: Known) -> Known:
    """Return the better one of two findings of one value. If both are sure and they differ, neither is sure."""
    if one is None:
        return other
    if one.sure != other.sure:
        return one if one.sure else other
    first = one if one.width >= other.width else other
    mask = (1 << 8 * min(one.width, other.width)) - 1
    return first if (one.value ^ other.value) & mask == 0 else first._replace(sure=False)


def word(address: int, width: int) -> int | None:
    """Read a number without sign, None if its page is not in the dump."""
    try:
        return readU64(address) if width == 8 else readInt(address, width)
    except (error, IndexError, OverflowError):
        return None


def _target(call: Instruction, state: State, place: _Place) -> tuple[int | None, bool]:
    """Return (address, whether it is sure) of the function that a call calls; None if it is not known."""
    target, operand = call.target, call.source
    if target is not None:
        name, offset = addr2sym(target, True)
        if name is not None and name.startswith("__x86_indirect_") and not offset:
            operand = _NUMBERS.get(name.rpartition("_r")[2].replace("_", ""), _NUMBERS.get(name[-3:].lstrip("_r")))
        elif name is not None and name.startswith("__SCT__"):  # the trampoline of a static call
            return _jump_target(target), True
        else:
            return target, True
    if isinstance(operand, int):
        found = place.evaluate(state.registers[operand])
        return found if found is not None else (None, False)
    if isinstance(operand, Memory) and operand.scaled is None and not operand.segment:
        base = ("const", 0) if operand.base in (None, decode.RIP) else state.registers[operand.base or 0]
        found = place.lookup(("load", call.address, base, operand.offset, 8))
        return found if found is not None else (None, False)
    return None, False


def _jump_target(address: int) -> int | None:
    try:
        return instruction_at(address).target
    except Undecodable:
        return None


def recover(stack: Stack, read: Read = word) -> list[Entry]:
    """Return the registers at the entry of each function of a stack, innermost first.

    Of running tasks, whose frames come from ``bt``, only the registers of interrupted functions are sure.
    """
    places: list[_Place] = []
    registers: Mapping[int, Known] = {}
    for frame in stack.frames:
        if frame.exact or not places:
            registers = _registers(frame)
        places.append(_Place(stack, frame, registers, read))
        registers = places[-1].saved
    for place, caller in reversed(list(zip(places, places[1:]))):
        if place.frame.exception is None and not caller.frame.exact:
            for number, known in caller.arguments_for(place.start, place.entry).items():
                place.entry[number] = better(place.entry.get(number), known)
    return [_entry(place) for place in places]


def _registers(frame: Frame) -> dict[int, Known]:
    """Return the registers that the frame itself knows, without sp."""
    return {_NUMBERS[n]: Known(v, 8, True) for n, v in frame.registers.items() if n in _NUMBERS and n != "sp"}


def _entry(place: _Place) -> Entry:
    registers = {NAMES[number]: known for number, known in sorted(place.entry.items())}
    return Entry(place.frame, place.start, registers, place.stack_argument)
