# SPDX-License-Identifier: GPL-3.0-or-later
"""Run queues: the tasks that wait for each CPU, by scheduling class, and the one that runs."""

from __future__ import annotations

from crash import Addr, addr2sym, container_of, member_offset, readPtr

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.trees import for_all_rbtree
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

TASK = "struct task_struct"
SE, RT_SE, DL_SE = "struct sched_entity", "struct sched_rt_entity", "struct sched_dl_entity"
MAX_TASKS = 1 << 22
MAX_GROUPS = 64  # the depth of nested groups of tasks


def queued_tasks(rq: StructResult) -> Iterator[tuple[str, StructResult]]:
    """Yield (class, ``struct task_struct``) of each task that waits in a ``struct rq``, not the one that runs.

    The classes are "dl", "rt", "fair" and "ext", in this order. Tasks of throttled groups are found too.
    """
    running = int(rq.curr)
    for name, found in (("dl", dl_tasks), ("rt", rt_tasks), ("fair", fair_tasks), ("ext", ext_tasks)):
        for task in found(rq):
            if int(task) != running:
                yield name, task


def dl_tasks(rq: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct task_struct`` of SCHED_DEADLINE in a ``struct rq``, the earliest deadline first."""
    for entity in for_all_rbtree(rq.dl.root, DL_SE, "rb_node"):
        # v6.8 (include/linux/sched.h): an entity may be the server of a whole class, and is then in no task.
        if not (entity.hasField("dl_server") and entity.dl_server):
            yield container_of(entity, TASK, "dl")


def rt_tasks(rq: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct task_struct`` of SCHED_FIFO and SCHED_RR in a ``struct rq``, the highest priority first."""
    return _rt_tasks(rq.rt, 0)


def _rt_tasks(rt_rq: StructResult, depth: int) -> Iterator[StructResult]:
    start, size = Addr(rt_rq.active, "queue"), 2 * PTR_SIZE
    for number in range(len(rt_rq.active.queue)):
        head = start + number * size
        if readPtr(head) in (head, 0):
            continue
        for entity in readSUListFromHead(head, "run_list", RT_SE, maxel=MAX_TASKS):
            # With CONFIG_RT_GROUP_SCHED an entity may be a group, which has a queue of its own.
            if entity.hasField("my_q") and entity.my_q:
                if depth < MAX_GROUPS:
                    yield from _rt_tasks(entity.my_q, depth + 1)
            else:
                yield container_of(entity, TASK, "rt")


def fair_tasks(rq: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct task_struct`` of the fair class in a ``struct rq``, in the order of its trees."""
    return _fair_tasks(rq.cfs, 0)


def _fair_tasks(cfs_rq: StructResult, depth: int) -> Iterator[StructResult]:
    if depth > MAX_GROUPS:
        return
    groups = member_offset(SE, "my_q") >= 0  # CONFIG_FAIR_GROUP_SCHED
    for entity in for_all_rbtree(cfs_rq.tasks_timeline, SE, "run_node"):
        if groups and entity.my_q:
            yield from _fair_tasks(entity.my_q, depth + 1)
        else:
            yield container_of(entity, TASK, "se")
    # The entity that runs is not in the tree (set_next_entity() in kernel/sched/fair.c), but its group has others.
    current = cfs_rq.curr
    if groups and current and current.my_q:
        yield from _fair_tasks(current.my_q, depth + 1)


def ext_tasks(rq: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct task_struct`` of sched_ext in a ``struct rq``."""
    # Commit f0e1a0643a59 ("sched_ext: Implement BPF extensible scheduler class", v6.12); CONFIG_SCHED_CLASS_EXT.
    if rq.hasField("scx"):
        for entity in readSUListFromHead(
            Addr(rq.scx, "runnable_list"), "runnable_node", "struct sched_ext_entity", maxel=MAX_TASKS
        ):
            yield container_of(entity, TASK, "scx")


def is_delayed(task: StructResult) -> bool:
    """Return whether a ``struct task_struct`` sleeps already and is still in the tree of the fair class.

    Commit 152e11f6df29 ("sched/fair: Implement delayed dequeue", v6.12).
    """
    entity = task.se
    return bool(entity.hasField("sched_delayed") and entity.sched_delayed)


def waits_ns(rq: StructResult, task: StructResult) -> int | None:
    """Return for how many ns a queued ``struct task_struct`` has waited for the CPU of a ``struct rq``.

    The clock of the run queue is the clock. None if the kernel does not note it (CONFIG_SCHED_INFO), or if the task
    is not waiting.
    """
    if not task.hasField("sched_info") or not task.sched_info.hasField("last_queued"):
        return None
    queued = int(task.sched_info.last_queued)
    return max(int(rq.clock) - queued, 0) if queued else None


def runs_ns(rq: StructResult) -> int | None:
    """Return for how many ns the current task of a ``struct rq`` has run without a pause; None as in waits_ns()."""
    current = rq.curr
    if not current.hasField("sched_info") or not current.sched_info.hasField("last_arrival"):
        return None
    arrived = int(current.sched_info.last_arrival)
    return max(int(rq.clock) - arrived, 0) if arrived else None


def current_class(rq: StructResult) -> str:
    """Return the class of the task that runs on a ``struct rq``: stop, dl, rt, fair, ext or idle; "?" if unknown."""
    # The classes are variables fair_sched_class, ext_sched_class and so on.
    name = addr2sym(int(rq.curr.sched_class)) or "?"
    return name.partition("_sched_class")[0]
