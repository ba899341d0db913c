# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel stacks that overflowed, or nearly did."""

from __future__ import annotations

from crash import error, member_offset, readU64, struct_size

from pykdump.linux.locks.stack_words import saved_pointer, stack_size
from pykdump.linux.tasks import TASK_STRUCT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pykdump.linux.tasks import Task

STACK_END_MAGIC = 0x57AC6E9D  # include/uapi/linux/magic.h; set_task_stack_end_magic() in kernel/fork.c
NEARLY_FULL_BYTES = 1024


class StackUse:
    """The kernel stack of a thread: ``free`` bytes below its stack pointer, and whether its end is ``overwritten``."""

    __slots__ = ("free", "overwritten", "size", "task")

    def __init__(self, task: Task, size: int, free: int | None, overwritten: bool) -> None:
        self.task = task
        self.size = size
        self.free = free
        self.overwritten = overwritten

    @property
    def nearly_full(self) -> bool:
        """Whether less than NEARLY_FULL_BYTES are free."""
        return self.free is not None and self.free < NEARLY_FULL_BYTES


def _end_offset() -> int:
    """Return where the magic number is above the bottom of a stack: end_of_stack() in include/linux/sched/task_stack.h.

    Since commit c65eacbe290b (v4.9) ``struct thread_info`` may be in the task instead.
    """
    return 0 if member_offset(TASK_STRUCT, "thread_info") >= 0 else struct_size("struct thread_info")


def stack_uses(tasks: Iterable[Task]) -> Iterator[StackUse]:
    """Yield the use of each thread's kernel stack. swapper/0 has no magic number before v6.4 and is left out.

    ``free`` is None for a running thread, whose saved stack pointer is old.
    """
    size, end = stack_size(), _end_offset()
    for task in tasks:
        if not task.pid:
            continue
        bottom = int(task.ts.stack)
        if not bottom:
            continue  # a dead thread whose stack was freed
        try:
            magic = readU64(bottom + end)
        except error:
            continue
        pointer = saved_pointer(task.ts, bottom, size)
        free = pointer - bottom - end if pointer != bottom and not task.ts.on_cpu else None
        yield StackUse(task, size, free, magic != STACK_END_MAGIC)
