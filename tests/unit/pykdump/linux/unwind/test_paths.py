# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways through stacks that are made of a few words."""

from __future__ import annotations

from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.unwind import orc, paths  # noqa: E402
from pykdump.linux.unwind.frames import Received, Step  # noqa: E402
from pykdump.linux.unwind.paths import Paths, Place  # noqa: E402
from pykdump.linux.unwind.words import SavedRegisters, Words  # noqa: E402

LOW = 0x40000
REGISTERS = SavedRegisters([("ip", 0), ("cs", 8), ("ss", 16)])
SAVED = SavedRegisters([("bx", 0)])
CALL = (orc.CALL, orc.SP, 16, orc.PREV_SP, -16)
BY_BP = (orc.CALL, orc.BP, 16, orc.PREV_SP, -16)


def functions(end: Place | None) -> tuple[str, ...] | None:
    return end.functions if end is not None else None


def stack(*values: int) -> Words:
    kernel = fake_crash.install()
    for number, value in enumerate(values):
        kernel.write_pointer(LOW + 8 * number, value)
    return Words(LOW, LOW + 8 * len(values))


def step(rule: tuple[Any, ...], address: int, cfa: int = 0, received: Received | None = None, **more: Any) -> Step:
    found = Step(orc.Rule(*rule, "f", 0, None), address, 0, LOW + cfa, False, 0, 0, None, received)
    return found._replace(**more)


def received(words: Words, place: int, registers: dict[str, int] | None = None) -> Received:
    return Received(words, REGISTERS, LOW + place, registers)


def learned(*values: int) -> Paths:
    """Know the way through a stack: the return address 0xA, 0xB two words further out, and the user's registers."""
    words, found = stack(*values), Paths(0, 1, SAVED)
    end = step((orc.REGS, orc.SP, 0, 0, 0), 0xB, 24, received(words, 24))
    found.learn(words, [step(CALL, 0xA, 24), end], ("a", "b"))
    return found


USUAL = (0xA, 0x5, 0xB, 0x400000, 0x33, 0x2B)


def test_the_same_return_addresses_are_the_same_way() -> None:
    known = learned(*USUAL)
    assert functions(known.find(stack(*USUAL))) == ("a", "b")
    assert functions(known.find(stack(0xA, 0x77, 0xB, 0x400001, 0x33, 0x2B))) == ("a", "b")


@pytest.mark.parametrize(
    "values",
    [
        (0xC, *USUAL[1:]),
        (*USUAL[:2], 0xC, *USUAL[3:]),
        (*USUAL[:4], 0x10, 0x2B),  # the registers are those of the kernel
        USUAL[:5],  # the last register is not in the dump
        USUAL[:2],
        (),
    ],
)
def test_other_stacks_are_walked(values: tuple[int, ...]) -> None:
    assert learned(*USUAL).find(stack(*values)) is None


def test_a_thread_of_the_kernel_has_no_registers_of_a_user() -> None:
    words, known = stack(0xA, 0x5, 0xE), Paths(0, 1, SAVED)
    known.learn(words, [step(CALL, 0xA, 24), step((orc.END, 0, 0, 0, 0), 0xE)], ("a", "end"))
    assert functions(known.find(stack(0xA, 0x6, 0xE))) == ("a", "end")


@pytest.mark.parametrize(
    "other",
    [
        step((orc.CALL, orc.BP_INDIRECT, 16, orc.PREV_SP, -16), 0xA, 24),
        step(CALL, 0xA, 24, exact=True),
        step((orc.CALL, orc.SP, 16, orc.BP, -16), 0xA, 24),
        step((orc.CALL, orc.SP, 16, orc.PREV_SP, 8), 0xA, 24),
        step((orc.NOTHING, orc.SP, 16, 0, 0), 0xA, 24),
        step((orc.REGS, orc.SP, 16, 0, 0), 0xA, 24, received(stack(*USUAL), 0, {"ip": 1})),
    ],
)
def test_ways_that_depend_on_more_are_not_remembered(other: Step) -> None:
    words, known = stack(0xA, 0x5, 0xE), Paths(0, 1, SAVED)
    known.learn(words, [other, step((orc.END, 0, 0, 0, 0), 0xE)], ("a", "end"))
    assert known.find(words) is None


def test_a_frame_pointer_has_to_be_at_the_same_distance() -> None:
    words, known = stack(0xA, LOW + 8, 0xE), Paths(0, 1, SAVED)
    known.learn(words, [step(BY_BP, 0xA, 24, bp=LOW + 8), step((orc.END, 0, 0, 0, 0), 0xE)], ("a", "end"))
    assert functions(known.find(words)) == ("a", "end")
    other = stack(0xA, LOW + 16, 0x0, 0xE)
    assert known.find(other) is None
    known.learn(other, [step(BY_BP, 0xA, 32, bp=LOW + 16), step((orc.END, 0, 0, 0, 0), 0xE)], ("a", "other"))
    assert functions(known.find(stack(0xA, LOW + 16, 0x0, 0xE))) == ("a", "other")
    assert functions(known.find(stack(0xA, LOW + 8, 0xE))) == ("a", "end"), "both are known"


def test_a_frame_pointer_of_a_caller_is_where_the_called_function_saved_it() -> None:
    words, known = stack(0xA, 0x5, LOW + 16, 0xB, 0x7, 0xE), Paths(0, 1, SAVED)
    steps = [step(CALL, 0xA, 32), step(BY_BP, 0xB, 48, bp=LOW + 16), step((orc.END, 0, 0, 0, 0), 0xE)]
    known.learn(words, steps, ("a", "b", "end"))
    assert functions(known.find(stack(0xA, 0x6, LOW + 16, 0xB, 0x8, 0xE))) == ("a", "b", "end")
    assert known.find(stack(0xA, 0x5, LOW + 24, 0xB, 0x7, 0xE)) is None


def test_the_ways_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "MAX_PLACES", -1)
    assert learned(*USUAL).find(stack(*USUAL)) is None
