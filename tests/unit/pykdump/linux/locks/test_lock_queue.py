# SPDX-License-Identifier: GPL-3.0-or-later
"""From waiters to locks and back, in both layouts of the queues."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import lock_queue  # noqa: E402
from pykdump.linux.locks.stack_words import StackWords  # noqa: E402
from support.fake_hangs import LOCKS, TASK, World  # noqa: E402

LOCK, OTHER = 0x5000, 0x6000


@pytest.fixture(params=[False, True], ids=["list", "ring"])
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def found(finder: lock_queue.LockFinder, task: fake_crash.StructResult) -> int | None:
    result = finder.find(task, StackWords.of_task(task))
    return result[0] if result else None


@pytest.mark.parametrize("name", LOCKS)
def test_each_waiter_leads_to_its_lock(world: World, name: str) -> None:
    assert lock_queue.has_ring(name) == world.ring
    tasks = [world.task(pid) for pid in (1, 2, 3)]
    for address, group in ((LOCK, tasks[:2]), (OTHER, tasks[2:])):
        world.lock(name, address)
        world.wait(name, address, group)
        if world.ring:  # the functions that wait have the lock in their frames
            for task in group:
                world.kernel.write_pointer(world.place(task, 0x100), address)
    assert [found(lock_queue.LockFinder(name), task) for task in tasks] == [LOCK, LOCK, OTHER]
    assert [int(task) for task in lock_queue.queued_tasks(name, LOCK)] == [int(task) for task in tasks[:2]]
    assert lock_queue.queued_tasks(name, 0xBAD000) == []


def test_an_old_waiter_on_the_stack_does_not_count(world: World) -> None:
    task = world.task(1)
    world.lock("struct mutex", LOCK)
    world.kernel.make("struct mutex_waiter", world.place(task), task=int(task), list_DOT_next=LOCK, list_DOT_prev=LOCK)
    assert found(lock_queue.LockFinder("struct mutex"), task) is None


def test_the_kernels_own_record() -> None:
    world = World()
    task = world.task(1, blocker=LOCK | 2)
    assert list(lock_queue.recorded_locks(task)) == [LOCK]
    world.kernel.layouts[TASK].pop("blocker")
    assert list(lock_queue.recorded_locks(task)) == []


def test_a_ring_needs_no_lock_on_the_stack_if_the_kernel_recorded_it() -> None:
    world = World(ring=True)
    tasks = [world.task(pid, blocker=LOCK | 3) for pid in (1, 2)]
    world.lock("struct rw_semaphore", LOCK)
    world.wait("struct rw_semaphore", LOCK, tasks)
    assert [found(lock_queue.LockFinder("struct rw_semaphore"), task) for task in tasks] == [LOCK, LOCK]
