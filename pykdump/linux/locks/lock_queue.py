# SPDX-License-Identifier: GPL-3.0-or-later
"""The queues of sleeping locks: which lock has a waiter in its queue, and who waits for a lock."""

from __future__ import annotations

from crash import member_offset, readPtr, readSU

from pykdump.linux.locks.queues import Heads, WaiterLayout, queue_nodes
from pykdump.linux.locks.stack_words import DAMAGED, TASK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

    from pykdump.linux.locks.stack_words import StackWords

# {type of the lock: type of the structure that queues a task}
WAITERS = {
    "struct mutex": "struct mutex_waiter",
    "struct rw_semaphore": "struct rwsem_waiter",
    "struct semaphore": "struct semaphore_waiter",
}


def has_ring(lock_type: str) -> bool:
    """Return whether the queue is a ring of waiters: the lock points to the first one.

    Before v7.1 the lock has the head of a list, ``wait_list``. Commits 25500ba7e77c ("locking/mutex: Remove the
    list_head from struct mutex"), b9bdd4b68404 (semaphore) and 1ea4b473504b (rwsem) replaced it with ``first_waiter``.
    """
    return member_offset(lock_type, "wait_list") < 0


def queued(lock_type: str, lock: int) -> Iterator[StructResult]:
    """Yield the structure of each waiter of a lock, the first in the queue first. The walk ends at damage."""
    layout = WaiterLayout(WAITERS[lock_type])
    if not has_ring(lock_type):
        for node in queue_nodes(lock + member_offset(lock_type, "wait_list")):
            yield readSU(layout.name, node - layout.list)
        return
    first = readPtr(lock + member_offset(lock_type, "first_waiter"))
    if first:
        yield readSU(layout.name, first)
        for node in queue_nodes(first + layout.list):
            yield readSU(layout.name, node - layout.list)


def queued_tasks(lock_type: str, lock: int) -> list[StructResult]:
    """Return the ``struct task_struct`` of each waiter of a lock. The list ends where the queue is damaged."""
    found = []
    try:
        for waiter in queued(lock_type, lock):
            if waiter.task:
                found.append(waiter.task)
    except DAMAGED:
        pass
    return found


class LockFinder:
    """Finds the lock of one type that a task waits for, from the waiter on the task's stack."""

    def __init__(self, lock_type: str) -> None:
        self._type = lock_type
        self._layout = WaiterLayout(WAITERS[lock_type])
        self._heads = Heads()
        self._rings: dict[int, int] = {}

    def find(self, task: StructResult, stack: StackWords) -> tuple[int, StructResult] | None:
        """Return (address of the lock, the waiter's structure), None if the stack has no waiter in a queue."""
        for waiter in self._layout.on_stack(stack, int(task), has_ring(self._type)):
            lock = self._lock_of(task, stack, waiter + self._layout.list)
            if lock:
                return lock, readSU(self._layout.name, waiter)
        return None

    def _lock_of(self, task: StructResult, stack: StackWords, node: int) -> int:
        if has_ring(self._type):
            return self._rings.get(node) or self._lock_of_ring(task, stack, node)
        head = self._heads.head_of(node, self._layout.is_waiter)
        return head - member_offset(self._type, "wait_list") if head else 0

    def _lock_of_ring(self, task: StructResult, stack: StackWords, node: int) -> int:
        """Return the lock whose ``first_waiter`` is in the ring of ``node``; remember it for the whole ring."""
        ring = {node, *queue_nodes(node)}
        offset = member_offset(self._type, "first_waiter")
        for lock in (*recorded_locks(task), *dict.fromkeys(stack.words)):
            # Words on the stack that point to a waiter are no locks.
            if not lock or lock % 4 or stack.start <= lock < stack.end:
                continue
            try:
                if readPtr(lock + offset) + self._layout.list in ring and not self._layout.is_waiter(lock):
                    self._rings.update(dict.fromkeys(ring, lock))
                    return lock
            except DAMAGED:
                continue
        return 0


def recorded_locks(task: StructResult) -> Iterator[int]:
    """Yield the addresses that the kernel itself recorded as the lock for which ``task`` waits.

    ``task->blocker`` has the lock and its kind in two bits (CONFIG_DETECT_HUNG_TASK_BLOCKER: commit e711faaafbe5,
    "hung_task: replace blocker_mutex with encoded blocker", v6.16). ``task->blocked_on`` is the mutex since v6.17.
    """
    for member, mask in (("blocked_on", ~0), ("blocker", ~3)):
        offset = member_offset(TASK, member)
        if offset >= 0:
            yield readPtr(int(task) + offset) & mask
