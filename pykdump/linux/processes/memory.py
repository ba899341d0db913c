# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory of processes: resident pages, swap, and SysV shared memory that they have attached."""

from __future__ import annotations

from crash import PAGESIZE, error, member_offset

from pykdump.linux.percpu import percpu_counter_sum
from pykdump.linux.processes.sysv_shm import attached
from pykdump.linux.tasks import TASK_STRUCT, Task, process_leaders
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# The order of rss_stat[], include/linux/mm_types_task.h
FILE, ANONYMOUS, SWAP, SHARED = range(4)


class Usage:
    """The memory of a ``struct mm_struct`` in pages.

    ``anonymous``, ``file`` and ``shared`` (tmpfs, SysV and other shared memory) are resident, ``swap`` is swapped out,
    ``virtual`` is the address space. ``sysv`` is how much of ``shared`` may be SysV segments: what these segments have
    in memory, but not more than ``shared``. The kernel does not count which part of a segment a process has mapped.
    """

    __slots__ = ("anonymous", "file", "shared", "swap", "sysv", "virtual")

    def __init__(self, counts: list[int], virtual: int, sysv: int = 0) -> None:
        # What the CPUs have not yet added may make a sum negative for a moment; the kernel shows 0 then.
        self.file, self.anonymous, self.swap, self.shared = (max(count, 0) for count in counts)
        self.virtual = virtual
        self.sysv = min(sysv, self.shared)

    @property
    def resident(self) -> int:
        """The resident pages: VmRSS."""
        return self.anonymous + self.file + self.shared

    @property
    def own(self) -> int:
        """The resident pages without SysV shared memory."""
        return self.resident - self.sysv


def usage(task: Task, sysv: int = 0) -> Usage | None:
    """Return the memory of a process; None for a kernel thread and a zombie, which have none.

    The counters are exact: they include what each CPU (since v6.2) or each thread (before) has not added yet.
    """
    mm = task.ts.mm
    if not mm:
        return None
    # Commit f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter", v6.2).
    if member_offset("struct mm_rss_stat", "count") < 0:
        counts = [percpu_counter_sum(counter) for counter in mm.rss_stat]
    else:
        counts = [int(counter.counter) for counter in mm.rss_stat.count]
        if member_offset(TASK_STRUCT, "rss_stat") >= 0:
            for thread in (task, *task.threads):
                counts = [total + int(own) for total, own in zip(counts, thread.ts.rss_stat.count)]
    return Usage(counts, int(mm.total_vm), sysv)


def memory_of_processes() -> Iterator[tuple[Task, Usage]]:
    """Yield (process, memory) of each process that has user memory. A damaged one is reported through pylog."""
    shared: dict[int, int] = {}
    try:
        shared = attached()
    except (error, LookupError, TypeError) as problem:
        pylog.error(f"SysV shared memory cannot be read: {problem}")
    for struct in process_leaders():
        task = Task(struct)
        try:
            found = usage(task, shared.get(int(struct.mm), 0))
        except (error, LookupError) as problem:
            pylog.error(f"The memory of PID {task.pid} cannot be read: {problem}")
            continue
        if found is not None:
            yield task, found


def kibibytes(pages: int) -> int:
    """Convert pages to KiB."""
    return pages * PAGESIZE // 1024
