# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners and waiters of locks on a made-up kernel: the dump has no mutex that is held."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import kernlocks  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402
from support.fake_locks import LOCK, OWNER, WAITERS, World  # noqa: E402


@pytest.fixture
def mutex() -> World:
    return World("struct mutex", "struct mutex_waiter", "atomic_long_t", 2)


def test_a_free_mutex(mutex: World) -> None:
    mutex.own(0x7)  # flags alone
    assert kernlocks.get_mutex_owner(LOCK) is None


def test_a_mutex_of_an_old_kernel() -> None:
    world = World("struct mutex", "struct mutex_waiter", "ptr struct task_struct", 1)
    assert kernlocks.get_mutex_owner(LOCK) is None
    world.own(OWNER)
    assert kernlocks.get_mutex_owner(LOCK) == OWNER


def test_a_waiter_without_a_task_is_reported(mutex: World) -> None:
    pylog._problems.clear()
    mutex.kernel.make("struct mutex_waiter", WAITERS, task=0)
    mutex.kernel.write_pointer(WAITERS, WAITERS + 64)
    assert [int(task.pid) for task in kernlocks.get_mutex_waiters(LOCK)] == [72]
    assert any("corrupted wait_list" in str(problem) for problem in pylog._problems)
    pylog._problems.clear()


def test_waiters_in_a_ring() -> None:
    from support.fake_hangs import World as Hangs

    world = Hangs(ring=True)
    tasks = [world.task(pid) for pid in (71, 72)]
    world.lock("struct mutex", LOCK)
    assert kernlocks.get_mutex_waiters(LOCK) == []
    world.wait("struct mutex", LOCK, tasks)
    assert [int(task.pid) for task in kernlocks.get_mutex_waiters(LOCK)] == [71, 72]


@pytest.mark.parametrize("value", [0, 1, 0x40001])
def test_spinlocks(value: int) -> None:
    kernel = fake_crash.install()
    kernel.define("atomic_t", counter="s32")
    kernel.define("struct qspinlock", val="atomic_t")
    kernel.define("struct raw_spinlock", raw_lock="struct qspinlock")
    kernel.define("struct spinlock", rlock="struct raw_spinlock")
    lock = kernel.make("struct spinlock", LOCK, rlock_DOT_raw_lock_DOT_val_DOT_counter=value)
    assert kernlocks.spin_is_locked(lock) == kernlocks.spin_is_locked(lock.rlock) == bool(value)
    kernel.define("struct other", x="u32")
    with pytest.raises(KeyError):
        kernlocks.spin_is_locked(kernel.make("struct other", LOCK))
