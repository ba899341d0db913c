# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on workqueues under the names of the classic's module WorkQueues. They print; pykdump.linux.cpu does not."""

from __future__ import annotations

from crash import container_of, enumerator_value, error, readPtr, readS32, readSU, sym2addr

from pykdump.linux.cpu import workqueues
from pykdump.linux.cpu.bitmaps import cpumask_cpus
from pykdump.linux.cpu.timers import function_name
from pykdump.linux.percpu import percpu_ptr, possible_cpus
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from crash import StructResult

# These are computed by __getattr__() below.
_COMPUTED = ("NR_CPUS", "WORK_CPU_NONE", "WORK_CPU_UNBOUND", "cpu_possible_mask")
__all__ = [
    *_COMPUTED, "WQ_UNBOUND", "WQ_header", "cpu_to_node",
    "cpumask_to_cpulist", "for_all_cpus", "for_each_pool_worker", "for_each_pool_worker_list", "for_each_pwq",
    "get_pwq", "print_all_workqueues", "print_bdi_writeback_workfn", "print_worker_pool", "print_worklist",
    "print_wq_details", "print_wq_pwq_details",
]  # fmt: skip
WQ_UNBOUND = 2  # include/linux/workqueue.h
# Constants of the kernel that are read when a program asks for them; they are anonymous enumerators.
_READ_LATE: dict[str, Callable[[], Any]] = {
    "WORK_CPU_UNBOUND": lambda: enumerator_value("WORK_CPU_UNBOUND"),
    "WORK_CPU_NONE": lambda: enumerator_value("WORK_CPU_NONE"),
    "NR_CPUS": lambda: enumerator_value("WORK_CPU_UNBOUND"),
    "cpu_possible_mask": lambda: sym2addr("__cpu_possible_mask"),
}


def __getattr__(name: str) -> Any:
    if name in _READ_LATE:
        return _READ_LATE[name]()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def for_all_cpus() -> list[int]:
    """Return the possible CPUs."""
    return possible_cpus()


def cpumask_to_cpulist(cpumask: int) -> list[int]:
    """Return the CPUs in a ``struct cpumask *``."""
    return cpumask_cpus(int(cpumask))


def cpu_to_node(cpu: int) -> int:
    """Return the NUMA node of a CPU, 0 on a kernel without NUMA."""
    start = sym2addr("numa_node")
    return readS32(percpu_ptr(start, cpu)) if start else 0


def for_each_pwq(wq: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct pool_workqueue`` of a ``struct workqueue_struct``."""
    return workqueues.pool_workqueues(wq)


def get_pwq(wq: StructResult, cpu: int) -> StructResult:
    """Return the ``struct pool_workqueue`` of a ``struct workqueue_struct`` that takes the works of this CPU.

    Raises KeyError on a kernel that keeps it in another way.
    """
    # Commit 687a9aa56f81 ("workqueue: Make per-cpu pool_workqueues allocated and released like unbound ones", v6.6):
    # each CPU has a pointer, for unbound workqueues too.
    if wq.hasField("cpu_pwq"):
        address = readPtr(percpu_ptr(int(wq.cpu_pwq), cpu))
    elif int(wq.flags) & WQ_UNBOUND:
        address = int(wq.numa_pwq_tbl[cpu_to_node(cpu)])
    else:
        address = percpu_ptr(int(wq.cpu_pwqs), cpu)
    return readSU("struct pool_workqueue", address)


def for_each_pool_worker(pool: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct worker`` of a ``struct worker_pool``."""
    return workqueues.pool_workers(pool)


for_each_pool_worker_list = for_each_pool_worker


def WQ_header(wq: StructResult, okprint: Any = True) -> None:
    """Print name and address of a ``struct workqueue_struct`` if ``okprint`` is true."""
    if okprint:
        print(f"   {wq.name!s:-^25}   {wq!s}")
        if wq.first_flusher:
            print("        First flusher:", wq.first_flusher)


def print_worker_pool(pool: StructResult, v: int = 0) -> None:
    """Print the busy workers of a ``struct worker_pool``; with ``v`` the idle ones too."""
    for worker in for_each_pool_worker(pool):
        busy = function_name(worker.current_func) if worker.current_func else ""
        if busy or v:
            comm = worker.task.comm if worker.task else "(softirq)"
            print(f"      {worker}  {comm} {busy}")
            if busy in ("wb_workfn", "bdi_writeback_workfn"):  # v4.2 renamed it (fs/fs-writeback.c)
                print_bdi_writeback_workfn(worker.current_work)


def print_bdi_writeback_workfn(work: StructResult) -> None:
    """Print which device a ``struct work_struct`` of the writeback belongs to."""
    delayed = container_of(work, "struct delayed_work", "work")
    writeback = container_of(delayed, "struct bdi_writeback", "dwork")
    print("       -- The work writes back:")
    print("         ", writeback)
    print("         ", writeback.bdi)


def print_wq_details(wq: StructResult, v: int = 0) -> None:
    """Print a ``struct workqueue_struct`` that has work, and the pools that run it; with ``v`` 1 and 2, all."""
    shown = bool(v)
    WQ_header(wq, shown)
    for pwq in for_each_pwq(wq):
        inactive = len(workqueues.inactive_works(pwq))
        if not (v or pwq.nr_active or inactive):
            continue
        WQ_header(wq, not shown)
        shown = True
        pool = pwq.pool
        if v == 1 and pool.nr_idle == pool.nr_workers and not pwq.nr_active:
            continue
        print(f"  {pwq} active={pwq.nr_active} delayed={inactive}")
        print(f"   {pool} nr_workers={pool.nr_workers} nr_idle={pool.nr_idle}")
        print_worker_pool(pool, v)


print_wq_pwq_details = print_wq_details


def print_all_workqueues(v: int = 0) -> None:
    """Print the workqueues that have work; with ``v`` all of them."""
    print(f" {'All WorkQueues' if v else 'WorkQueues - Active only':-^70}")
    for wq in workqueues.workqueues():
        try:
            print_wq_details(wq, v)
        except (error, IndexError) as problem:
            pylog.error(f"The workqueue at {int(wq):#x} cannot be read: {problem}")


def print_worklist(worklist: StructResult) -> None:
    """Print the function of each work in a ``struct list_head``."""
    for work in workqueues.works_of_list(int(worklist)):
        print("   ", function_name(work.func))
