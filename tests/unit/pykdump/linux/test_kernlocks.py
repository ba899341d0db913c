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
