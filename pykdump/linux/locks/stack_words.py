# SPDX-License-Identifier: GPL-3.0-or-later
"""The words on the kernel stack of a sleeping task, and the structures among them that point back to the task.

A task that waits for something keeps the structure that queues it (``struct mutex_waiter``, ``struct
wait_queue_entry``...) on its own stack. That structure points to the task, and is linked into the queue.
"""

from __future__ import annotations

import struct
import sys

from crash import error, member_offset, readmem, readPtr, union_size

from pykdump.c_integers import PTR_SIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

TASK = "struct task_struct"
# Where switch_to() saves the stack pointer: x86 and s390's older name, arm64, riscv, powerpc and s390.
_SAVED_POINTERS = ("thread.sp", "thread.cpu_context.sp", "thread.ksp")
_DEFAULT_SIZE = 16384
# What a chain of structures in damaged memory raises.
DAMAGED = (error, IndexError)


def stack_size() -> int:
    """Return the size of a kernel stack in bytes: that of ``union thread_union``, or 16 KiB if it is unknown."""
    size = union_size("union thread_union")
    return size if size > 0 else _DEFAULT_SIZE


def saved_pointer(task: StructResult, bottom: int, size: int) -> int:
    """Return the stack pointer of a ``struct task_struct`` that sleeps, ``bottom`` if this machine hides it."""
    for member in _SAVED_POINTERS:
        offset = member_offset(TASK, member)
        if offset >= 0:
            pointer = readPtr(int(task) + offset)
            return pointer if bottom <= pointer < bottom + size else bottom
    return bottom


class StackWords:
    """The live words of a kernel stack: ``words[0]`` is at ``start``, the innermost one."""

    __slots__ = ("end", "start", "words")

    def __init__(self, start: int, words: tuple[int, ...]) -> None:
        self.start = start
        self.words = words
        self.end = start + len(words) * PTR_SIZE

    @classmethod
    def of_task(cls, task: StructResult) -> StackWords:
        """Read the stack of a ``struct task_struct`` that sleeps. Raises crash.error if it is not in the dump."""
        bottom, size = int(task.stack), stack_size()
        start = saved_pointer(task, bottom, size) & -PTR_SIZE
        count = (bottom + size - start) // PTR_SIZE
        order = "<" if sys.byteorder == "little" else ">"
        data = readmem(start, count * PTR_SIZE)
        return cls(start, struct.unpack(f"{order}{count}{'Q' if PTR_SIZE == 8 else 'I'}", data))

    def places(self, value: int) -> Iterator[int]:
        """Yield the address of each word that equals ``value``, the innermost one first."""
        index = -1
        try:
            while True:
                index = self.words.index(value, index + 1)
                yield self.start + index * PTR_SIZE
        except ValueError:
            return


def is_linked(node: int, alone: bool = False) -> bool:
    """Return whether the ``struct list_head`` at ``node`` is in a list with others: its neighbours point back.

    With ``alone``, a node that is linked to itself counts too.
    """
    try:
        following, before = readPtr(node), readPtr(node + PTR_SIZE)
        return (alone or following != node) and readPtr(following + PTR_SIZE) == node and readPtr(before) == node
    except DAMAGED:
        return False


def is_on_own_stack(node: int, task: int) -> bool:
    """Return whether ``task`` is a ``struct task_struct *`` and ``node`` lies on the stack of this task."""
    try:
        stack = readPtr(task + member_offset(TASK, "stack"))
    except DAMAGED:
        return False
    return stack <= node < stack + stack_size()
