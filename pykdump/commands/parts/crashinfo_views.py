# SPDX-License-Identifier: GPL-3.0-or-later
"""The small views of crashinfo: one lock, system calls, stacks, disks, file systems, directories."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Finding, Problem, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.linux import block, stack_check, syscalls
from pykdump.linux.tasks import all_tasks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pykdump.command_layer.reports import Layouts
    from pykdump.linux.locks.owners import Blocker

EXT_TYPES = ("ext2", "ext3", "ext4")
# fs/ext4/ext4.h: the bits of s_state on disk
EXT_VALID, EXT_ERROR, EXT_ORPHANS = 1, 2, 4
SECTOR = 512


@dataclass
class LockHolder:
    """A task that holds a lock, or that the lock names."""

    tid: int = item("the thread")
    comm: str = item("its name")
    certainty: str = item("how sure that is: known, possible or hint")
    role: str = item("what it is: owner, writer, last reader and so on")


@dataclass
class LockState:
    """A lock with its holders and its waiters."""

    lock: str = item("mutex, rwsem or semaphore")
    address: int = item("its address", unit="address")
    holders: tuple[LockHolder, ...] = item("the tasks that hold it, as far as the lock records them")
    note: str = item("what the lock says about holders that it does not name; may be empty")
    waiters: tuple[int, ...] = item("the threads that wait, the first in the queue first")


@dataclass
class SyscallThread:
    """A thread in a system call."""

    tid: int = item("the thread")
    comm: str = item("its name")
    state: str = item("two letters: RU, IN, UN, ST, TR, DE, ZO, PA or ID")
    syscall: str = item("the name of the system call")
    number: int = item("its number")
    arguments: tuple[int, ...] = item("the registers of its arguments", unit="address")


@dataclass
class StackCheck:
    """The kernel stack of a thread that overflowed or is nearly full."""

    tid: int = item("the thread")
    comm: str = item("its name")
    free_bytes: int | None = item("the space that is left; null for a running thread", unit="bytes")
    overwritten: bool = item("whether the end of the stack is overwritten")


@dataclass
class DiskUse:
    """A disk."""

    name: str = item("its name")
    major: int = item("the major number")
    minor: int = item("the first minor number")
    size_bytes: int = item("its size", unit="bytes")
    reads: int = item("read requests that were completed")
    writes: int = item("write requests that were completed")
    gendisk: int = item("struct gendisk *", unit="address")
    queue: int = item("struct request_queue *", unit="address")


@dataclass
class ExtFileSystem:
    """A file system of the ext family."""

    device: str = item("the device")
    type: str = item("ext2, ext3 or ext4")
    mounted_at: str | None = item("the first mount point in this namespace")
    state: str | None = item("clean, not clean, or with errors; null if the page of the superblock is missing")
    errors: int | None = item("number of errors that the superblock counts")
    last_error: str | None = item("the function that found the last error")
    super_block: int = item("struct super_block *", unit="address")


@dataclass
class MappedDevice:
    """A device of the device mapper."""

    disk: str = item("the name of its disk")
    name: str | None = item("the name of the device")
    uuid: str | None = item("its UUID")
    suspended: bool = item("whether it is suspended")
    open_count: int = item("number of users")
    mapped_device: int = item("struct mapped_device *", unit="address")


@dataclass
class DirectoryEntry:
    """A file that is cached in a directory."""

    line: str = item("its line as ls -l prints it")
    inode: int = item("struct inode *", unit="address")
    dentry: int = item("struct dentry *", unit="address")


@dataclass
class TreeElement:
    """What a radix tree or an xarray has at an index."""

    index: int = item("the index")
    node: int | None = item("struct radix_tree_node * or struct xa_node *", unit="address")
    element: int | None = item("the element", unit="address")


def _holder(blocker: Blocker) -> LockHolder:
    return LockHolder(int(blocker.task.pid), str(blocker.task.comm), blocker.certainty, blocker.role)


def lock_state(kind: str, address: int) -> Iterator[LockState]:
    """Yield the state of a lock: ``kind`` is mutex, rwsem or semaphore."""
    from pykdump.linux.locks.lock_queue import queued_tasks
    from pykdump.linux.locks.mechanisms import Object
    from pykdump.linux.locks.owners import holders

    structs = {"mutex": "struct mutex", "rwsem": "struct rw_semaphore", "semaphore": "struct semaphore"}
    found = holders(Object(kind, address))
    waiting = tuple(int(task.pid) for task in queued_tasks(structs[kind], address))
    yield LockState(kind, address, tuple(map(_holder, found.blockers)), found.note, waiting)


def threads_in_syscall(name: str) -> Iterator[SyscallThread | Problem]:
    """Yield each thread that is in a system call; ``name`` may have the prefix sys_."""
    wanted = syscalls.plain_name(name)
    if wanted not in syscalls.syscall_names().values():
        yield Problem(f"threads in {name}", "this kernel has no system call of that name")
        return
    for task in all_tasks():
        try:
            found = syscalls.syscall_of(task)
        except UNREADABLE as problem:
            yield Problem(f"the system call of PID {task.pid}", reason_of(problem))
            continue
        if found is not None and found.name == wanted:
            yield SyscallThread(task.pid, task.comm, task.state_code, wanted, found.number, found.arguments)


def checked_stacks() -> Iterator[StackCheck | Finding]:
    """Yield the stacks that overflowed or are nearly full, each with a finding."""
    for use in stack_check.stack_uses(all_tasks()):
        if not (use.overwritten or use.nearly_full):
            continue
        task = use.task
        yield StackCheck(task.pid, task.comm, use.free, use.overwritten)
        what = "is overwritten at its end" if use.overwritten else f"has only {use.free} of {use.size} bytes left"
        yield Finding("stack-overflow", f"The kernel stack of {task.comm} {what}.", (task.pid,), (int(task),))


def disks() -> Iterator[DiskUse]:
    """Yield each disk."""
    for disk in block.get_gendisks():
        major, minor = block.disk_devt(disk)
        reads, writes = (block.disk_stat(disk, group)[0] for group in (0, 1))
        size = block.disk_sectors(disk) * SECTOR
        yield DiskUse(block.disk_name(disk), major, minor, size, reads, writes, int(disk), int(disk.queue))


def _ext_state(state: int) -> str:
    if state & EXT_ERROR:
        return "with errors"
    return "clean" if state & EXT_VALID and not state & EXT_ORPHANS else "not clean"


def ext_file_systems() -> Iterator[ExtFileSystem | Problem]:
    """Yield each file system of the ext family: ``struct ext4_sb_info`` and its ``struct ext4_super_block``."""
    from crash import readSU

    from pykdump.linux import fs

    points = {row[1]: row[4] for row in reversed(fs.getMount())}
    for sb in fs.super_blocks():
        kind = fs.fs_type(sb)
        if kind not in EXT_TYPES:
            continue
        state = errors = last = None
        try:
            # It is in the page cache of the device, which makedumpfile leaves out.
            on_disk = readSU("struct ext4_sb_info", int(sb.s_fs_info)).s_es
            state, errors = _ext_state(int(on_disk.s_state)), int(on_disk.s_error_count)
            last = bytes_text(on_disk.s_last_error_func) or None
        except UNREADABLE as problem:
            yield Problem(f"the state of {sb.s_id}", reason_of(problem))
        yield ExtFileSystem(str(sb.s_id), kind, points.get(int(sb)), state, errors, last, int(sb))


def bytes_text(value: object) -> str:
    """Return the text of an array of (unsigned) bytes that ends with 0."""
    if isinstance(value, str):
        return str(value)
    raw = bytes(int(byte) & 0xFF for byte in value)  # type: ignore[attr-defined]
    return raw.split(b"\0")[0].decode("utf-8", "backslashreplace")


def mapped_devices() -> Iterator[MappedDevice | Problem]:
    """Yield each device of the device mapper."""
    from pykdump.linux.devices import device_mapper

    for disk in device_mapper.mapped_disks():
        try:
            found = device_mapper.MappedDevice(disk)
            yield MappedDevice(
                found.disk_name, found.name, found.uuid, found.suspended, found.open_count, found.address
            )
        except UNREADABLE as problem:
            yield Problem(f"the device mapper's {block.disk_name(disk)}", reason_of(problem))


def directory(path: str) -> Iterator[DirectoryEntry | Problem]:
    """Yield what is cached of a directory, or the file itself."""
    from pykdump.linux.fs import get_dentry_name
    from pykdump.linux.fs.dcache import dentry_line, pathname2dentry, read_dir

    dentry, _ = pathname2dentry(path)
    if dentry is None or not dentry.d_inode:
        yield Problem(path, "it is not cached, or there is no such file")
        return
    found = [entry for entry in read_dir(dentry) if entry.d_inode] or [dentry]
    for entry in sorted(found, key=get_dentry_name):
        yield DirectoryEntry(dentry_line(entry, get_dentry_name(entry)), int(entry.d_inode), int(entry))


def tree_element(root: int, index: int) -> Iterator[TreeElement]:
    """Yield what a radix tree or an xarray has at ``index``: ``root`` is the address of its root."""
    from pykdump.linux.trees import radix_tree_lookup_element

    node, element = radix_tree_lookup_element(root, index)
    yield TreeElement(index, node, element)


def _lock_lines(lock: LockState) -> Iterable[str]:
    yield f"{lock.lock} {lock.address:#x}" + (f": {lock.note}" if lock.note else "")
    for holder in lock.holders:
        yield f"  {holder.role} ({holder.certainty}): PID {holder.tid} {holder.comm}"
    yield f"  waiters: {' '.join(map(str, lock.waiters)) or 'none'}"


def _hexadecimals(values: tuple[int, ...]) -> str:
    return " ".join(f"{value:#x}" for value in values)


LAYOUTS: Layouts = {
    LockState: _lock_lines,
    SyscallThread: (
        Column("PID", "tid"),
        Column("COMM", "comm", left=True),
        Column("ST", "state", left=True),
        Column("SYSCALL", "syscall", left=True),
        Column("ARGUMENTS", "arguments", left=True, show=_hexadecimals),
    ),
    StackCheck: (
        Column("PID", "tid"),
        Column("COMM", "comm", left=True),
        Column("FREE-BYTES", "free_bytes"),
        Column("OVERWRITTEN", "overwritten"),
    ),
    DiskUse: (
        Column("DISK", "name", left=True),
        Column("MAJOR", "major"),
        Column("MINOR", "minor"),
        Column("BYTES", "size_bytes"),
        Column("READS", "reads"),
        Column("WRITES", "writes"),
        Column("GENDISK", "gendisk", address=True),
        Column("QUEUE", "queue", address=True),
    ),
    ExtFileSystem: (
        Column("DEVICE", "device", left=True),
        Column("TYPE", "type", left=True),
        Column("STATE", "state", left=True),
        Column("ERRORS", "errors"),
        Column("LAST-ERROR-IN", "last_error", left=True),
        Column("SUPER-BLOCK", "super_block", address=True),
        Column("MOUNTED-AT", "mounted_at", left=True),
    ),
    MappedDevice: (
        Column("DISK", "disk", left=True),
        Column("SUSPENDED", "suspended"),
        Column("USERS", "open_count"),
        Column("MAPPED-DEVICE", "mapped_device", address=True),
        Column("NAME", "name", left=True),
        Column("UUID", "uuid", left=True),
    ),
    DirectoryEntry: lambda entry: (entry.line,),
    TreeElement: (
        Column("INDEX", "index"),
        Column("NODE", "node", address=True),
        Column("ELEMENT", "element", address=True),
    ),
}
