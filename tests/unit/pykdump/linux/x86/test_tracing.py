# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that remember their computation: it is repeated here with other numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pykdump.linux.x86.tracing import MASK, Trace, Traced, Untraceable, text_of
from pykdump.linux.x86.values import signed

MEMORY = {0x1008: 0x1122334455667788, 0x2008: MASK, 0x3008: 5}


def read(address: int, width: int) -> int | None:
    word = MEMORY.get(address)
    return word & ((1 << 8 * width) - 1) if word is not None else None


def repeated(compute: Callable[[Trace, Traced], int], first: int, other: int) -> int | None:
    """Trace a computation with one number and return what its repetition gives for another one."""
    trace = Trace(read)
    value = compute(trace, trace.number(first, "x"))
    assert int.__index__(value) == compute(Trace(read), Trace(read).number(first, "x")), "it is computed alike twice"
    names = {"read": read, "read8": lambda address: read(address, 8), "missing": lambda a, w: read(a, w) is None}
    exec("\n ".join(["def again(x):", *trace.lines, f"return {text_of(value)}"]), names)
    result: int | None = names["again"](other)  # type: ignore[operator]
    return result


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: (x + 24 - 8) & MASK,
        lambda x: (8 + x) & 0xFFFF,
        lambda x: (x + 0) & MASK,
        lambda x: (x & 0xFF) + 1,
        lambda x: 0xFF & (x - 300),
        lambda x: (x ^ 0x55) & 0xFFFF,
        lambda x: x ^ x,
        lambda x: (x & 0xFFFFFFFF) ^ x,
        lambda x: signed(x, 4) & MASK,
        lambda x: ((x & 0xFF) + 0x200) & 0xFF,
        lambda x: (x - 16 + 16) - (x & 7),
    ],
)
@pytest.mark.parametrize("other", [0, 7, 0x80000000, 0xFFFFFFFF, MASK])
def test_arithmetic_is_repeated(compute: Callable[[int], int], other: int) -> None:
    for first in (3, 0xFFFF_8888_0000_1234):
        assert repeated(lambda trace, x: compute(x), first, other) == compute(other)


@pytest.mark.parametrize("width", [8, 4])
def test_memory_is_read_again(width: int) -> None:
    found = repeated(lambda trace, x: trace.read(x + 8, width) or 0, 0x1000, 0x2000)
    assert found == read(0x2008, width)


def test_a_word_that_was_missing_has_to_be_missing_again() -> None:
    def compute(trace: Trace, x: Traced) -> int:
        found = trace.read(x, 8)
        return x if found is None else found

    assert repeated(compute, 0x5000, 0x6000) == 0x6000
    assert repeated(compute, 0x5000, 0x1008) is None


@pytest.mark.parametrize(
    ("question", "same", "different"),
    [
        (lambda x: bool(x & 1), 5, 4),
        (lambda x: x == 3, 3, 5),
        (lambda x: x != 3, 3, 5),
        (lambda x: 0 <= x - 2 <= 16, 18, 1),
        (lambda x: 0 <= x - 2 <= 16, 2, 19),
        (lambda x: x > 2, 4, 2),
        (lambda x: x < 4, 3, 4),
        (lambda x: {3: True}.get(x), 3, 5),
        (lambda x: int(x), 3, 5),
    ],
)
def test_another_answer_ends_the_repetition(question: Callable[[int], object], same: int, different: int) -> None:
    def compute(trace: Trace, x: Traced) -> int:
        question(x)
        return x

    assert repeated(compute, 3, same) == same
    assert repeated(compute, 3, different) is None


@pytest.mark.parametrize(
    "use", [lambda x: x >> 1, lambda x: x | 1, lambda x: 1 - x, lambda x: f"{x:x}", lambda x: str(x), lambda x: -x]
)
def test_what_cannot_be_repeated_is_refused(use: Callable[[int], object]) -> None:
    with pytest.raises(Untraceable):
        use(Trace(read).number(3, "x"))
