# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeping locks: owners and waiters of a mutex, a semaphore or an rw_semaphore."""

from __future__ import annotations

from crash import Addr, readSU

from pykdump.lists import readSUListFromHead
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

TASK = "struct task_struct"
MUTEX_FLAGS = 0x7  # MUTEX_FLAG_WAITERS, _HANDOFF, _PICKUP
RWSEM_READER_OWNED = 0x1
RWSEM_OWNER_FLAGS = 0x7


def _waiters(lock: StructResult, waiter: str) -> list[StructResult]:
    """Return ``waiter->task`` of each entry of ``struct list_head wait_list``. A NULL task is reported as an error."""
    found = []
    if lock.hasField("first_waiter"):
        from pykdump.linux.locks.lock_queue import queued  # v7.1 and later: see has_ring() there

        entries = list(queued(lock.PYT_symbol, int(lock)))
    else:
        entries = readSUListFromHead(Addr(lock, "wait_list"), "list", waiter)
    for entry in entries:
        if entry.task:
            found.append(entry.task)
        else:
            pylog.error(f"corrupted wait_list for {lock}")
    return found


def get_mutex_waiters(addr: int) -> list[StructResult]:
    """Return the ``struct task_struct`` of each waiter for a ``struct mutex *``, in the order of the queue."""
    return _waiters(readSU("struct mutex", int(addr)), "struct mutex_waiter")


def get_mutex_owner(addr: int) -> StructResult | None:
    """Return the ``struct task_struct`` that holds a ``struct mutex *``.

    The result is None if the mutex is free, or if this kernel does not record the owner.
    """
    mutex = readSU("struct mutex", int(addr))
    if not mutex.hasField("owner"):
        return None
    owner = mutex.owner
    # Commit 3ca0ff571b09 ("locking/mutex: Rework mutex::owner", v4.10): an atomic_long_t
    # with flags in its low bits.
    if hasattr(owner, "counter"):
        task = int(owner.counter) & ~MUTEX_FLAGS
        return readSU(TASK, task & (1 << 64) - 1) if task else None
    if not owner:
        return None
    # Before that the owner was a thread_info, which points to its task.
    task_of: StructResult = owner.task if owner.hasField("task") else owner
    return task_of


def get_rwsemaphore_tasks(semaddr: int) -> list[StructResult]:
    """Return the ``struct task_struct`` of each waiter for a ``struct rw_semaphore *``, in the order of the queue."""
    return _waiters(readSU("struct rw_semaphore", int(semaddr)), "struct rwsem_waiter")


def get_rwsemaphore_owner(semaddr: int) -> StructResult | None:
    """Return the ``struct task_struct`` that holds a ``struct rw_semaphore *`` for writing, None if no task does."""
    sem = readSU("struct rw_semaphore", int(semaddr))
    if not sem.hasField("owner"):
        return None
    # Commit 94a9717b3c40 ("locking/rwsem: Make rwsem->owner an atomic_long_t", v5.3).
    owner = int(sem.owner.counter if hasattr(sem.owner, "counter") else sem.owner) & (1 << 64) - 1
    if owner & RWSEM_READER_OWNED or not owner & ~RWSEM_OWNER_FLAGS:
        return None  # the owner of a semaphore held for reading is only a hint
    return readSU(TASK, owner & ~RWSEM_OWNER_FLAGS)


def get_semaphore_tasks(semaddr: int) -> list[StructResult]:
    """Return the ``struct task_struct`` of each waiter for a ``struct semaphore *``."""
    return _waiters(readSU("struct semaphore", int(semaddr)), "struct semaphore_waiter")


def spin_is_locked(lock: StructResult) -> bool:
    """Return whether a ``spinlock_t``, ``raw_spinlock_t`` or ``arch_spinlock_t`` is held."""
    for member in ("rlock", "raw_lock"):
        if lock.hasField(member):
            lock = getattr(lock, member)
    # A qspinlock has val; other architectures have their own words, which are 0 when the lock is free.
    for member in ("val", "slock", "lock"):
        if lock.hasField(member):
            word = getattr(lock, member)
            return bool(int(word.counter if hasattr(word, "counter") else word))
    raise KeyError(f"<{lock.PYT_symbol}> is no known spinlock")


# Kernels that this version reads have no ticket locks on x86.
ticket_spin_is_locked = spin_is_locked
