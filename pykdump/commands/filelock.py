# SPDX-License-Identifier: GPL-3.0-or-later
"""filelock: file locks, as in /proc/locks, with those that wait for them and the files' paths.

A line that begins with "->" is a request that waits for the lock above it.

  ID     the number of the lock, as in /proc/locks
  KIND   POSIX (fcntl), OFDLCK (fcntl, of an open file), FLOCK (flock), LEASE, DELEG (lease of a server of files)
  STATE  of a lease: ACTIVE, BREAKING (its owner has been asked to give it up) or BREAKER (waits for that)
  MODE   READ or WRITE; UNLCK if a lease will be given up
  RANGE  first and last byte; EOF is the end of the file
  INODE  major and minor number of the device, and the inode

A finding names each process that waits.

  filelock --waiting      only locks for which somebody waits
  filelock --pid 1234     only what this process holds or waits for; may be repeated
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, item
from pykdump.command_layer.events import UNREADABLE, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pykdump.command_layer.reports import Layouts
    from pykdump.linux.fs.file_locks import FileLock

MINOR_BITS = 20


@dataclass
class Lock:
    """A file lock, or a request that waits for one."""

    number: int = item("the number of the lock, as in /proc/locks; a request has that of its lock")
    depth: int = item("0 for a lock, 1 for a request that waits for it, 2 for one that waits for that request")
    lock_kind: str = item("POSIX, ACCESS, OFDLCK, FLOCK, LEASE, DELEG or UNKNOWN")
    state: str = item("ADVISORY; of a lease ACTIVE, BREAKING or BREAKER")
    mode: str = item("READ, WRITE or UNLCK")
    pid: int = item("the process that took it, or waits; /proc/locks shows -1 for OFD locks")
    comm: str = item("the name of that process; empty if it has ended")
    device: str = item('"major:minor" of the file system, hexadecimal as in /proc/locks; empty without a file')
    inode: int = item("the number of the inode; 0 without a file")
    start: int = item("the first byte", unit="bytes")
    end: int | None = item("the last byte; null for the end of the file", unit="bytes")
    path: str = item("the path of the file; empty if it cannot be known")
    address: int = item("struct file_lock_core *, before Linux 6.9 struct file_lock *", unit="address")

    @property
    def arrow(self) -> str:
        """The number, and an arrow for each level of waiting."""
        return f"{self.number}:" + " ->" * self.depth

    @property
    def range_text(self) -> str:
        """The first and the last byte."""
        return f"{self.start} {'EOF' if self.end is None else self.end}"

    @property
    def inode_text(self) -> str:
        """Device and inode, as in /proc/locks."""
        return f"{self.device}:{self.inode}" if self.device else "<none>:0"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of filelock."""
    parser.add_argument("--waiting", action="store_true", help="only locks for which somebody waits")
    parser.add_argument("--pid", type=int, action="append", help="only what this process holds or waits for")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the locks, and a finding for each process that waits."""
    from pykdump.linux.fs.file_locks import file_locks

    number = 0
    group: list[Lock] = []
    waits: list[tuple[Lock, Lock]] = []
    for lock in file_locks():
        if not lock.depth:
            yield from _chosen(group, options, waits)
            number, group = number + 1, []
        try:
            group.append(record(number, lock))
        except UNREADABLE as problem:
            yield Problem(f"the file lock at {int(lock):#x}", reason_of(problem))
    yield from _chosen(group, options, waits)
    yield from findings(waits)


def _chosen(group: list[Lock], options: argparse.Namespace, waits: list[tuple[Lock, Lock]]) -> Iterator[Lock]:
    """Yield a lock with its waiters, if the options want it, and add (waiter, lock) to ``waits``."""
    if options.waiting and len(group) < 2:
        return
    if options.pid and not any(each.pid in options.pid for each in group):
        return
    yield from group
    waits += [(each, group[0]) for each in group if each.depth]


def findings(waits: list[tuple[Lock, Lock]]) -> Iterator[Finding]:
    """Yield a finding for each (request that waits, lock)."""
    for waiter, holder in waits:
        # A task that waits until a lease is given up has no file yet.
        path = waiter.path or holder.path or "a file"
        yield Finding(
            "file-lock-wait",
            f"{waiter.comm or 'A process'} waits for {path}, of which {holder.comm or 'a process'} has "
            f"{_what(holder)}.",
            pids=(waiter.pid, holder.pid),
            addresses=(waiter.address, holder.address),
        )


def _what(holder: Lock) -> str:
    if holder.lock_kind in ("LEASE", "DELEG"):
        return f"a lease ({holder.state.lower()})"
    return f"a {holder.mode} lock ({holder.lock_kind})"


def record(number: int, lock: FileLock) -> Lock:
    """Return the record of a lock."""
    from crash import pid_to_task, readSU

    inode = lock.inode
    start, end = lock.range
    task = pid_to_task(lock.pid) if lock.pid > 0 else 0
    return Lock(
        number=number,
        depth=lock.depth,
        lock_kind=lock.kind,
        state=lock.state,
        mode=lock.mode,
        pid=lock.pid,
        comm=str(readSU("struct task_struct", task).comm) if task else "",
        device=_device(int(inode.i_sb.s_dev)) if inode is not None else "",
        inode=int(inode.i_ino) if inode is not None else 0,
        start=start,
        end=end,
        path=_path(lock),
        address=int(lock),
    )


def _device(number: int) -> str:
    return f"{number >> MINOR_BITS:02x}:{number & ((1 << MINOR_BITS) - 1):02x}"


def _path(lock: FileLock) -> str:
    from crash import error, get_pathname

    file = lock.file
    try:
        return "" if file is None else get_pathname(file.f_path.dentry, file.f_path.mnt)
    except error:  # the names of the path are not in the dump; the inode tells the file
        return ""


TABLES: Layouts = {
    Lock: (
        Column("ID", "arrow", left=True),
        Column("KIND", "lock_kind", left=True),
        Column("STATE", "state", left=True),
        Column("MODE", "mode", left=True),
        Column("PID", "pid"),
        Column("COMM", "comm", left=True),
        Column("INODE", "inode_text", left=True),
        Column("RANGE", "range_text", left=True),
        Column("PATH", "path", left=True),
    ),
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
