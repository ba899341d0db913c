# SPDX-License-Identifier: GPL-3.0-or-later
"""Registers at the entry of functions on a stack in made-up memory."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.caches import CU_LIVE, purge_memoize_cache  # noqa: E402
from pykdump.linux.unwind.frames import ExceptionFrame, Frame, Stack  # noqa: E402
from pykdump.linux.x86 import entry_registers  # noqa: E402
from pykdump.linux.x86.entry_registers import Entry, Known, better, confirms, evaluate_passed, recover  # noqa: E402
from pykdump.linux.x86.flow import Flow, analyse  # noqa: E402
from pykdump.linux.x86.values import add, constant, entry, zero_extend  # noqa: E402

from .assembled import KEEPS, ON_STACK, START, Assembled  # noqa: E402

STACK = 0x40000
INNER, OUTER = START + 0x23 + 5 + 0x1000, START  # KEEPS calls INNER


class Elsewhere(Assembled):
    def __init__(self, text: str, start: int) -> None:
        super().__init__(text)
        self.start = start


FLOWS: dict[int, Flow] = {}


@pytest.fixture(autouse=True)
def kernel(monkeypatch: pytest.MonkeyPatch) -> fake_crash.Kernel:
    kernel = fake_crash.install()
    purge_memoize_cache(CU_LIVE)
    kernel.write(STACK, bytes(0x1000))
    FLOWS.clear()
    monkeypatch.setattr(entry_registers, "flow_of", FLOWS.get)
    monkeypatch.setattr(entry_registers, "_frame_info", lambda: None)
    monkeypatch.setattr(entry_registers, "function_start", lambda name, address, offset: address - offset)
    monkeypatch.setattr(entry_registers, "addr2sym", lambda address, loose: ("f", 0))
    monkeypatch.setattr(entry_registers, "current_task_offsets", lambda: {0x35000})
    return kernel


def frame(start: int, offset: int, cfa: int, **registers: int) -> Frame:
    return Frame("f", offset, None, start + offset, 0, cfa, False, registers, None)


def stack(*frames: Frame) -> Stack:
    return Stack(0x777000, 1, 0, "task", frames, "orc", None)


def two_frames(kernel: fake_crash.Kernel, inner: str) -> list[Entry]:
    """Return what is found of a function that KEEPS calls; ``inner`` is its code up to its own call."""
    FLOWS[OUTER] = analyse(KEEPS)
    FLOWS[INNER] = analyse(Elsewhere(inner, INNER))
    inside = len(bytes.fromhex(inner)) - 1  # the last byte is the ret behind the call
    outer = frame(OUTER, 0x28, STACK + 0x800)
    kernel.write_pointer(STACK + 0x800 - 0x28, 0x5555)  # the slot of rsi
    kernel.write_pointer(STACK + 0x800 - 0x18, 0xB0B0)  # the caller's rbx
    return recover(stack(frame(INNER, inside, STACK + 0x7D0, bx=0x1000, bp=0x2000), outer))


def test_what_a_function_keeps_and_what_its_callers_pass(kernel: fake_crash.Kernel) -> None:
    inner, outer = two_frames(kernel, "e8 00 00 00 00 c3")
    assert outer.registers["di"] == Known(0x1000, 8, True)  # rbx, which the called function did not touch
    assert outer.registers["si"] == Known(0x5555, 8, True)
    assert outer.registers["bx"] == Known(0xB0B0, 8, True)
    assert "dx" not in outer.registers  # rbp has rdx or r8
    assert inner.registers["di"] == Known(0x1004, 8, True)
    assert inner.registers["dx"] == Known(7, 8, True)
    assert "si" not in inner.registers
    assert inner.registers["bx"] == Known(0x1000, 8, True)


def test_both_findings_agree(kernel: fake_crash.Kernel) -> None:
    # push %rbx; mov %edi,%ebx; call; the slot of rbx has the caller's value
    kernel.write_pointer(STACK + 0x7D0 - 0x10, 0x9000)
    inner, outer = two_frames(kernel, "53 89 fb e8 00 00 00 00 c3")
    assert outer.registers["di"] == Known(0x9000, 8, True)
    assert inner.registers["di"] == Known(0x9004, 8, False)  # ebx has 0x1000, but the caller passed 0x9004


def test_a_function_that_was_not_called_directly(kernel: fake_crash.Kernel) -> None:
    FLOWS[OUTER] = analyse(KEEPS)
    middle = Elsewhere("48 89 fe e9 00 01 00 00 c3", INNER)  # mov %rdi,%rsi; jmp
    last = INNER + 8 + 0x100
    FLOWS[INNER], FLOWS[last] = analyse(middle), analyse(Elsewhere("e8 00 00 00 00 c3", last))
    inner, _ = recover(stack(frame(last, 5, STACK + 0x7D0, bx=0x1000), frame(OUTER, 0x28, STACK + 0x800)))
    assert inner.registers["di"] == inner.registers["si"] == Known(0x1004, 8, True)
    del FLOWS[INNER]
    purge_memoize_cache(CU_LIVE)
    inner, _ = recover(stack(frame(last, 5, STACK + 0x7D0, bx=0x1000), frame(OUTER, 0x28, STACK + 0x800)))
    assert "di" not in inner.registers


def test_arguments_on_the_stack(kernel: fake_crash.Kernel) -> None:
    FLOWS[START] = analyse(ON_STACK)
    for number in range(3):
        kernel.write_pointer(STACK + 8 * number, 0x10 + number)
    (found,) = recover(stack(frame(START, 0x13, STACK)))
    assert [found.stack_argument(n) for n in (0, 2)] == [Known(0x10, 8, True), Known(0x12, 8, True)]
    assert found.stack_argument(1) is None  # the function wrote there


def test_indirect_calls(kernel: fake_crash.Kernel) -> None:
    # mov %rdi,%rbx; call *%rbp
    FLOWS[OUTER] = analyse(Elsewhere("48 89 fb ff d5 c3", OUTER))
    FLOWS[INNER] = analyse(Elsewhere("e8 00 00 00 00 c3", INNER))
    calls = [frame(INNER, 5, STACK + 0x7D0, bx=0x1000, bp=INNER), frame(OUTER, 5, STACK + 0x800)]
    assert recover(stack(*calls))[0].registers["di"] == Known(0x1000, 8, True)
    calls[0] = frame(INNER, 5, STACK + 0x7D0, bx=0x1000)
    assert "di" not in recover(stack(*calls))[0].registers  # it may have been called by a jump


def test_callers_that_confirm_an_argument() -> None:
    passed = {7: Known(0x11223344, 8, False), 6: None}
    assert confirms(passed, {7: Known(0x3344, 2, True)})
    assert not confirms(passed, {7: Known(0x3345, 2, True)})
    assert not confirms(passed, {6: Known(5, 8, True)})


def test_nothing_is_sure_of_the_stacks_that_bt_prints(kernel: fake_crash.Kernel) -> None:
    FLOWS[OUTER] = analyse(KEEPS)
    FLOWS[INNER] = analyse(Elsewhere("e8 00 00 00 00 c3", INNER))
    kernel.write_pointer(STACK + 0x800 - 0x28, 0x5555)
    frames = (frame(INNER, 5, STACK + 0x7D0), frame(OUTER, 0x28, STACK + 0x800))
    inner, outer = recover(stack(*frames)._replace(source="bt"))
    assert outer.registers["si"] == Known(0x5555, 8, False)
    assert inner.registers["dx"] == Known(7, 8, False)


def test_entry_code_is_not_followed(kernel: fake_crash.Kernel) -> None:
    FLOWS[OUTER] = analyse(KEEPS)
    user = ExceptionFrame(STACK, {"di": 5}, True)
    entered = frame(OUTER, 0x28, STACK + 0x800)._replace(exception=user)
    (found,) = recover(stack(entered))
    assert found.registers == {} and found.stack_argument(0) is None


def test_an_interrupted_function_has_its_registers() -> None:
    FLOWS[START] = analyse(KEEPS)
    interrupted = frame(START, 2, STACK, di=5, bx=6)._replace(exact=True)
    (found,) = recover(stack(interrupted))
    assert found.registers["di"] == Known(5, 8, True)


def test_better() -> None:
    sure, likely, short = Known(0x11223344, 8, True), Known(1, 8, False), Known(0x3344, 2, True)
    assert better(None, likely) == likely
    assert better(likely, sure) == better(sure, likely) == sure
    assert better(short, sure) == better(sure, short) == sure
    assert better(sure, Known(0x55, 8, True)).sure is False


def test_values_of_a_function_that_passes_its_arguments_on() -> None:
    passed = {7: Known(0x100, 8, True), 6: Known(5, 4, True)}
    assert evaluate_passed(entry(6), passed) == Known(5, 4, True)
    assert evaluate_passed(add(entry(7), 8), passed) == Known(0x108, 8, True)
    assert evaluate_passed(constant(3), passed) == Known(3, 8, True)
    assert evaluate_passed(add(entry(6), 8), passed) is None
    assert evaluate_passed(zero_extend(entry(1), 4), passed) is None
