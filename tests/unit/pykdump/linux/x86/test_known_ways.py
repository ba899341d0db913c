# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks with the same way: what is found of the later ones is what recover() finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.caches import CU_LIVE, purge_memoize_cache  # noqa: E402
from pykdump.linux.unwind.frames import Frame, Stack  # noqa: E402
from pykdump.linux.x86 import entry_registers, known_ways  # noqa: E402
from pykdump.linux.x86.entry_registers import Entry, Known, word  # noqa: E402

STACK = 0x40000
CALLS: list[int] = []
MANY = known_ways.SEEN_BEFORE_TRACED + 12


def recovered(stack: Stack, read: Callable[[int, int], int | None] = word) -> list[Entry]:
    """Read a word of the stack, what it points to if it is even, and add up some inputs."""
    CALLS.append(1)
    first, second = stack.frames
    pointer = read(first.cfa - 16, 8) or 0
    content = read(pointer, 8) if not pointer & 1 else None
    found = {"di": Known(pointer, 8, True), "bx": Known((first.registers["bx"] + 1) & 0xFF, 1, True)}
    if content is not None:
        found["si"] = Known(content, 8, False)
    return [
        Entry(first, 0x100, found, lambda number: Known(number, 8, True)),
        Entry(second, None, {"r8": Known(stack.task, 8, True)}, lambda number: None),
    ]


@pytest.fixture(autouse=True)
def kernel(monkeypatch: pytest.MonkeyPatch) -> fake_crash.Kernel:
    kernel = fake_crash.install()
    purge_memoize_cache(CU_LIVE)
    monkeypatch.setattr(entry_registers, "recover", recovered)
    CALLS.clear()
    return kernel


def stack(number: int, pointer: int, kernel: fake_crash.Kernel, **more: object) -> Stack:
    cfa = STACK + 0x100 * number + 0x40
    kernel.write_pointer(cfa - 16, pointer)
    inner = Frame("f", 1, None, 0x101, 0, cfa, False, {"ip": 0x101, "bx": 0xF8 + number}, None)
    outer = Frame("g", 2, None, 0x202, 0, 0, False, {"ip": 0x202}, None)
    return Stack(0x777000 + number, number, 0, "task", (inner, outer), "orc", None)._replace(**more)  # type: ignore[arg-type]


def plain(entries: list[Entry]) -> list[object]:
    return [(entry.frame, entry.start, dict(entry.registers)) for entry in entries]


def test_later_stacks_are_recovered_without_looking_at_code(kernel: fake_crash.Kernel) -> None:
    for number in range(MANY):
        kernel.write_pointer(0x50000 + 8 * number, 0x1_0000_0000 + number)
        each = stack(number, 0x50000 + 8 * number, kernel)
        found = known_ways.recover(each)
        assert plain(found) == plain(recovered(each))
        assert all(type(known.value) is int for entry in found for known in entry.registers.values())
    assert len(CALLS) < 2 * MANY - 8, "some were repeated"
    argument = found[0].stack_argument(5)
    assert argument is not None and argument.value == 5


def test_another_answer_is_recovered_anew(kernel: fake_crash.Kernel) -> None:
    """Odd pointers are not followed: they get a plan of their own after a while. Missing memory is asked for."""
    kernel.write_pointer(0x50000, 1)
    for number in range(3 * MANY):
        pointer = (0x50000, 0x50001, 0x60000)[number % 3]
        each = stack(number, pointer, kernel)
        assert plain(known_ways.recover(each)) == plain(recovered(each))
    assert len(CALLS) < 5 * MANY, "some were repeated"


class Form:
    """Instead of a FrameForm: it gives the frames of the stack itself."""

    def frames(self, words: Stack) -> list[Frame]:
        return list(words.frames)

    def first(self, words: Stack) -> tuple[int, Mapping[str, int]]:
        return words.frames[0].cfa, words.frames[0].registers


def test_values_without_frames_are_those_of_the_registers(kernel: fake_crash.Kernel) -> None:
    known, form, plans = known_ways.KnownForms(), Form(), []
    for number in range(3 * MANY):
        each = stack(number, (0x50000, 0x50001)[number % 2], kernel)
        kernel.write_pointer(0x50000, number)
        found = known.values(each.task, form, each)  # type: ignore[arg-type]
        entries = known_ways.recover(each)
        if found is not None:
            plan, values = found
            plans.append(plan)
            assert list(values) == [value.value for entry in entries for value in entry.registers.values()]
            assert plan.starts == [entry.start for entry in entries]
    assert len(plans) > MANY and len(set(plans)) == 2, "each kind of pointer has a plan"


def test_a_missing_page_has_no_values(kernel: fake_crash.Kernel) -> None:
    known, form = known_ways.KnownForms(), Form()
    kernel.write_pointer(0x50000, 2)
    for number in range(MANY):
        known_ways.recover(stack(number, 0x50000, kernel))
    assert known.values(1, form, stack(1, 0x50000, kernel)) is not None  # type: ignore[arg-type]
    assert known.values(1, form, stack(1, 0x60000, kernel)) is None  # type: ignore[arg-type]


def test_a_stack_whose_registers_do_not_follow_has_no_values(kernel: fake_crash.Kernel) -> None:
    usual = stack(1, 0x50000, kernel)
    changed = usual._replace(frames=(usual.frames[0]._replace(cfa=0), usual.frames[1]))
    assert known_ways.KnownForms().values(1, Form(), changed) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("case", ["bt", "exact", "no CFA", "no frames"])
def test_other_stacks_are_not_repeated(kernel: fake_crash.Kernel, case: str) -> None:
    usual = stack(1, 0x50000, kernel)
    first, second = usual.frames
    changed = {
        "bt": usual._replace(source="bt"),
        "exact": usual._replace(frames=(first, second._replace(exact=True))),
        "no CFA": usual._replace(frames=(first._replace(cfa=0), second)),
        "no frames": usual._replace(frames=()),
    }[case]
    assert known_ways._way_of(usual) is not None
    assert known_ways._way_of(changed) is None
