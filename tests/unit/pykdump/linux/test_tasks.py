# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks on a made-up kernel, in an old layout and in a new one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402
from pykdump.linux import tasks  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402
from support.fake_tasks import OLD_STATES, SIGNALS, TASK, World  # noqa: E402


@pytest.fixture(params=[True, False], ids=["new", "old"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    caches.purge_memoize_cache(caches.CU_LIVE)
    yield World(request.param)
    caches.purge_memoize_cache(caches.CU_LIVE)
    pylog._problems.clear()


def test_every_thread_is_found_once(world: World) -> None:
    found = [(t.tgid, t.pid, t.comm, t.cpu) for t in tasks.all_tasks()]
    assert found == [
        (0, 0, "swapper/0", 0), (0, 0, "swapper/1", 1), (1, 1, "init", 0), (1, 2, "worker", 1), (1, 3, "worker", 1),
        (40, 40, "kworker/0:1", 0),
    ]  # fmt: skip
    assert [t.pid for t in tasks.all_tasks(idle=False)] == [1, 2, 3, 40]
    assert pylog._problems == {}


def test_the_lists_are_read_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = [int(task) for task in tasks.all_tasks()]
    monkeypatch.setattr(tasks, "_group", lambda *_arguments: pytest.fail("it is known"))
    assert [int(task) for task in tasks.all_tasks()] == first
    assert [int(task) for task in tasks.all_tasks(idle=False)] == first[2:]


def test_an_unfinished_listing_is_not_remembered(world: World) -> None:
    assert next(tasks.all_tasks(idle=False)).pid == 1
    assert [task.pid for task in tasks.all_tasks(idle=False)] == [1, 2, 3, 40]


def test_a_damaged_list_is_reported_each_time(world: World) -> None:
    world.kernel.write_pointer(world.init[0] + world.kernel.find(TASK, "tasks")[0], 0xDEAD0000)
    for count in (1, 2):
        assert 1 in [task.pid for task in tasks.all_tasks(idle=False) if int(task) in world.init]
        assert set(pylog._problems.values()) == {count}


def test_what_a_task_says_of_itself(world: World) -> None:
    init, worker = [t for t in tasks.all_tasks() if t.tgid == 1][:2]
    assert (init.state_letter, init.state_code, init.state) == ("S", "IN", "TASK_INTERRUPTIBLE")
    assert (worker.state_letter, worker.state_code) == ("D", "UN")
    assert (init.uid, init.Ran_ago, worker.Ran_ago) == (1000, 5, 702)
    assert int(init) == world.init[0]
    assert init.signal == SIGNALS + 0x100
    with pytest.raises(KeyError):
        _ = init.no_such_field


def test_the_table_finds_tasks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "structSetAttr", lambda *args: True)
    table = tasks.TaskTable()
    assert [t.pid for t in table.allTasks()] == [0, 1, 40]
    assert [t.pid for t in table.allThreads()] == [0, 1, 2, 3, 40]
    assert table.getByTid(3).comm == "worker"  # type: ignore[union-attr]
    assert table.getByPid(3) is None
    assert [t.pid for t in table.getByPid(1).threads] == [2, 3]  # type: ignore[union-attr]
    assert [t.pid for t in table.getByComm("init")] == [1]
    assert [t.pid for t in table.getThreadsByComm("init")] == [1, 2, 3]
    assert list(table.tids) == [0, 1, 2, 3, 40]
    assert {comm: [t.pid for t in found] for comm, found in table.comms.items()} == {
        "swapper/0": [0], "init": [1], "kworker/0:1": [40]
    }  # fmt: skip
    assert str(table.getByPid(1)) == f"PID=1 <struct task_struct {world.init[0]:#x}> CMD=init"
    assert list(table.runqueues) == [0, 1]
    assert len(tasks.getRunQueues()) == 2


def test_a_group_being_released_is_its_leader(world: World) -> None:
    offset = world.kernel.find(TASK, "signal")[0]
    world.kernel.write_pointer(world.init[0] + offset, 0)
    expected = [1, 40] if world.new else [1, 2, 3, 40]
    assert [t.pid for t in tasks.all_tasks(idle=False)] == expected


@pytest.mark.parametrize(
    ("state", "exit_state", "letter"),
    [(0, 0, "R"), (1, 0, "S"), (2, 0, "D"), (0x102, 0, "D"), (0x402, 0, "I"), (4, 0, "T"), (8, 0, "t"),
     (0x40, 0, "P"), (0x80, 0x20, "Z"), (0x80, 0x10, "X"), (0x1000, 0, "D"), (0x8000, 0, "D"), (0x2001, 0, "S")],
)  # fmt: skip
def test_states_of_new_kernels(state: int, exit_state: int, letter: str) -> None:
    assert tasks.StateTable("RSDTtXZPI").letter(state, exit_state) == letter


@pytest.mark.parametrize(
    ("state", "exit_state", "letter"), [(0, 0, "R"), (1, 0, "S"), (64, 16, "Z"), (64, 32, "X"), (0x82, 0, "D")]
)
def test_states_of_old_kernels(state: int, exit_state: int, letter: str) -> None:
    assert tasks.StateTable("".join(s[0] for s in OLD_STATES)).letter(state, exit_state) == letter


def test_state_values_are_the_kernels(world: World) -> None:
    states = tasks.TASK_STATE
    assert states["EXIT_ZOMBIE"] == (32 if world.new else 16)
    assert states["TASK_UNINTERRUPTIBLE"] == 2


def test_without_the_kernels_table_the_newest_is_taken(world: World) -> None:
    del world.kernel.variables["task_state_array"]
    assert tasks.StateTable.of_kernel().letters == "RSDTtXZP"
