# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of all threads on a made-up kernel: the same as each Task gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402
from pykdump.linux import tasks  # noqa: E402
from pykdump.linux.processes.thread_facts import ThreadFacts, ThreadReader, thread_facts  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402
from support.fake_tasks import TASK, World  # noqa: E402


@pytest.fixture(params=[True, False], ids=["new", "old"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    caches.purge_memoize_cache(caches.CU_LIVE)
    yield World(request.param)
    caches.purge_memoize_cache(caches.CU_LIVE)
    pylog._problems.clear()


def test_the_facts_about_threads(world: World) -> None:
    assert [facts[1:] for facts in thread_facts() if facts.pid] == [
        (1, 1, 0, "IN", 5, 1000, "init"),
        (1, 2, 1, "UN", 702, 1000, "worker"),
        (1, 3, 1, "UN", 703, 1000, "worker"),
        (40, 40, 0, "ID", 20, 1000, "kworker/0:1"),
    ]


def test_they_are_those_of_the_tasks(world: World) -> None:
    found = list(thread_facts())
    assert len(found) == 6
    for facts, task in zip(found, tasks.all_tasks()):
        assert int(facts) == int(task)
        for name in ("pid", "comm", "cpu", "state_code", "Ran_ago"):
            assert getattr(facts, name) == getattr(task, name), name


def test_a_task_without_credentials_on_a_cpu_without_runqueue(world: World) -> None:
    address = world.task(50, 50, "odd", 0, ms=5, cpu=7)
    world.kernel.write_pointer(address + world.kernel.find(TASK, "real_cred")[0], 0)
    found = ThreadReader().read(world.kernel.view(TASK, address))
    assert found == ThreadFacts(address, 50, 50, 7, "RU", 0, None, "odd")


def test_a_damaged_task_costs_itself(world: World) -> None:
    place = world.init[1] + world.kernel.find(TASK, "sched_info")[0]
    for address in range(place, place + 8):
        del world.kernel.memory[address]
    assert [facts.pid for facts in thread_facts()] == [0, 0, 1, 3, 40]
    assert f"{world.init[1]:#x} cannot be read" in str(pylog._problems)
