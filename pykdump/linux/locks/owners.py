# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a lock, as far as the lock itself records it."""

from __future__ import annotations

from crash import readPtr, readSU

from pykdump.c_integers import LONG_MASK
from pykdump.linux.locks.lock_queue import queued
from pykdump.linux.locks.stack_words import DAMAGED, TASK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from crash import StructResult

    from pykdump.linux.locks.mechanisms import Object

# The kernel records that this task must act.
KNOWN = "known"
# The kernel records who took the lock last, but not who gave it back.
HINT = "hint"
# The address of the lock is on the stack of this task: it works with the lock, and perhaps holds it.
POSSIBLE = "possible"

MUTEX_FLAGS = 0x7  # MUTEX_FLAG_WAITERS, _HANDOFF, _PICKUP
RWSEM_WRITER_LOCKED = 0x1
RWSEM_READER_SHIFT = 8
RWSEM_OWNER_FLAGS = 0x7
RT_MUTEX_HAS_WAITERS = 0x1


class Blocker:
    """A task that others wait for: ``struct task_struct``, how sure that is, and what it is to them."""

    __slots__ = ("certainty", "role", "task")

    def __init__(self, task: StructResult, certainty: str, role: str) -> None:
        self.task = task
        self.certainty = certainty
        self.role = role


class Holders:
    """Who holds a lock, and in words what the lock says about holders that it does not name."""

    __slots__ = ("blockers", "note")

    def __init__(self, blockers: tuple[Blocker, ...] = (), note: str = "") -> None:
        self.blockers = blockers
        self.note = note


def holders(lock: Object) -> Holders:
    """Return the holders that a lock records. Raises crash.error if the lock is not in the dump."""
    reader = _READERS.get(lock.kind)
    return reader(lock.address) if reader else Holders(note=_UNRECORDED.get(lock.kind, ""))


def _task(address: int) -> StructResult:
    return readSU(TASK, address & LONG_MASK)


def _owner(word: int, flags: int) -> Holders:
    address = word & LONG_MASK & ~flags
    if not address:
        return Holders(note="no owner is recorded: the lock is being handed over")
    return Holders((Blocker(_task(address), KNOWN, "owner"),))


def _mutex(address: int) -> Holders:
    mutex = readSU("struct mutex", address)
    if not mutex.hasField("owner"):  # CONFIG_PREEMPT_RT: a mutex is an rt_mutex
        return Holders(note="the owner cannot be known: this kernel does not record it")
    # Commit 3ca0ff571b09 ("locking/mutex: Rework mutex::owner", v4.10): an atomic_long_t with flags.
    return _owner(int(mutex.owner.counter), MUTEX_FLAGS)


def _rwsem(address: int) -> Holders:
    # Commit 64489e78004c ("locking/rwsem: Implement a new locking scheme", v5.3) made this form of count.
    sem = readSU("struct rw_semaphore", address)
    if not sem.hasField("owner") or not sem.hasField("count"):
        return Holders(note="the owner cannot be known: this kernel does not record it")
    count, owner = int(sem.count.counter), int(sem.owner.counter) & LONG_MASK & ~RWSEM_OWNER_FLAGS
    if count & RWSEM_WRITER_LOCKED:
        return _owner(owner, 0)
    readers = (count & LONG_MASK >> 1) >> RWSEM_READER_SHIFT
    if not readers:
        return Holders(note="nobody holds it: it is being handed over")
    note = f"held by {readers} reader{'s' if readers > 1 else ''}, which the kernel does not record"
    return Holders((Blocker(_task(owner), HINT, "last reader"),) if owner else (), note)


def _semaphore(address: int) -> Holders:
    sem = readSU("struct semaphore", address)
    note = f"count {int(sem.count)}: a semaphore does not record who holds it"
    # Commit 194a9b9e843b ("hung_task: show the blocker task if the task is hung on semaphore", v6.16).
    last = int(sem.last_holder) if sem.hasField("last_holder") else 0
    return Holders((Blocker(_task(last), HINT, "last holder"),) if last else (), note)


def _percpu_rwsem(address: int) -> Holders:
    sem = readSU("struct percpu_rw_semaphore", address)
    writer = int(sem.writer.task)
    if writer:
        return Holders((Blocker(_task(writer), KNOWN, "writer, which waits for readers"),), "readers are not recorded")
    if int(sem.block.counter):
        return Holders(note="a writer holds it: a percpu_rw_semaphore does not record which one")
    return Holders(note="a percpu_rw_semaphore does not record its readers")


def _rt_mutex(address: int) -> Holders:
    # v5.15 (include/linux/rtmutex.h) has rt_mutex_base as the first member of rt_mutex: the same offsets.
    try:
        lock = readSU("struct rt_mutex_base", address)
    except TypeError:
        lock = readSU("struct rt_mutex", address)
    return _owner(int(lock.owner), RT_MUTEX_HAS_WAITERS)


_READERS: dict[str, Callable[[int], Holders]] = {
    "mutex": _mutex,
    "rwsem": _rwsem,
    "semaphore": _semaphore,
    "percpu-rwsem": _percpu_rwsem,
    "rt-mutex": _rt_mutex,
    "pi-futex": _rt_mutex,
}


# {kind: what the kernel does not record}
_UNRECORDED = {
    "folio": "the kernel does not record who holds the lock of a page, or what I/O will end",
    "bit": "the kernel does not record who will clear the bit",
    "variable": "the kernel does not record who will change the variable",
    "completion": "the kernel does not record who will complete it",
    "wait-queue": "the kernel does not record who will wake the queue",
}


def writer_ahead(sem: int, reader: int) -> StructResult | None:
    """Return the first waiter of a ``struct rw_semaphore *`` if it is a writer and not the task ``reader``.

    While readers hold the semaphore, a reader waits only because such a writer is ahead of it.
    """
    try:
        first = next(queued("struct rw_semaphore", sem), None)
        if first is None or int(first.type) or int(first.task) == reader or not first.task:
            return None
        readPtr(int(first.task))
    except DAMAGED:
        return None
    task: StructResult = first.task
    return task
