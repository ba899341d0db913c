# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on locks that are held and contended, on a made-up kernel: the dump has no such mutex."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import lock_reports  # noqa: E402
from pykdump.linux import kernlocks  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402
from support.fake_locks import LOCK, OWNER, World  # noqa: E402


@pytest.fixture
def mutex() -> World:
    return World("struct mutex", "struct mutex_waiter", "atomic_long_t", 2)


@pytest.mark.parametrize("flags", [0, 1, 7])
def test_a_contended_mutex(mutex: World, flags: int, capsys: pytest.CaptureFixture[str]) -> None:
    mutex.own(OWNER | flags)
    owner, waiters = lock_reports.decode_mutex(LOCK)
    assert (owner, [int(task.pid) for task in waiters]) == (OWNER, [71, 72])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "    Waiters on this mutex:", "\t      71  waiter-0", "\t      72  waiter-1",
        "    Owner of this mutex: pid=7 cmd=owner",
    ]  # fmt: skip


def test_a_held_mutex_that_nobody_waits_for(capsys: pytest.CaptureFixture[str]) -> None:
    world = World("struct mutex", "struct mutex_waiter", "atomic_long_t", 0)
    world.own(OWNER)
    assert lock_reports.decode_mutex(LOCK) == (OWNER, [])
    assert "Waiters" not in capsys.readouterr().out


def test_an_owner_that_cannot_be_read_is_reported(mutex: World, capsys: pytest.CaptureFixture[str]) -> None:
    pylog._problems.clear()
    mutex.own(0x7770000)
    owner, waiters = lock_reports.decode_mutex(LOCK)
    assert (owner, len(waiters)) == (0x7770000, 2)
    assert "Owner" not in capsys.readouterr().out.partition("cannot be read")[0]
    assert any("cannot be read" in str(problem) for problem in pylog._problems)
    pylog._problems.clear()


def test_an_rw_semaphore_held_for_writing_or_reading(capsys: pytest.CaptureFixture[str]) -> None:
    world = World("struct rw_semaphore", "struct rwsem_waiter", "atomic_long_t", 2)
    world.own(OWNER)
    owner, waiters = lock_reports.decode_rwsemaphore(LOCK)
    assert (owner, [int(task.pid) for task in waiters]) == (OWNER, [71, 72])
    assert "Owner of this rw_semaphore: pid=7 cmd=owner" in capsys.readouterr().out
    world.own(OWNER | 1)
    assert kernlocks.get_rwsemaphore_owner(LOCK) is None


def test_a_semaphore(capsys: pytest.CaptureFixture[str]) -> None:
    World("struct semaphore", "struct semaphore_waiter", "u64", 2)
    assert lock_reports.decode_semaphore(LOCK) == [(71, "waiter-0"), (72, "waiter-1")]
    assert "\t      71  waiter-0\n" in capsys.readouterr().out
    assert lock_reports.decode_semaphore(LOCK, 0) == [(71, "waiter-0"), (72, "waiter-1")]
    assert capsys.readouterr().out == ""
