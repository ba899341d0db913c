# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of the functions on a stack (x86-64): names and types from BTF, values from the registers at the entry.

for entry in recover(stack_of(task)):
    for argument in arguments_of(entry) or ():
        print(entry.frame.function, argument.name, argument.ctype, argument.text)
"""

from __future__ import annotations

from typing import NamedTuple

from crash import TYPE_CODE_STRUCT, TYPE_CODE_UNION, error, function_prototype, sizeof, whatis

from pykdump.caches import CU_LIVE, CU_LOAD, memoize_cond
from pykdump.linux.x86.entry_registers import Entry, Known
from pykdump.linux.x86.known_ways import KnownForms, Plan, recover
from pykdump.linux.x86.opcodes import ARGUMENTS, NAMES
from pykdump.linux.x86.values import signed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import TypeInfo

__all__ = ["Argument", "Entry", "Known", "KnownForms", "Parameter", "Plan", "arguments_of", "parameters_of", "recover"]

KNOWN, LIKELY = "known", "likely"
_WORD = 8
_REGISTERS = tuple([NAMES[number] for number in ARGUMENTS])


class Parameter(NamedTuple):
    """A parameter of a function. ``number`` counts from 1, ``name`` is "" if it is not known.

    ``registers`` are those that pass it. If there are none, the caller puts it on the stack: ``slot`` counts from 0.
    """

    number: int
    name: str
    type: TypeInfo
    registers: tuple[str, ...]
    slot: int


class Argument(NamedTuple):
    """An argument of a call on a stack.

    ``value`` is None if it was not found, otherwise an int as the type says (a negative one if the type is signed).
    ``confidence`` is "known" if it follows from the code and from memory that no other function can change, "likely" if
    something may have changed since, and None without a value. ``place`` is where it was passed: "di", "si", … or
    "stack+0".
    """

    number: int
    name: str
    ctype: str
    place: str
    value: int | None
    confidence: str | None
    parameter: Parameter | None

    @property
    def text(self) -> str:
        """The value: pointers and large numbers in hexadecimal."""
        if self.value is None:
            return "?"
        return str(self.value) if -4096 < self.value < 4096 and "*" not in self.ctype else f"{self.value:#x}"


@memoize_cond(CU_LIVE | CU_LOAD)
def parameters_of(function: str, module: str | None) -> tuple[Parameter, ...] | None:
    """Return the parameters of a function of the kernel or of a module, None if its type is not known.

    The BTF of the kernel and of its modules has the types of functions; without it gdb has those of the debuginfo.
    """
    found = function_prototype(function, module)
    if found is not None:
        return tuple(_placed(*found))
    try:
        prototype = whatis(function).ti.prototype if module is None and "." not in function else None
    except (error, TypeError, AttributeError, KeyError):
        return None
    return tuple(_placed(prototype[0], [("", type_) for type_ in prototype[1:]])) if prototype else None


def _placed(result: TypeInfo, parameters: list[tuple[str, TypeInfo]]) -> list[Parameter]:
    """Say where each parameter is passed: System V ABI for AMD64, section 3.2.3, without floating point."""
    # A large result is returned in memory, whose address is a hidden first argument.
    free = list(_REGISTERS[1:] if _is_aggregate(result) and sizeof(result) > 2 * _WORD else _REGISTERS)
    placed, slot = [], 0
    for number, (name, type_) in enumerate(parameters, 1):
        size = sizeof(type_)
        words = max((size + _WORD - 1) // _WORD, 1)
        if words <= 2 and words <= len(free):
            registers, free = tuple(free[:words]), free[words:]
            placed.append(Parameter(number, name, type_, registers, 0))
        else:
            placed.append(Parameter(number, name, type_, (), slot))
            slot += words
    return placed


def _is_aggregate(type_: TypeInfo) -> bool:
    return type_.codetype in (TYPE_CODE_STRUCT, TYPE_CODE_UNION)


def arguments_of(entry: Entry) -> list[Argument] | None:
    """Return the arguments of a function on a stack, None if the type of the function is not known."""
    name = entry.frame.function
    if name is None or entry.frame.exception is not None:
        return None
    parameters = parameters_of(name.partition(".cold")[0], entry.frame.module)
    return [_argument(entry, parameter) for parameter in parameters] if parameters is not None else None


def _argument(entry: Entry, parameter: Parameter) -> Argument:
    registers = parameter.registers
    place = "+".join(registers) if registers else f"stack+{parameter.slot * _WORD:#x}"
    found = entry.registers.get(registers[0]) if registers else entry.stack_argument(parameter.slot)
    size = sizeof(parameter.type)
    ctype = parameter.type.fullname()
    if found is None or len(registers) > 1 or size > _WORD or found.width < size:
        return Argument(parameter.number, parameter.name, ctype, place, None, None, parameter)
    value = found.value & ((1 << 8 * size) - 1)
    if _is_signed(parameter.type):
        value = signed(value, size)
    return Argument(parameter.number, parameter.name, ctype, place, value, KNOWN if found.sure else LIKELY, parameter)


def _is_signed(type_: TypeInfo) -> bool:
    """Return whether a type is a signed integer."""
    return not type_.uint and not type_.ptrlev and not _is_aggregate(type_)
