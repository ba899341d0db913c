# SPDX-License-Identifier: GPL-3.0-or-later
"""File locks: POSIX, OFD and flock locks, leases and delegations, and the requests that wait for them."""

from __future__ import annotations

from crash import Addr, member_offset, readPtr, readSU, sym2addr

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.percpu import percpu_ptr, possible_cpus
from pykdump.lists import readList, readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_LOCKS = 1_000_000
MAX_DEPTH = 100  # requests that wait for a request that waits
# include/linux/filelock.h, and before v6.3 include/linux/fs.h.
FL_POSIX, FL_FLOCK, FL_DELEG, FL_ACCESS, FL_LEASE = 1, 2, 4, 8, 32
FL_DOWNGRADE_PENDING, FL_UNLOCK_PENDING, FL_OFDLCK, FL_LAYOUT = 256, 512, 1024, 2048
LEASES = FL_LEASE | FL_DELEG | FL_LAYOUT
# F_RDLCK, F_WRLCK and F_UNLCK of include/uapi/asm-generic/fcntl.h.
MODES = {0: "READ", 1: "WRITE", 2: "UNLCK"}
OFFSET_MAX = (1 << 63) - 1


class _Layout:
    """Which struct has the members that all kinds of locks share, and how these are named."""

    def __init__(self) -> None:
        # Commit a69ce85ec9af ("filelock: split common fields into struct file_lock_core", v6.9).
        self.modern = member_offset("struct file_lock_core", "flc_link") >= 0
        self.suname = "struct file_lock_core" if self.modern else "struct file_lock"
        self.prefix = "flc_" if self.modern else "fl_"


@memoize_cond(CU_LIVE)
def _layout() -> _Layout:
    return _Layout()


class FileLock:
    """A lock, or a request that waits for one, with the values of a line of /proc/locks.

    ``core`` is its ``struct file_lock_core`` (``struct file_lock`` before v6.9), ``depth`` 0 for a lock, 1 for a
    request that waits for it, and so on. The values are read when they are used.
    """

    def __init__(self, core: StructResult, depth: int = 0, blocker: FileLock | None = None) -> None:
        self.core = core
        self.depth = depth
        self.blocker = blocker

    def __int__(self) -> int:
        return int(self.core)

    def _integer(self, name: str) -> int:
        return int(getattr(self.core, _layout().prefix + name))

    @property
    def flags(self) -> int:
        """``flc_flags``: FL_... bits."""
        return self._integer("flags")

    @property
    def type(self) -> int:
        """``flc_type``: F_RDLCK 0, F_WRLCK 1 or F_UNLCK 2."""
        return self._integer("type")

    @property
    def pid(self) -> int:
        """``flc_pid``: the process that took the lock. /proc/locks shows -1 for OFD locks, which belong to a file."""
        return self._integer("pid")

    @property
    def file(self) -> StructResult | None:
        """``struct file *flc_file``, None for a task that waits until a lease is broken."""
        return getattr(self.core, _layout().prefix + "file") or None

    @property
    def kind(self) -> str:
        """POSIX, ACCESS, OFDLCK, FLOCK, LEASE, DELEG or UNKNOWN, as lock_get_status() in fs/locks.c names it."""
        flags = self.flags
        if flags & FL_POSIX:
            return "ACCESS" if flags & FL_ACCESS else "OFDLCK" if flags & FL_OFDLCK else "POSIX"
        if flags & FL_FLOCK:
            return "FLOCK"
        if flags & LEASES:
            return "DELEG" if flags & FL_DELEG else "LEASE"
        return "UNKNOWN"

    @property
    def state(self) -> str:
        """ADVISORY; of a lease ACTIVE, BREAKING (its owner shall give it up) or BREAKER (waits for that)."""
        if not self.flags & LEASES:
            return "ADVISORY" if self.file else "*NOINODE*"
        if self.flags & (FL_UNLOCK_PENDING | FL_DOWNGRADE_PENDING):
            return "BREAKING"
        return "ACTIVE" if self.file else "BREAKER"

    @property
    def mode(self) -> str:
        """READ, WRITE or UNLCK; of a lease that is being broken, what remains."""
        flags = self.flags
        if flags & LEASES and flags & FL_UNLOCK_PENDING:
            return "UNLCK"
        if flags & LEASES and flags & FL_DOWNGRADE_PENDING:
            return "READ"
        return MODES.get(self.type, "UNLCK")

    @property
    def range(self) -> tuple[int, int | None]:
        """(first byte, last byte) of a POSIX or OFD lock, None for the end of the file. Other locks cover the file."""
        if not self.flags & FL_POSIX:
            return 0, None
        # The common part is the first member of struct file_lock.
        lock = readSU("struct file_lock", int(self.core))
        end = int(lock.fl_end)
        return int(lock.fl_start), None if end == OFFSET_MAX else end

    @property
    def inode(self) -> StructResult | None:
        """The ``struct inode`` of the file, None if there is no file."""
        file = self.file
        return file.f_inode if file is not None else None

    def waiters(self) -> list[StructResult]:
        """Return the struct of each request that waits for this lock."""
        # Commit 5946c4319ebb ("fs/locks: allow a lock request to block other requests.", v5.0).
        where = _layout()
        head = Addr(self.core, where.prefix + "blocked_requests")
        return readSUListFromHead(head, where.prefix + "blocked_member", where.suname, maxel=MAX_LOCKS)


def file_locks() -> Iterator[FileLock]:
    """Yield each lock, followed by the requests that wait for it, in the order of /proc/locks."""
    # struct file_lock_list_struct has a spinlock and the head of the locks of one CPU (fs/locks.c).
    start, offset = sym2addr("file_lock_list"), member_offset("struct file_lock_list_struct", "hlist")
    where = _layout()
    link = member_offset(where.suname, where.prefix + "link")
    if not start or offset < 0 or link < 0:
        raise TypeError("This kernel has no per-CPU file_lock_list: it is older than 4.9.")
    for cpu in possible_cpus():
        first = readPtr(percpu_ptr(start, cpu) + offset)
        for node in readList(first, 0, maxel=MAX_LOCKS):
            yield from _with_waiters(FileLock(readSU(where.suname, node - link)))


def _with_waiters(lock: FileLock) -> Iterator[FileLock]:
    yield lock
    if lock.depth < MAX_DEPTH:
        for waiter in lock.waiters():
            yield from _with_waiters(FileLock(waiter, lock.depth + 1, lock))
