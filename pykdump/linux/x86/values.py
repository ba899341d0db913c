# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of registers and stack slots as a function computes them: symbols, not numbers.

A value is a tuple. Two places with equal values have the same contents whenever the code is at that point.

    ("in", register)            what the register had when the function was called
    ("arg", offset)             what the caller put on the stack at CFA + offset
    ("cfa", offset)             CFA + offset, an address on the stack
    ("const", number)
    ("add", value, number)
    ("zx", value, width)        the lowest ``width`` bytes, extended with zeroes; "sx": with the sign
    ("load", at, value, offset, width)   what the instruction at ``at`` read from memory
    ("gs", offset)              a variable of the CPU
    ("def", at, place)          what the instruction at ``at`` put there
    ("phi", at, place)          different values, by the path on which ``at`` is reached
    ("maybe", value)            probably this value
"""

from __future__ import annotations

from typing import Any

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Value = tuple[Any, ...]
MASK = (1 << 64) - 1


def entry(register: int) -> Value:
    """What a register had when the function was called."""
    return ("in", register)


def constant(number: int) -> Value:
    """A number, as 64 bits."""
    return ("const", number & MASK)


def add(value: Value, number: int) -> Value:
    """Return value + number."""
    if number == 0:
        return value
    kind = value[0]
    if kind == "cfa":
        return ("cfa", value[1] + number)
    if kind == "const":
        return constant(value[1] + number)
    if kind == "add":
        return add(value[1], value[2] + number)
    if kind == "maybe":
        return maybe(add(value[1], number))
    return ("add", value, number)


def zero_extend(value: Value, width: int) -> Value:
    """Return the lowest ``width`` bytes of a value."""
    if width >= 8:
        return value
    kind = value[0]
    if kind == "const":
        return constant(value[1] & ((1 << 8 * width) - 1))
    if kind == "zx":
        return zero_extend(value[1], width) if value[2] > width else value
    if kind == "load" and value[4] <= width:
        return value
    if kind == "maybe":
        return maybe(zero_extend(value[1], width))
    return ("zx", value, width)


def sign_extend(value: Value, width: int) -> Value:
    """Return the lowest ``width`` bytes of a value, extended with the sign."""
    if value[0] == "const":
        return constant(signed(value[1], width))
    if value[0] == "maybe":
        return maybe(sign_extend(value[1], width))
    if value[0] == "zx" and value[2] <= width:
        return ("sx", value[1], width) if value[2] == width else value
    return ("sx", value, width)


def signed(number: int, width: int) -> int:
    """Return the lowest ``width`` bytes of a number as a signed one."""
    half = 1 << 8 * width - 1
    return (number + half) % (2 * half) - half


def maybe(value: Value) -> Value:
    """Mark a value as probable."""
    return value if value[0] == "maybe" else ("maybe", value)


def evaluate(value: Value, lookup: Callable[[Value], tuple[int, bool] | None]) -> tuple[int, bool] | None:
    """Return (number, whether it is sure) of a value, None if it is not known.

    ``lookup`` knows the values that are not computed from others.
    """
    kind = value[0]
    if kind == "const":
        return value[1], True
    found = lookup(value)
    if found is not None or kind not in ("add", "zx", "sx", "maybe"):
        return found
    inner = evaluate(value[1], lookup)
    if inner is None:
        return None
    number, sure = inner
    if kind == "add":
        return (number + value[2]) & MASK, sure
    if kind == "zx":
        return number & ((1 << 8 * value[2]) - 1), sure
    if kind == "sx":
        return signed(number, value[2]) & MASK, sure
    return number, False


def solve(value: Value, number: int) -> tuple[Value, int, int, bool]:
    """Return (symbol, its number, how many of its bytes are known, whether it is sure), if ``value`` is ``number``."""
    sure, width = True, 8
    while True:
        kind = value[0]
        if kind == "add":
            number, value = number - value[2], value[1]
        elif kind == "zx" or kind == "sx":
            width, value = min(width, value[2]), value[1]
        elif kind == "maybe":
            sure, value = False, value[1]
        else:
            return value, number & ((1 << 8 * width) - 1), width, sure
