# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks that are held and contended, on a made-up kernel: in the dump no mutex is."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import kernlocks  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402

LOCK, OWNER, WAITERS, TASKS = 0x1000, 0x2000, 0x3000, 0x4000


class World:
    """A lock of one kind with ``count`` waiters, the tasks 71, 72, ..."""

    def __init__(self, lock: str, waiter: str, owner: str, count: int) -> None:
        self.kernel = k = fake_crash.install()
        k.define("struct list_head", next="ptr struct list_head", prev="ptr struct list_head")
        k.define("struct task_struct", pid="s32", comm="char[16]", pad="u32")
        k.define("atomic_long_t", counter="s64")
        k.define(lock, owner=owner, wait_list="struct list_head")
        k.define(waiter, list="struct list_head", task="ptr struct task_struct")
        self.lock, self.waiter, self.head = lock, waiter, LOCK + k.find(lock, "wait_list")[0]
        k.make("struct task_struct", OWNER, pid=7, comm="owner")
        k.make(lock, LOCK)
        chain = [self.head]
        for number in range(count):
            task = k.make("struct task_struct", TASKS + 64 * number, pid=71 + number, comm=f"waiter-{number}")
            chain.append(int(k.make(waiter, WAITERS + 64 * number, task=int(task))))
        for here, there in zip(chain, chain[1:] + chain[:1]):
            k.write_pointer(here, there)

    def own(self, value: int) -> None:
        self.kernel.write_pointer(LOCK, value)


@pytest.fixture
def mutex() -> World:
    return World("struct mutex", "struct mutex_waiter", "atomic_long_t", 2)


@pytest.mark.parametrize("flags", [0, 1, 7])
def test_a_contended_mutex(mutex: World, flags: int, capsys: pytest.CaptureFixture[str]) -> None:
    mutex.own(OWNER | flags)
    owner, waiters = kernlocks.decode_mutex(LOCK)
    assert (owner, [int(task.pid) for task in waiters]) == (OWNER, [71, 72])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "    Waiters on this mutex:", "\t      71  waiter-0", "\t      72  waiter-1",
        "    Owner of this mutex: pid=7 cmd=owner",
    ]  # fmt: skip


def test_a_held_mutex_that_nobody_waits_for(capsys: pytest.CaptureFixture[str]) -> None:
    world = World("struct mutex", "struct mutex_waiter", "atomic_long_t", 0)
    world.own(OWNER)
    assert kernlocks.decode_mutex(LOCK) == (OWNER, [])
    assert "Waiters" not in capsys.readouterr().out


def test_a_free_mutex(mutex: World) -> None:
    mutex.own(0x7)  # flags alone
    assert kernlocks.get_mutex_owner(LOCK) is None


def test_a_mutex_of_an_old_kernel() -> None:
    world = World("struct mutex", "struct mutex_waiter", "ptr struct task_struct", 1)
    assert kernlocks.get_mutex_owner(LOCK) is None
    world.own(OWNER)
    assert kernlocks.get_mutex_owner(LOCK) == OWNER


def test_a_waiter_without_a_task_is_told(mutex: World) -> None:
    pylog._problems.clear()
    mutex.kernel.make("struct mutex_waiter", WAITERS, task=0)
    mutex.kernel.write_pointer(WAITERS, WAITERS + 64)
    assert [int(task.pid) for task in kernlocks.get_mutex_waiters(LOCK)] == [72]
    assert any("corrupted wait_list" in str(problem) for problem in pylog._problems)
    pylog._problems.clear()


def test_an_owner_that_cannot_be_read_is_told(mutex: World, capsys: pytest.CaptureFixture[str]) -> None:
    pylog._problems.clear()
    mutex.own(0x7770000)
    owner, waiters = kernlocks.decode_mutex(LOCK)
    assert (owner, len(waiters)) == (0x7770000, 2)
    assert "Owner" not in capsys.readouterr().out.partition("cannot be read")[0]
    assert any("cannot be read" in str(problem) for problem in pylog._problems)
    pylog._problems.clear()


def test_an_rw_semaphore_held_for_writing_or_reading(capsys: pytest.CaptureFixture[str]) -> None:
    world = World("struct rw_semaphore", "struct rwsem_waiter", "atomic_long_t", 2)
    world.own(OWNER)
    owner, waiters = kernlocks.decode_rwsemaphore(LOCK)
    assert (owner, [int(task.pid) for task in waiters]) == (OWNER, [71, 72])
    assert "Owner of this rw_semaphore: pid=7 cmd=owner" in capsys.readouterr().out
    world.own(OWNER | 1)
    assert kernlocks.get_rwsemaphore_owner(LOCK) is None


def test_a_semaphore(capsys: pytest.CaptureFixture[str]) -> None:
    World("struct semaphore", "struct semaphore_waiter", "u64", 2)
    assert kernlocks.decode_semaphore(LOCK) == [(71, "waiter-0"), (72, "waiter-1")]
    assert "\t      71  waiter-0\n" in capsys.readouterr().out
    assert kernlocks.decode_semaphore(LOCK, 0) == [(71, "waiter-0"), (72, "waiter-1")]
    assert capsys.readouterr().out == ""
