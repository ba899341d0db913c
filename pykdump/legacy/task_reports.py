# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on tasks: summaries of states, namespaces and memory, which these functions print."""

from __future__ import annotations

from crash import get_task_mem_usage, readSymbol

from pykdump.linux.tasks import TaskTable
from pykdump.pylog import pylog
from pykdump.sysinfo import sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

    from pykdump.linux.tasks import Task

SECONDS = (1, 5, 60)
NAMESPACES = ("uts_ns", "ipc_ns", "mnt_ns", "net_ns")
# {machine: {bit: name}} of the flags that are the same in all its kernels: x86 since 2.6.16, arm64 since v3.7
# (arch/{x86,arm64}/include/asm/thread_info.h).
THREAD_FLAGS = {
    "x86_64": {1: "TIF_NOTIFY_RESUME", 2: "TIF_SIGPENDING", 3: "TIF_NEED_RESCHED"},
    "aarch64": {0: "TIF_SIGPENDING", 1: "TIF_NEED_RESCHED"},
}


def _all_threads(table: TaskTable) -> list[Task]:
    """Return each thread of each process."""
    return [thread for leader in table.allTasks() for thread in (leader, *(leader.threads if leader.pid else ()))]


def tasksSummary() -> int:
    """Print how many threads ran recently and how many are in each state; return the number of threads."""
    table = TaskTable()
    threads = _all_threads(table)
    ages = [thread.Ran_ago // 1000 for thread in threads]
    print("Number of Threads That Ran Recently\n-----------------------------------")
    for seconds in SECONDS:
        label = "second" if seconds == 1 else f"{seconds:3}s"
        print(f"   last {label:>6}   {sum(age <= seconds for age in ages):5d}")
    print("\n ----- Total Numbers of Threads per State ------")
    counts: dict[str, int] = {}
    for thread in threads:
        counts[thread.state] = counts.get(thread.state, 0) + 1
    for state in sorted(counts):
        print(f"  {state:<40}  {counts[state]:4d}")
    print()
    own = len(_in_namespaces(table))
    if own:
        pylog.warning(f"There are {own} processes running in namespaces of their own.")
    return len(threads)


def decode_tflags(flags: int, offset: int = 0) -> None:
    """Print the bits that are set in ``thread_info.flags``, with the names that are the same in all kernels."""
    names = THREAD_FLAGS.get(sys_info.machine, {})
    for bit in range(int(flags).bit_length()):
        if flags >> bit & 1:
            print(" " * offset, f"bit {bit}", names.get(bit, ""))


def _in_namespaces(table: TaskTable) -> list[Task]:
    """Return the processes whose ``nsproxy`` is not the initial one. A zombie has no nsproxy and is left out."""
    first = int(readSymbol("init_task").nsproxy)
    return [task for task in table.allTasks() if task.nsproxy and int(task.nsproxy) != first]


def print_namespaces_info(tt: TaskTable, v: int = 0) -> None:
    """Print the processes that are not in the initial namespaces, and which namespaces differ."""
    first = readSymbol("init_task").nsproxy
    groups: dict[StructResult, list[Task]] = {}
    for task in _in_namespaces(tt):
        groups.setdefault(task.nsproxy, []).append(task)
    if not groups:
        return
    print(f"  {'Non-standard Namespaces':*^60}")
    for nsproxy, tasks in groups.items():
        print(f"      {nsproxy!s:.^50}")
        print("     ", [name for name in NAMESPACES if int(getattr(nsproxy, name)) != int(getattr(first, name))])
        for task in tasks:
            print("\t", task)
    print_pid_namespaces(tt, v)


def print_pid_namespaces(tt: TaskTable, v: int = 0) -> None:
    """Print the processes of each PID namespace except the initial one; with ``v`` also their PIDs inside."""
    for namespace, tasks in tt.pidnamespaces.items():
        print(f"  {namespace} level={int(namespace.level)} parent={int(namespace.parent):#x}")
        for task in tasks:
            pids = task.ns_pids()
            print(f"    PID={pids[0]}" + (f"{pids[1:]}" if v else ""), f"CMD={task.comm}")


def print_memory_stats(ntop: int = 8) -> None:
    """Print the ``ntop`` processes with the most resident memory, and the sum of all processes."""
    sizes = [(get_task_mem_usage(int(task))[1], task) for task in tt_processes()]
    print(f" ==== First {ntop} Tasks Reverse-sorted by RSS only ====")
    for rss, task in sorted(sizes, key=lambda row: -row[0])[:ntop]:
        print(f"   PID={task.pid:6d} CMD={task.comm:15s} RSS={rss / 2**20:5.3f} Gb")
    print(f"\n === Total Memory in RSS {sum(rss for rss, _ in sizes) / 2**20:6.3f} Gb")


def tt_processes() -> list[Task]:
    """Return the leaders of the processes that have user memory; kernel threads have none."""
    return [task for task in TaskTable().allTasks() if task.mm]
