# SPDX-License-Identifier: GPL-3.0-or-later
"""Workqueues on several ages of kernels: names of pools, works that wait, pools that are stuck."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.caches import purge_memoize_cache  # noqa: E402
from pykdump.linux.cpu import workqueues  # noqa: E402

POOL, ATTRS, WORK, PWQ = 0x1000, 0x2000, 0x3000, 0x4200


def pool_of(kernel: fake_crash.Kernel, **values: int) -> object:
    kernel.define("struct workqueue_attrs", nice="s32")
    kernel.define("struct list_head", next="ptr", prev="ptr")
    kernel.define(
        "struct worker_pool", cpu="s32", id="s32", flags="u32", watchdog_ts="u64", worklist="struct list_head",
        attrs="ptr struct workqueue_attrs",
    )  # fmt: skip
    kernel.make("struct workqueue_attrs", ATTRS, nice=values.pop("nice", 0))
    pool = kernel.make("struct worker_pool", POOL, attrs=ATTRS, **values)
    head = POOL + kernel.find("struct worker_pool", "worklist")[0]
    kernel.link([head])
    return pool


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"cpu": 0}, "0"),
        ({"cpu": 3, "nice": -20}, "3H"),
        ({"cpu": -1, "id": 8}, "u8"),
        ({"cpu": -1, "id": 9, "nice": -20}, "u9"),
        ({"cpu": 1, "flags": 1}, "1"),  # POOL_MANAGER_ACTIVE of a kernel without softirq pools
    ],
)
def test_names_of_pools(values: dict[str, int], name: str) -> None:
    kernel = fake_crash.install()
    assert workqueues.pool_name(pool_of(kernel, **values)) == name  # type: ignore[arg-type]


def test_a_pool_of_softirqs() -> None:
    kernel = fake_crash.install()
    kernel.symbols["bh_worker_pools"] = 0x8000
    assert workqueues.pool_name(pool_of(kernel, cpu=1, flags=1, nice=-20)) == "bh1H"  # type: ignore[arg-type]


def test_a_pool_is_stuck_only_if_works_are_pending() -> None:
    kernel = fake_crash.install()
    pool = pool_of(kernel, watchdog_ts=1000)
    assert workqueues.stalled_jiffies(pool, 9000) == 0  # type: ignore[arg-type]
    kernel.write(WORK + 8, bytes(16))
    kernel.link([POOL + kernel.find("struct worker_pool", "worklist")[0], WORK + 8])
    assert workqueues.stalled_jiffies(pool, 9000) == 8000  # type: ignore[arg-type]
    # The watchdog was told later that this CPU is alive.
    kernel.symbols["wq_watchdog_touched_cpu"] = 0x7000
    kernel.write_pointer(0x7000, 4000)
    assert workqueues.stalled_jiffies(pool, 9000) == 5000  # type: ignore[arg-type]


def test_the_limit_of_the_watchdog() -> None:
    kernel = fake_crash.install()
    assert workqueues.watchdog_threshold() == 30
    kernel.symbols["wq_watchdog_thresh"] = 0x7000
    kernel.write_pointer(0x7000, 10)
    assert workqueues.watchdog_threshold() == 10


@pytest.mark.parametrize("name", ["WORK_STRUCT_PWQ_SHIFT", "WORK_STRUCT_FLAG_BITS"])
def test_where_a_work_is_queued(name: str) -> None:
    kernel = fake_crash.install()
    kernel.enums["enum"] = {name: 8}
    kernel.define("atomic_long_t", counter="s64")
    kernel.define("struct work_struct", data="atomic_long_t")
    kernel.define("struct pool_workqueue", nr_active="s32")
    queued = kernel.make("struct work_struct", WORK, data_DOT_counter=PWQ | 0b101)
    found = workqueues.work_pool_workqueue(queued)
    assert found is not None
    assert int(found) == PWQ
    idle = kernel.make("struct work_struct", WORK, data_DOT_counter=0x7FFF_FFE0 << 5)
    assert workqueues.work_pool_workqueue(idle) is None


@pytest.mark.parametrize("name", ["inactive_works", "delayed_works"], ids=["5.15", "5.10"])
def test_works_that_wait_for_others(name: str) -> None:
    kernel = fake_crash.install()
    kernel.define("struct list_head", next="ptr", prev="ptr")
    kernel.define("struct work_struct", data="u64", entry="struct list_head", func="ptr")
    kernel.define("struct pool_workqueue", **{name: "struct list_head"})
    pwq = kernel.make("struct pool_workqueue", PWQ)
    kernel.make("struct work_struct", WORK)
    kernel.link([PWQ, WORK + 8])
    assert [int(work) for work in workqueues.inactive_works(pwq)] == [WORK]


@pytest.mark.parametrize("name", ["max_active", "saved_max_active"], ids=["6.9", "6.1"])
def test_how_many_works_may_run(name: str) -> None:
    kernel = fake_crash.install()
    kernel.define("struct workqueue_struct", **{name: "s32"})
    assert workqueues.max_active(kernel.make("struct workqueue_struct", WORK, **{name: 4})) == 4


def test_flags() -> None:
    kernel = fake_crash.install()
    kernel.define("struct workqueue_struct", flags="u32")
    wq = kernel.make("struct workqueue_struct", WORK, flags=0x20002)
    purge_memoize_cache(-1)
    kernel.enums["enum wq_flags"] = {
        "WQ_UNBOUND": 2,
        "WQ_FREEZABLE": 4,
        "__WQ_ORDERED": 0x20000,
        "__WQ_BH_ALLOWS": 0x11,
    }
    assert workqueues.workqueue_flags(wq) == ["WQ_UNBOUND", "__WQ_ORDERED"]
