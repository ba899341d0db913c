# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of processes: who is whose child."""

from __future__ import annotations

from crash import error

from pykdump.linux.tasks import Task, idle_tasks, process_leaders
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

UNREADABLE_PARENT = -1


class Node:
    """A process in the tree.

    ``parent`` is the PID of its parent, None at the top. ``last`` says for each level from the top to its own whether
    the process of that level is the last child of its parent.
    """

    __slots__ = ("last", "parent", "task")

    def __init__(self, task: Task, parent: int | None, last: tuple[bool, ...]) -> None:
        self.task = task
        self.parent = parent
        self.last = last

    @property
    def depth(self) -> int:
        """How many ancestors are shown above it."""
        return len(self.last) - 1


def thread_count(task: Task) -> int | None:
    """Return ``int signal->nr_threads`` of a process, None for a task that the kernel is releasing."""
    signal = task.ts.signal
    return int(signal.nr_threads) if signal else None


def children_of_all() -> tuple[dict[int, Task], dict[int, list[tuple[int, Task]]]]:
    """Return {PID: process} of all processes with swapper/0, and {PID: its children as (PID, process)}.

    The children are in the kernel's order.
    The parent is that of getppid(): the process of ``task->real_parent``, which is the thread that called fork(). A
    process whose parent cannot be read is reported through pylog; its parent is UNREADABLE_PARENT.
    """
    swapper = idle_tasks()[:1]
    processes = {task.pid: task for task in swapper}
    children: dict[int, list[tuple[int, Task]]] = {}
    for struct in process_leaders():
        pid = int(struct.pid)
        task = processes[pid] = Task(struct)
        try:
            parent = int(struct.real_parent.tgid)
        except (error, LookupError) as problem:
            pylog.error(f"The parent of PID {pid} cannot be read: {problem}")
            parent = UNREADABLE_PARENT
        siblings = children.get(parent)
        if siblings is None:
            siblings = children[parent] = []
        siblings.append((pid, task))
    return processes, children


def process_tree(root: int | None = None) -> Iterator[Node]:
    """Yield all processes, each one before its children; with ``root``, this process and its descendants.

    Without ``root``, the top is swapper/0 (PID 0), and processes without a known parent follow it. Raises LookupError
    if there is no process ``root``.
    """
    processes, children = children_of_all()
    if root is not None:
        if root not in processes:
            raise LookupError(f"there is no process with PID {root}")
        tops = [(root, processes[root])]
    else:
        tops = [(pid, task) for pid, task in processes.items() if pid == 0]
        tops += [each for pid, found in children.items() if pid not in processes for each in found]
    seen: set[int] = set()
    # A stack instead of recursion: a chain of processes may be longer than Python's limit.
    waiting: list[tuple[int, Task, int | None, tuple[bool, ...]]] = [
        (*each, None, (number == 0,)) for number, each in enumerate(reversed(tops))
    ]
    while waiting:
        pid, task, parent, last = waiting.pop()
        if pid in seen:  # damaged pointers may form a loop
            continue
        seen.add(pid)
        yield Node(task, parent, last)
        below = children.get(pid)
        if below:
            others = (*last, False)
            waiting.append((*below[-1], pid, (*last, True)))
            waiting += [(*child, pid, others) for child in below[-2::-1]]
