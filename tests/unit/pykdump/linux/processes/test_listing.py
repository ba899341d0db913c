# SPDX-License-Identifier: GPL-3.0-or-later
"""What a list of threads shows, on a made-up kernel: it equals what the tasks' own properties say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402
from pykdump.linux import tasks  # noqa: E402
from pykdump.linux.processes.listing import ThreadReader  # noqa: E402
from support.fake_tasks import TASK, World  # noqa: E402


@pytest.fixture(params=[True, False], ids=["new", "old"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    caches.purge_memoize_cache(caches.CU_LIVE)
    yield World(request.param)
    caches.purge_memoize_cache(caches.CU_LIVE)


def test_the_facts_about_threads(world: World) -> None:
    read = ThreadReader().read
    assert [read(task) for task in tasks.threads_of_processes()] == [
        (1, 1, 0, "IN", 5, 1000, "init"),
        (1, 2, 1, "UN", 702, 1000, "worker"),
        (1, 3, 1, "UN", 703, 1000, "worker"),
        (40, 40, 0, "ID", 20, 1000, "kworker/0:1"),
    ]


def test_a_task_without_credentials_on_a_cpu_without_runqueue(world: World) -> None:
    address = world.task(50, 50, "odd", 0, ms=5, cpu=7)
    world.kernel.write_pointer(address + world.kernel.find(TASK, "real_cred")[0], 0)
    assert ThreadReader().read(world.kernel.view(TASK, address)) == (50, 50, 7, "RU", 0, None, "odd")
