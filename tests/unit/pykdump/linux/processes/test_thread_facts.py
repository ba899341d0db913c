# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of all threads on a made-up kernel: the same as each Task gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402
from pykdump.linux import tasks  # noqa: E402
from pykdump.linux.processes.thread_facts import ThreadFacts, thread_facts  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402
from support.fake_tasks import World  # noqa: E402


@pytest.fixture
def world() -> Iterator[World]:
    caches.purge_memoize_cache(caches.CU_LIVE)
    yield World()
    caches.purge_memoize_cache(caches.CU_LIVE)
    pylog._problems.clear()


def test_they_are_those_of_the_tasks(world: World) -> None:
    found = list(thread_facts())
    assert len(found) == 6
    for facts, task in zip(found, tasks.all_tasks()):
        assert int(facts) == int(task)
        for name in ("pid", "comm", "cpu", "state_letter", "state_code", "Ran_ago"):
            assert getattr(facts, name) == getattr(task, name), name
    assert found[3] == ThreadFacts(world.init[1], 2, "worker", 1, "D", 702)


def test_a_damaged_task_costs_itself(world: World) -> None:
    place = world.init[1] + world.kernel.find(tasks.TASK_STRUCT, "sched_info")[0]
    for address in range(place, place + 8):
        del world.kernel.memory[address]
    assert [facts.pid for facts in thread_facts()] == [0, 0, 1, 3, 40]
    assert f"{world.init[1]:#x} cannot be read" in str(pylog._problems)
