# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic with values that are not numbers yet."""

from __future__ import annotations

import pytest

from pykdump.linux.x86.values import MASK, Value, add, constant, entry, evaluate, maybe, sign_extend, solve, zero_extend

DI, LOAD = entry(7), ("load", 0x100, entry(6), 8, 4)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (add(DI, 0), DI),
        (add(add(DI, 8), -8), DI),
        (add(add(DI, 8), 8), ("add", DI, 16)),
        (add(("cfa", -8), -16), ("cfa", -24)),
        (add(constant(-1), 1), constant(0)),
        (add(maybe(DI), 4), maybe(add(DI, 4))),
        (zero_extend(DI, 8), DI),
        (zero_extend(zero_extend(DI, 4), 1), ("zx", DI, 1)),
        (zero_extend(zero_extend(DI, 1), 4), ("zx", DI, 1)),
        (zero_extend(constant(-1), 2), constant(0xFFFF)),
        (zero_extend(LOAD, 4), LOAD),
        (zero_extend(LOAD, 2), ("zx", LOAD, 2)),
        (zero_extend(maybe(DI), 4), maybe(("zx", DI, 4))),
        (sign_extend(constant(0x80), 1), constant(-128)),
        (sign_extend(zero_extend(DI, 4), 4), ("sx", DI, 4)),
        (sign_extend(zero_extend(DI, 1), 4), ("zx", DI, 1)),
        (sign_extend(maybe(DI), 4), maybe(("sx", DI, 4))),
        (maybe(maybe(DI)), maybe(DI)),
    ],
)
def test_values_are_simplified(found: Value, expected: Value) -> None:
    assert found == expected


@pytest.mark.parametrize(
    ("value", "number", "sure"),
    [
        (DI, 0x1_8000_0001, True),
        (add(DI, -2), 0x1_7FFF_FFFF, True),
        (zero_extend(DI, 4), 0x8000_0001, True),
        (sign_extend(DI, 4), 0xFFFF_FFFF_8000_0001, True),
        (maybe(DI), 0x1_8000_0001, False),
        (constant(-1), MASK, True),
    ],
)
def test_evaluate(value: Value, number: int, sure: bool) -> None:
    known = {DI: (0x1_8000_0001, True)}
    assert evaluate(value, known.get) == (number, sure)


def test_what_is_not_known_has_no_number() -> None:
    assert evaluate(add(entry(6), 8), lambda value: None) is None


@pytest.mark.parametrize(
    ("value", "number", "solution"),
    [
        (DI, 5, (DI, 5, 8, True)),
        (add(DI, 8), 5, (DI, MASK - 2, 8, True)),
        (zero_extend(DI, 4), 5, (DI, 5, 4, True)),
        (sign_extend(DI, 2), MASK, (DI, 0xFFFF, 2, True)),
        (add(maybe(DI), 1), 5, (DI, 4, 8, False)),
    ],
)
def test_solve(value: Value, number: int, solution: tuple[Value, int, int, bool]) -> None:
    assert solve(value, number) == solution
