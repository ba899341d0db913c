# SPDX-License-Identifier: GPL-3.0-or-later
"""Heads of queues on a made-up kernel, damaged queues too."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import queues  # noqa: E402
from pykdump.linux.locks.stack_words import StackWords  # noqa: E402
from support.fake_hangs import World  # noqa: E402

WAKE = 0x777000


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(queues, "addr2sym", lambda address, loose: "wake" if address == WAKE else None)
    return World()


def test_the_head_is_the_first_node_that_is_no_waiter() -> None:
    world = World()
    world.kernel.link([0x1000, 0x2000, 0x3000])
    asked = []

    def is_waiter(node: int) -> bool:
        asked.append(node)
        return node != 0x1000

    heads = queues.Heads()
    assert heads.head_of(0x2000, is_waiter) == 0x1000
    assert heads.head_of(0x3000, is_waiter) == 0x1000
    assert asked == [0x3000, 0x1000], "each node is looked at once"


def test_a_ring_and_a_damaged_list_have_no_head() -> None:
    world = World()
    world.kernel.link([0x1000, 0x2000])
    assert queues.Heads().head_of(0x1000, lambda node: True) == 0
    world.kernel.write_pointer(0x3000, 0xBAD000)
    assert queues.Heads().head_of(0x3000, lambda node: True) == 0


def test_nodes_up_to_the_damage() -> None:
    world = World()
    world.kernel.link([0x1000, 0x2000, 0x3000, 0x4000])
    assert list(queues.queue_nodes(0x1000)) == [0x2000, 0x3000, 0x4000]
    world.kernel.write_pointer(0x3008, 0x9999)
    assert list(queues.queue_nodes(0x1000)) == [0x2000]


def test_entries_of_wait_queues(world: World) -> None:
    task, other = world.task(1), world.task(2)
    head = int(world.kernel.make("struct wait_queue_head", 0x6000))
    entries = world.wait_in_queue(head, [task, other], WAKE)
    stack = StackWords.of_task(task)
    assert [(int(entry), function) for entry, function in queues.wait_entries(stack, int(task))] == [
        (entries[0], "wake")
    ]
    assert list(queues.wait_entries(stack, int(other))) == []
    nodes = [entry + world.kernel.find("struct wait_queue_entry", "entry")[0] for entry in entries]
    assert queues.Heads().head_of(nodes[0], queues.is_wait_entry) == head + 8
    world.kernel.write_pointer(entries[0] + 16, 0x123)
    assert list(queues.wait_entries(stack, int(task))) == [], "this is no function"


def test_a_layout_names_what_is_missing() -> None:
    World()
    with pytest.raises(KeyError, match=r"struct wait_queue_head.*task"):
        queues.WaiterLayout("struct wait_queue_head")
