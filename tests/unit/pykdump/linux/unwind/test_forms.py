# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of a known way, compared with those of the walk itself."""

from __future__ import annotations

from support import fake_crash

fake_crash.install()

from pykdump.linux.unwind import orc  # noqa: E402
from pykdump.linux.unwind.forms import FrameForm  # noqa: E402
from pykdump.linux.unwind.frames import Received, Step, frame_of  # noqa: E402
from pykdump.linux.unwind.words import SavedRegisters, Words  # noqa: E402

LOW = 0x40000
SAVED = SavedRegisters([("bx", 0), ("bp", 8)])
USER = SavedRegisters([("ip", 0), ("cs", 8), ("ss", 16)])
CALL = orc.Rule(orc.CALL, orc.SP, 16, orc.PREV_SP, -16, "inner", 0x12, "module")
REGS = orc.Rule(orc.REGS, orc.SP, 0, 0, 0, "entry", 0x7, None)


def stack(low: int, *values: int) -> Words:
    kernel = fake_crash.install()
    for number, value in enumerate(values):
        kernel.write_pointer(low + 8 * number, value)
    return Words(low, low + 8 * len(values))


def steps(words: Words) -> list[Step]:
    """Return what the walk finds of a stack: saved registers, two return addresses, and those of a user program."""
    low, data = words.low, words.data
    saved = {"bx": data[0], "bp": data[1]}
    return [
        Step(CALL, 0xA, low + 16, low + 40, False, low + 24, data[1], saved, None),
        Step(REGS, 0xB, low + 32, low + 40, False, low + 40, data[3], None, Received(words, USER, low + 40, None)),
    ]


def test_the_frames_of_another_stack_are_those_of_its_walk() -> None:
    first = stack(LOW, 0x1, 0x2, 0xA, 0x3, 0xB, 0x400000, 0x10033, 0x2B)
    form = FrameForm(first.low, steps(first), [1, 3], SAVED)
    other = stack(LOW + 0x10000, 0x11, 0x12, 0xA, 0x13, 0xB, 0x500000, 0x10033, 0x2B)
    found = form.frames(other)
    assert found == [frame_of(step) for step in steps(other)]
    assert [list(frame.registers) for frame in found] == [["bx", "bp", "ip", "sp"], ["ip", "sp", "bp"]]
    assert found[1].exception is not None and found[1].exception.registers == {"ip": 0x500000, "cs": 0x33, "ss": 0x2B}
    assert form.first(other) == (other.low + 40, {"bx": 0x11, "bp": 0x12, "ip": 0xA, "sp": other.low + 24})
    assert list(form.received(other)) == [0x500000, 0x33, 0x2B]


def test_a_frame_without_a_cfa_has_none_elsewhere() -> None:
    words = stack(LOW, 0x1, 0x2, 0xA)
    end = Step(CALL, 0xA, LOW + 16, 0, False, LOW + 24, 2, {"bx": 1, "bp": 2}, None)
    form, other = FrameForm(LOW, [end], [1], SAVED), stack(LOW + 0x10000, *words.data)
    (frame,) = form.frames(other)
    assert form.first(other)[0] == 0 and list(form.received(other)) == []
    assert (frame.cfa, frame.stack, frame.exception) == (0, LOW + 0x10010, None)
