# SPDX-License-Identifier: GPL-3.0-or-later
"""Workqueues: queues, pools, workers, and works that run, are pending, inactive or delayed.

The words are the kernel's (kernel/workqueue.c): a workqueue_struct has a pool_workqueue for each CPU or NUMA node, and
each of these belongs to a worker_pool, whose workers run the works. A work is pending in its pool's list, inactive in
its pool_workqueue if the workqueue has reached max_active, or delayed in a timer.
"""

from __future__ import annotations

from contextlib import suppress

from crash import Addr, enumerator_value, error, readPtr, readSU, readSymbol, sym2addr, symbol_exists

from pykdump.c_integers import LONG_MASK
from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.crash_access import readULong
from pykdump.linux.idr import idr_for_each
from pykdump.linux.percpu import percpu_ptr
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

WORK = "struct work_struct"
MAX_QUEUES, MAX_WORKS, MAX_WORKERS = 100_000, 1_000_000, 100_000
# include/linux/workqueue.h, of v5.10 to v7.0.
FLAGS = (
    "WQ_BH", "WQ_UNBOUND", "WQ_FREEZABLE", "WQ_MEM_RECLAIM", "WQ_HIGHPRI", "WQ_CPU_INTENSIVE", "WQ_SYSFS",
    "WQ_POWER_EFFICIENT", "WQ_PERCPU", "__WQ_DESTROYING", "__WQ_DRAINING", "__WQ_ORDERED", "__WQ_LEGACY",
    "__WQ_ORDERED_EXPLICIT",
)  # fmt: skip
WORK_STRUCT_PWQ = 1 << 2  # include/linux/workqueue.h: work->data is the address of a pool_workqueue
WORKER_IDLE = 1 << 2  # kernel/workqueue.c
POOL_BH = 1 << 0  # commit 4cb1ef64609f (v6.9): its works run in a softirq; the bit was POOL_MANAGER_ACTIVE before


def workqueues() -> Iterator[StructResult]:
    """Yield each ``struct workqueue_struct`` in the order of their creation."""
    yield from readSUListFromHead("workqueues", "list", "struct workqueue_struct", maxel=MAX_QUEUES)


def workqueue_at(address: int) -> StructResult:
    """Return the ``struct workqueue_struct`` at an address."""
    return readSU("struct workqueue_struct", address)


@memoize_cond(CU_LIVE)
def _flag_bits() -> dict[str, int]:
    """Return {name: bit} of the flags that this kernel has; their enum has a name since v6.9 only."""
    values = {name: enumerator_value(name) for name in FLAGS}
    return {name: value for name, value in values.items() if value is not None}


def workqueue_flags(wq: StructResult) -> list[str]:
    """Return the flags of a ``struct workqueue_struct`` by their names: ["WQ_UNBOUND", "__WQ_ORDERED"]."""
    value = int(wq.flags)
    return [name for name, bit in _flag_bits().items() if value & bit]


def max_active(wq: StructResult) -> int:
    """Return how many works of a ``struct workqueue_struct`` may run at once on a CPU (an unbound one: in all)."""
    # v6.9 moved it from pool_workqueue; saved_max_active was there before.
    return int(wq.max_active if wq.hasField("max_active") else wq.saved_max_active)


def pool_workqueues(wq: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct pool_workqueue`` of a ``struct workqueue_struct``."""
    yield from readSUListFromHead(Addr(wq, "pwqs"), "pwqs_node", "struct pool_workqueue", maxel=MAX_QUEUES)


def in_flight(pwq: StructResult) -> int:
    """Return the number of works of a ``struct pool_workqueue`` that were queued and have not ended."""
    return sum(int(count) for count in pwq.nr_in_flight)


def inactive_works(pwq: StructResult) -> list[StructResult]:
    """Return each ``struct work_struct`` of a ``struct pool_workqueue`` that waits because of max_active."""
    # Commit f97a4a1a3f87 ("workqueue: Rename "delayed" (delayed by active management) to "inactive"", v5.15).
    name = "inactive_works" if pwq.hasField("inactive_works") else "delayed_works"
    return works_of_list(Addr(pwq, name))


def worker_pools() -> Iterator[StructResult]:
    """Yield each ``struct worker_pool`` in the order of their IDs: those of softirqs, of each CPU, of no CPU."""
    for _, entry in idr_for_each(readSymbol("worker_pool_idr")):
        yield readSU("struct worker_pool", entry)


def pool_name(pool: StructResult) -> str:
    """Return a ``struct worker_pool`` as its workers are named: "0", "0H" (nice -20), "u8" (not bound to a CPU).

    "bh0" is a pool whose works run in a softirq of that CPU.
    """
    # format_worker_id() in kernel/workqueue.c: an unbound pool shows no nice level.
    cpu = int(pool.cpu)
    if cpu < 0:
        return f"u{int(pool.id)}"
    bottom_half = bool(int(pool.flags) & POOL_BH) and symbol_exists("bh_worker_pools")
    return ("bh" if bottom_half else "") + str(cpu) + ("H" if int(pool.attrs.nice) < 0 else "")


def pool_workers(pool: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct worker`` of a ``struct worker_pool``. A pool that runs in softirq has one without a task."""
    yield from readSUListFromHead(Addr(pool, "workers"), "node", "struct worker", maxel=MAX_WORKERS)


def worker_is_idle(worker: StructResult) -> bool:
    """Return whether a ``struct worker`` waits for work."""
    return bool(int(worker.flags) & WORKER_IDLE)


def pending_works(pool: StructResult) -> list[StructResult]:
    """Return each ``struct work_struct`` that waits for a worker of a ``struct worker_pool``."""
    return works_of_list(Addr(pool, "worklist"))


def scheduled_works(worker: StructResult) -> list[StructResult]:
    """Return each ``struct work_struct`` that this ``struct worker`` runs next; barriers of a flush are among them."""
    return works_of_list(Addr(worker, "scheduled"))


def works_of_list(head: int) -> list[StructResult]:
    """Return each ``struct work_struct`` of a list whose ``struct list_head`` is at ``head``."""
    return readSUListFromHead(head, "entry", WORK, maxel=MAX_WORKS)


def work_pool_workqueue(work: StructResult) -> StructResult | None:
    """Return the ``struct pool_workqueue`` in which a ``struct work_struct`` is queued; None if it is not queued."""
    data = int(work.data.counter) & LONG_MASK
    if not data & WORK_STRUCT_PWQ:
        return None
    # The address is aligned, and flags are in the bits below. v6.9 named the number of these bits
    # WORK_STRUCT_PWQ_SHIFT; WORK_STRUCT_FLAG_BITS was it before.
    bits = enumerator_value("WORK_STRUCT_PWQ_SHIFT") or enumerator_value("WORK_STRUCT_FLAG_BITS") or 8
    return readSU("struct pool_workqueue", data >> bits << bits)


def barrier_task(work: StructResult) -> StructResult | None:
    """Return the ``struct task_struct`` that waits in flush_work() for a barrier; None if the work is no barrier.

    ``work`` is the first member of the ``struct wq_barrier`` on the stack of that task.
    """
    if int(work.func) != sym2addr("wq_barrier_func"):
        return None
    task = readSU("struct wq_barrier", int(work)).task
    return task or None


def flushers(wq: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct wq_flusher`` of a ``struct workqueue_struct``: a task in flush_workqueue(), on its stack."""
    if wq.first_flusher:
        yield wq.first_flusher
    for head in ("flusher_queue", "flusher_overflow"):
        for flusher in readSUListFromHead(Addr(wq, head), "list", "struct wq_flusher", maxel=MAX_WORKERS):
            if not wq.first_flusher or int(flusher) != int(wq.first_flusher):
                yield flusher


def watchdog_threshold() -> int:
    """Return after how many seconds without progress the kernel reports a pool (wq_watchdog_thresh); 30 by default."""
    address = sym2addr("wq_watchdog_thresh")  # only with CONFIG_WQ_WATCHDOG
    return (readULong(address) if address else 0) or 30


def stalled_jiffies(pool: StructResult, jiffies: int) -> int:
    """Return for how long a ``struct worker_pool`` has had pending works without starting one; 0 if it has none.

    This is the test of the kernel's own watchdog (wq_watchdog_timer_fn() in kernel/workqueue.c).
    """
    head = Addr(pool, "worklist")
    if readPtr(head) == head:
        return 0
    newest = int(pool.watchdog_ts)
    cpu = int(pool.cpu)
    touched = sym2addr("wq_watchdog_touched_cpu" if cpu >= 0 else "wq_watchdog_touched")
    if touched:
        with suppress(error):  # if the page is not in the dump, the pool's own time stays
            newest = max(newest, readULong(percpu_ptr(touched, cpu) if cpu >= 0 else touched))
    return max(int(jiffies) - newest, 0)


def running_works(pool: StructResult) -> Iterator[tuple[str, StructResult, StructResult]]:
    """Yield ("running" or "scheduled", ``struct work_struct``, ``struct worker``) of the busy workers of a pool."""
    for worker in pool_workers(pool):
        if worker.current_work:
            yield "running", worker.current_work, worker
        for work in scheduled_works(worker):
            yield "scheduled", work, worker


def rescuers() -> Iterator[StructResult]:
    """Yield the ``struct worker`` of each workqueue with WQ_MEM_RECLAIM, which works if its pools get no memory."""
    for wq in workqueues():
        if wq.rescuer:
            yield wq.rescuer
