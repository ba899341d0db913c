# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stack says of itself."""

from __future__ import annotations

from pykdump.linux.unwind.frames import ExceptionFrame, Frame, Stack


def frame(function: str | None, exception: ExceptionFrame | None = None) -> Frame:
    return Frame(function, 0, None, 0x10, 0, 0, False, {"ip": 0x10}, exception)


def stack(*frames: Frame) -> Stack:
    return Stack(0x1000, 1, 0, "init", frames, "orc", None)


def test_functions_without_a_symbol_have_a_mark() -> None:
    assert stack(frame("schedule"), frame(None)).functions == ("schedule", "?")


def test_registers_of_the_user_are_those_at_the_end() -> None:
    user = ExceptionFrame(0x20, {"ip": 0x400000}, True)
    assert stack(frame("a"), frame("entry", user)).user_registers == {"ip": 0x400000}
    kernel = ExceptionFrame(0x20, {"ip": 0x400000}, False)
    assert stack(frame("a"), frame("entry", kernel)).user_registers is None
    assert stack().user_registers is None
