# SPDX-License-Identifier: GPL-3.0-or-later
"""Per-CPU variables on a made-up kernel with two CPUs, and on one without SMP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402
from pykdump.linux import percpu  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402
from support.fake_tasks import QUEUES, World  # noqa: E402


@pytest.fixture(params=[True, False], ids=["new", "old"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    caches.purge_memoize_cache(caches.CU_LIVE)
    yield World(request.param)
    caches.purge_memoize_cache(caches.CU_LIVE)
    pylog._problems.clear()


def test_per_cpu_addresses(world: World) -> None:
    assert percpu.get_cpu_var("runqueues") == [QUEUES + 0x100, QUEUES + 0x1100]
    assert percpu.online_cpus() == [0, 1]
    with pytest.raises(TypeError, match="no_such_variable"):
        percpu.get_cpu_var("no_such_variable")


def test_cpus_that_a_panic_has_stopped(world: World) -> None:
    for address, kind, mask in ((0x7000, "online", 0b01), (0x7100, "active", 0b11)):
        world.kernel.symbols[f"__cpu_{kind}_mask"] = address
        world.kernel.write_pointer(address, mask)
    caches.purge_memoize_cache(caches.CU_LIVE)
    assert percpu.running_cpus() == [0, 1]
    assert percpu.online_cpus() == [0]


def test_a_kernel_of_one_cpu(world: World) -> None:
    for name in [s for s in world.kernel.symbols if s.startswith("__")]:
        del world.kernel.symbols[name]
    assert percpu.possible_cpus() == [0]
    assert percpu.percpu_ptr(0x100, 0) == 0x100
