# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks in made-up memory, walked by made-up rules."""

from __future__ import annotations

from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.unwind import orc, walk  # noqa: E402
from pykdump.linux.unwind.walk import Walker  # noqa: E402

TASK, STACK, SIZE = 0x100, 0x40000, 0x4000
CALL = (orc.CALL, orc.SP, 16, orc.PREV_SP, -16)
# {code address: rule}
RULES = {
    0xA0: CALL,
    0xB0: (orc.CALL, orc.BP, 16, orc.PREV_SP, -16),
    0xC0: (orc.END, 0, 0, 0, 0),
    0xD0: (orc.REGS, orc.SP, 8, 0, 0),
    0xE0: (orc.NOTHING, 0, 0, 0, 0),
    0xF0: (orc.REGS_PARTIAL, orc.SP, 0, 0, 0),
}


KNOWN_WAYS: list[tuple[str, ...] | None] = []


class Rules:
    """Instead of OrcTables."""

    def rule(self, address: int, exact: bool) -> orc.Rule:
        return orc.Rule(*RULES[address], f"f{address:x}", 1, None)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> fake_crash.Kernel:
    kernel = fake_crash.install()
    kernel.define("struct thread_struct", sp="u64")
    kernel.define("struct task_struct", stack="u64", thread="struct thread_struct")
    kernel.define("struct inactive_task_frame", bx="u64", bp="u64", ret_addr="u64")
    kernel.define("struct pt_regs", bx="u64", ip="u64", cs="u64", flags="u64", sp="u64", ss="u64")
    kernel.symbols.update(__start_init_task=0x1000, __end_init_task=0x1000 + SIZE)
    kernel.write(STACK, bytes(SIZE))
    monkeypatch.setattr(walk, "struct_info", lambda su: [(n, o) for n, (o, _) in kernel.layouts[su].items()])
    return kernel


def walked(kernel: fake_crash.Kernel, *words: int) -> tuple[list[Any], str | None]:
    """Walk a stack that ends with these words: bx, bp, return address, and so on."""
    low = STACK + SIZE - 8 * len(words)
    kernel.make("struct task_struct", TASK, stack=STACK, thread_DOT_sp=low)
    for number, word in enumerate(words):
        kernel.write_pointer(low + 8 * number, word)
    walker = Walker(Rules())  # type: ignore[arg-type]
    frames, problem = walker.frames_of(TASK)
    functions = tuple(frame.function for frame in frames)
    assert walker.functions_of(TASK) == (functions, problem)
    assert walker.functions_of(TASK) == (functions, problem), "the known way"
    assert walker.frames_of(TASK) == (frames, problem), "the known way"
    end = walker._paths.find(walker._words(TASK))  # type: ignore[arg-type]
    KNOWN_WAYS.append(end.functions if end is not None else None)
    return frames, problem


def test_calls(kernel: fake_crash.Kernel) -> None:
    top = STACK + SIZE
    frames, problem = walked(kernel, 0x77, 0x88, 0xA0, top - 24, 0xB0, 0x99, 0xC0, 0x9A)
    assert problem is None
    assert [f.function for f in frames] == ["fa0", "fb0", "fc0"]
    assert [f.stack for f in frames] == [top - 48, top - 32, top - 16]
    assert [f.cfa for f in frames] == [top - 24, top - 8, 0]
    assert frames[0].registers == {"bx": 0x77, "bp": 0x88, "ip": 0xA0, "sp": top - 40}
    assert frames[1].registers == {"ip": 0xB0, "sp": top - 24, "bp": top - 24}
    assert KNOWN_WAYS[-1] == ("fa0", "fb0", "fc0"), "a function with a frame pointer is on a known way too"


def test_a_system_call_ends_with_the_registers_of_the_user(kernel: fake_crash.Kernel) -> None:
    frames, problem = walked(kernel, 0, 0, 0xD0, 0x5, 0x66, 0x400123, 0xABCD0033, 0x202, 0x7FFF0, 0x2B)
    assert problem is None
    (frame,) = frames
    assert frame.exception is not None and frame.exception.user
    assert frame.exception.address == STACK + SIZE - 48
    assert frame.exception.registers == {
        "bx": 0x66, "ip": 0x400123, "cs": 0x33, "flags": 0x202, "sp": 0x7FFF0, "ss": 0x2B,
    }  # fmt: skip


def test_an_interrupted_function_has_all_registers(kernel: fake_crash.Kernel) -> None:
    frames, _ = walked(kernel, 0, 0x44, 0xD0, 0x5, 0x66, 0xC0, 0x10, 0x202, STACK + SIZE, 0x18)
    assert [(f.function, f.exact) for f in frames] == [("fd0", False), ("fc0", True)]
    assert frames[1].registers["bx"] == 0x66 and frames[1].registers["bp"] == 0x44
    assert frames[1].stack == STACK + SIZE - 40


def test_an_iret_frame_has_five_registers(kernel: fake_crash.Kernel) -> None:
    frames, _ = walked(kernel, 0, 0x44, 0xF0, 0xC0, 0x10, 0x202, STACK + SIZE, 0x18)
    assert frames[1].registers == {"ip": 0xC0, "cs": 0x10, "flags": 0x202, "sp": STACK + SIZE, "ss": 0x18, "bp": 0x44}


def test_a_walk_that_leaves_the_stack_keeps_what_it_found(kernel: fake_crash.Kernel) -> None:
    frames, problem = walked(kernel, 0, 0, 0xA0, 0x1234, 0xB0)
    assert [f.function for f in frames] == ["fa0"]
    assert problem is not None and "0x123c is not on" in problem


def test_the_saved_registers_may_lead_on(kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel.define("struct inactive_task_frame", r13="u64", bp="u64", ret_addr="u64")
    monkeypatch.setitem(RULES, 0xA0, (orc.CALL, orc.R13, 8, orc.BP, -8))
    top = STACK + SIZE
    # r13 leads to a CFA of top - 8, and bp - 8 is the place of the caller's bp.
    frames, problem = walked(kernel, top - 16, top - 24, 0xA0, 0xB7, 0x5, 0xC0, 0x9)
    assert problem is None
    assert [(frame.function, frame.cfa) for frame in frames] == [("fa0", top - 8), ("fc0", 0)]
    assert frames[1].registers == {"ip": 0xC0, "sp": top - 8, "bp": 0xB7}


def test_code_without_a_rule(kernel: fake_crash.Kernel) -> None:
    assert walked(kernel, 0, 0, 0xE0) == ([], "there is no rule how to unwind fe0+0x1")


def test_an_address_without_a_symbol(kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel.make("struct task_struct", TASK, stack=STACK, thread_DOT_sp=STACK + SIZE - 24)
    kernel.write_pointer(STACK + SIZE - 8, 0xC0)
    monkeypatch.setattr(Rules, "rule", lambda *_arguments: orc.Rule(orc.END, 0, 0, 0, 0, None, 0, None))
    assert Walker(Rules()).functions_of(TASK) == (("0xc0",), None)  # type: ignore[arg-type]


def test_stacks_that_are_gone(kernel: fake_crash.Kernel) -> None:
    kernel.make("struct task_struct", TASK, stack=0, thread_DOT_sp=0x123)
    frames, problem = Walker(Rules()).frames_of(TASK)  # type: ignore[arg-type]
    assert (frames, problem) == ([], "the task is dead, and the kernel has freed its stack")
    kernel.make("struct task_struct", TASK, stack=STACK, thread_DOT_sp=0x123)
    kernel.make("struct task_struct", TASK, stack=STACK, thread_DOT_sp=STACK + 0x123)
    assert "0x40123 is not on the task's stack" in str(Walker(Rules()).frames_of(TASK)[1])  # type: ignore[arg-type]
    kernel.make("struct task_struct", TASK, stack=STACK, thread_DOT_sp=0x123)
    assert "0x123 is not on the task's stack" in str(Walker(Rules()).frames_of(TASK)[1])  # type: ignore[arg-type]
    assert Walker(Rules()).functions_of(TASK)[0] == ()  # type: ignore[arg-type]
    assert "cannot be read" in str(Walker(Rules()).frames_of(0xDEAD00)[1])  # type: ignore[arg-type]


def test_a_missing_page_costs_the_frames_behind_it(kernel: fake_crash.Kernel) -> None:
    low = STACK + SIZE - 4096 - 32
    kernel.make("struct task_struct", TASK, stack=STACK, thread_DOT_sp=low)
    for number, word in enumerate((0, 0, 0xA0, low + 4096)):
        kernel.write_pointer(low + 8 * number, word)
    for address in range(STACK + SIZE - 4096, STACK + SIZE):
        del kernel.memory[address]
    frames, problem = Walker(Rules()).frames_of(TASK)  # type: ignore[arg-type]
    assert frames == [] and problem is not None and "in the dump" in problem


def test_an_endless_stack_has_a_bound(kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_FRAMES", 5)
    monkeypatch.setitem(RULES, 0xA0, (orc.CALL, orc.SP, 0, 0, 0))
    frames, problem = walked(kernel, 0, 0, 0xA0)
    assert len(frames) == 5 and problem == "there are more than 5 frames"


def test_the_form_of_a_known_way(kernel: fake_crash.Kernel) -> None:
    low = STACK + SIZE - 32
    kernel.make("struct task_struct", TASK, stack=STACK, thread_DOT_sp=low)
    kernel.write_pointer(low + 16, 0xC0)
    walker = Walker(Rules())  # type: ignore[arg-type]
    assert walker.known_form(TASK) is None, "it was not walked yet"
    frames, _ = walker.frames_of(TASK)
    known = walker.known_form(TASK)
    assert known is not None
    form, words = known
    assert words.low == low and form.frames(words) == frames
    kernel.make("struct task_struct", TASK, stack=0, thread_DOT_sp=low)
    assert walker.known_form(TASK) is None, "a dead task"
