# SPDX-License-Identifier: GPL-3.0-or-later
"""From the structure that queues a sleeping task to the head of its queue, and so to the lock."""

from __future__ import annotations

from crash import addr2sym, member_offset, readPtr, readSU

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.locks.stack_words import DAMAGED, is_linked, is_on_own_stack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crash import StructResult

    from pykdump.linux.locks.stack_words import StackWords

# More tasks than this never wait in one queue: it is the kernel's PID_MAX_LIMIT.
MAX_QUEUE = 1 << 22
ENTRY = "struct wait_queue_entry"
SIMPLE_ENTRY = "struct swait_queue"


class WaiterLayout:
    """Where a structure that queues a task has the task and the ``struct list_head``."""

    __slots__ = ("list", "name", "task")

    def __init__(self, name: str, task: str = "task", list_: str = "list") -> None:
        self.name = name
        self.task, self.list = member_offset(name, task), member_offset(name, list_)
        if self.task < 0 or self.list < 0:
            raise KeyError(f"<{name}> lacks <{task}> or <{list_}>")

    def on_stack(self, stack: StackWords, task: int, alone: bool = False) -> Iterator[int]:
        """Yield the address of each such structure on the stack of ``task`` that is linked into a queue.

        ``alone``: the queue has no head, so that a single waiter is linked to itself.
        """
        for place in stack.places(task):
            if is_linked(place - self.task + self.list, alone):
                yield place - self.task

    def is_waiter(self, node: int) -> bool:
        """Return whether the ``struct list_head`` at ``node`` is in such a structure, on the stack of its task."""
        try:
            task = readPtr(node - self.list + self.task)
        except DAMAGED:
            return False
        return task != 0 and is_on_own_stack(node, task)


def is_wait_entry(node: int) -> bool:
    """Return whether the ``struct list_head`` at ``node`` is that of a ``struct wait_queue_entry``.

    An entry has the address of a function, where the head of the queue has its spinlock.
    """
    offset = member_offset(ENTRY, "func") - member_offset(ENTRY, "entry")
    try:
        return addr2sym(readPtr(node + offset), False) is not None
    except DAMAGED:
        return False


def wait_entries(stack: StackWords, task: int) -> Iterator[tuple[StructResult, str]]:
    """Yield each ``struct wait_queue_entry`` of ``task`` on its stack that is in a queue, and its wake function."""
    private = member_offset(ENTRY, "private")
    list_ = member_offset(ENTRY, "entry")
    for place in stack.places(task):
        entry = readSU(ENTRY, place - private)
        try:
            function = addr2sym(int(entry.func), False)
        except DAMAGED:
            continue
        if function and is_linked(int(entry) + list_):
            yield entry, function


class Heads:
    """Finds the head of a list from one of its nodes, and remembers it for all nodes that it meets."""

    def __init__(self) -> None:
        self._heads: dict[int, int] = {}

    def head_of(self, node: int, is_waiter: Callable[[int], bool]) -> int:
        """Return the address of the list's head: the first node that is no waiter.

        The result is 0 if the list cannot be read, or if it is a ring of waiters without a head.
        """
        if node in self._heads:
            return self._heads[node]
        met: list[int] = []
        head, here = 0, node
        try:
            while len(met) < MAX_QUEUE:
                met.append(here)
                here = readPtr(here)
                if here == node:
                    break
                if here in self._heads or not is_waiter(here):
                    head = self._heads.get(here, here)
                    break
        except DAMAGED:
            head = 0
        self._heads.update(dict.fromkeys(met, head))
        return head


def queue_nodes(head: int) -> Iterator[int]:
    """Yield the address of each ``struct list_head`` in the list of ``head``, without the head. It ends at damage."""
    here, before = head, 0
    for _ in range(MAX_QUEUE):
        before, here = here, readPtr(here)
        if here == head or readPtr(here + PTR_SIZE) != before:
            return
        yield here
