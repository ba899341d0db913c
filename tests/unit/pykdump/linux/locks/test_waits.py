# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of a made-up kernel wait for, with all parts together."""

from __future__ import annotations

from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import queues, waits  # noqa: E402
from pykdump.linux.locks.names import Names  # noqa: E402
from support.fake_hangs import TASK, World  # noqa: E402

LOCK, SEM, NOW = 0x5000, 0x6000, 50_000_000_000


class FakeTask:
    """What waits.py uses of Task."""

    def __init__(self, ts: Any) -> None:
        self.ts = ts
        self.state_letter = "RD"[bool(int(getattr(ts, "__state")))]
        self.pid = int(ts.pid)

    def __int__(self) -> int:
        return int(self.ts)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    found = World()
    functions = {1: ["schedule", "__mutex_lock"], 2: ["rwsem_down_read_slowpath"], 5: ["schedule_timeout", "f"]}
    monkeypatch.setattr(waits, "Task", FakeTask)
    monkeypatch.setattr(waits, "functions_of", lambda task: functions.get(task.pid % 10, ["schedule", "g"]))
    monkeypatch.setattr(waits.Clock, "__init__", lambda self: setattr(self, "now", NOW))
    monkeypatch.setattr(waits.Clock, "seconds_since_run", lambda self, task: float(task.pid))
    monkeypatch.setattr(Names, "name_of", lambda self, kind, address: f"name of {kind}")
    monkeypatch.setattr(queues, "addr2sym", lambda address, loose: None)
    return found


def test_owner_and_waiters_share_a_cause(world: World) -> None:
    owner, first, second = world.task(7), world.task(1, __state=2), world.task(11, __state=2)
    world.lock("struct mutex", LOCK, owner_DOT_counter=int(owner) | 1)
    world.wait("struct mutex", LOCK, [first, second])
    finder = waits.Waits()
    found = [finder.wait_of(task) for task in (first, second)]
    assert found[0] and found[1] and found[0].cause is found[1].cause
    assert str(found[0].cause) == "a mutex 0x5000 name of mutex"
    assert [(int(b.task), b.certainty) for b in found[0].blockers] == [(int(owner), "known")]
    assert finder.wait_of(owner) is None, "it runs"
    assert list(finder.others_in_queue(found[0].cause)) == found
    assert finder.wait_of(first) is found[0]


def test_a_reader_behind_a_writer(world: World) -> None:
    owner, writer, reader = world.task(7), world.task(12, __state=2), world.task(2, __state=2)
    world.lock("struct rw_semaphore", SEM, count_DOT_counter=1 << 8, owner_DOT_counter=int(owner) | 1)
    world.wait("struct rw_semaphore", SEM, [writer, reader], (0, 1))
    finder = waits.Waits()
    found = finder.wait_of(reader)
    assert found and found.mode == "read"
    assert [(int(b.task), b.certainty) for b in found.blockers] == [(int(owner), "hint"), (int(writer), "known")]
    first = finder.wait_of(writer)
    assert first and [int(b.task) for b in first.blockers] == [int(owner)]


def test_only_a_lock_blocks_its_owner(world: World) -> None:
    task = world.task(1, __state=2)
    world.lock("struct mutex", LOCK, owner_DOT_counter=int(task) | 1)
    world.wait("struct mutex", LOCK, [task])
    found = waits.Waits().wait_of(task)
    assert found and [int(b.task) for b in found.blockers] == [int(task)]
    found.cause.kind = "percpu-rwsem"
    assert found.blockers == (), "a writer waits for readers, not for itself"


def test_a_lock_that_is_not_found_is_said_so(world: World) -> None:
    task = world.task(1, __state=2)
    found = waits.Waits().wait_of(task)
    assert found and (found.cause.kind, found.cause.address) == ("mutex", 0)
    assert "not found on the stack" in found.cause.note
    timeout = waits.Waits().wait_of(world.task(5, __state=2))
    assert timeout and (timeout.cause.kind, timeout.cause.name) == ("timeout", "in f")
    unknown = waits.Waits().wait_of(world.task(8, __state=2))
    assert unknown and (unknown.cause.kind, unknown.cause.name) == ("unknown", "in g")


def test_an_owner_that_is_gone(world: World) -> None:
    task = world.task(1, __state=2)
    world.lock("struct mutex", LOCK, owner_DOT_counter=0xBAD000)
    world.wait("struct mutex", LOCK, [task])
    found = waits.Waits().wait_of(task)
    assert found and found.blockers == ()
    assert found.cause.note.startswith("the owner cannot be read: ")


def test_a_task_whose_stack_is_missing_costs_itself_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = world.task(8, __state=2), world.task(18, __state=2)
    world.kernel.write_pointer(int(bad) + world.kernel.find(TASK, "stack")[0], 0xBAD000)
    monkeypatch.setattr(waits, "all_tasks", lambda idle: iter([FakeTask(bad), FakeTask(good)]))
    assert [wait.task.pid for wait in waits.Waits().waiters()] == [18, 8]
