# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a made-up stack, and lists that lead out of it."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import stack_words  # noqa: E402
from support.fake_hangs import SP, STACK_SIZE, World  # noqa: E402


@pytest.fixture
def world() -> World:
    return World()


def test_only_the_live_words_are_read(world: World) -> None:
    task = world.task(1)
    world.kernel.write_pointer(int(task.stack) + SP - 8, 0x1234)
    world.kernel.write_pointer(world.place(task, 8), 0x1234)
    world.kernel.write_pointer(world.place(task, 0x80), 0x1234)
    stack = stack_words.StackWords.of_task(task)
    assert (stack.start, stack.end) == (int(task.stack) + SP, int(task.stack) + STACK_SIZE)
    assert list(stack.places(0x1234)) == [world.place(task, 8), world.place(task, 0x80)]
    assert list(stack.places(0x777)) == []


def test_a_pointer_outside_the_stack_gives_the_whole_stack(world: World) -> None:
    task = world.task(1)
    world.kernel.write_pointer(int(task) + world.kernel.find(stack_words.TASK, "thread.sp")[0], 0x10)
    assert stack_words.StackWords.of_task(task).start == int(task.stack)


def test_a_missing_stack_is_an_error(world: World) -> None:
    task = world.task(1)
    world.kernel.write_pointer(int(task) + world.kernel.find(stack_words.TASK, "stack")[0], 0xBAD000)
    with pytest.raises(fake_crash.CrashError):
        stack_words.StackWords.of_task(task)


def test_linked_means_that_both_neighbours_point_back(world: World) -> None:
    world.kernel.link([0x1000, 0x2000, 0x3000])
    assert stack_words.is_linked(0x2000)
    world.kernel.write_pointer(0x3008, 0x1000)
    assert not stack_words.is_linked(0x2000)
    world.kernel.link([0x5000])
    assert not stack_words.is_linked(0x5000), "an empty list"
    assert not stack_words.is_linked(0xBAD000)


def test_a_node_on_the_stack_of_its_task(world: World) -> None:
    task, other = world.task(1), world.task(2)
    assert stack_words.is_on_own_stack(world.place(task), int(task))
    assert not stack_words.is_on_own_stack(world.place(task), int(other))
    assert not stack_words.is_on_own_stack(world.place(task), 0xBAD000)
