# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pointer points to, in a few words: the path of a dentry, the PID of a task, the addresses of a socket."""

from __future__ import annotations

import re

from crash import error, readmem, readSU

from pykdump.linux.fs import dentry_path, device_number, file_path, full_path, mount_point, real_mount
from pykdump.linux.kernlocks import get_mutex_owner, get_mutex_waiters, get_rwsemaphore_owner
from pykdump.linux.locks.names import file_system_name, inode_path, variable_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from crash import StructResult

MAX_TEXT = 80
_KERNEL = 1 << 63  # addresses of the kernel have this bit
_ERRORS = (1 << 64) - 4095  # and these are error numbers: ERR_PTR()
_STRUCT = re.compile(r"struct (\w+) \*")
_CHARACTERS = ("char *", "unsigned char *")


def description(ctype: str, value: int) -> str | None:
    """Return what a value of the C type ``ctype`` points to, None if that cannot be told.

    Memory of user programs is not read. An object that is damaged, or not in the dump, says why it cannot be read.
    """
    if not value & _KERNEL or value >= _ERRORS:
        return f"error {value - (1 << 64)}" if value >= _ERRORS and "*" in ctype else None
    if ctype in _CHARACTERS:
        return _text(value)
    match = _STRUCT.fullmatch(ctype)
    describe = _DESCRIPTIONS.get(match[1]) if match else None
    if match is None or describe is None:
        return variable_name(value) or None if "(" in ctype else None
    try:
        return describe(readSU(f"struct {match[1]}", value))
    except (error, IndexError, KeyError, TypeError, ValueError) as problem:
        return f"cannot be read: {problem}"


def _text(address: int) -> str | None:
    """Return the text at an address in quotes, None if it is no text."""
    raw = b""
    for step in range(0, MAX_TEXT, 8):  # the page behind the text may not be in the dump
        try:
            raw += readmem(address + step, 8)
        except (error, IndexError):
            break
        if b"\0" in raw:
            break
    text, end, _ = raw.partition(b"\0")
    shown = text.decode("utf-8", "replace")
    return f'"{shown}"' if text and shown.isprintable() and (end or len(raw) >= MAX_TEXT) else None


def _task(task: StructResult) -> str:
    return f"PID {int(task.pid)} {task.comm}"


def _owner(task: StructResult | None) -> str:
    return f"owner {_task(task)}" if task else "no owner"


def _mutex(lock: StructResult) -> str:
    count = len(get_mutex_waiters(lock))
    waiting = f", {count} waiting" if count else ""
    return ", ".join(filter(None, (variable_name(int(lock)), _owner(get_mutex_owner(lock))))) + waiting


def _rw_semaphore(lock: StructResult) -> str:
    return ", ".join(filter(None, (variable_name(int(lock)), _owner(get_rwsemaphore_owner(lock)))))


def _sock(sock: StructResult) -> str:
    from pykdump.linux.inet.sockets import IP_sock, decodeSock, unix_sock

    family, _, protocol, is_ip = decodeSock(sock)
    if is_ip:
        return " ".join(str(IP_sock(sock)).split())
    if family == 1:
        path = unix_sock(readSU("struct unix_sock", int(sock)))[2]
        return f"UNIX {path}".strip()
    return f"family {family} {protocol}"


def _socket(socket: StructResult) -> str:
    return _sock(socket.sk) if socket.sk else "no sock"


def _path(path: StructResult) -> str:
    return full_path(path.dentry, path.mnt)


def _name_of_device(device: StructResult) -> str:
    return str(device.init_name or device.kobj.name)


def _block_device(device: StructResult) -> str:
    """v5.11 (include/linux/blk_types.h) gave each partition a block device of its own."""
    major, minor = device_number(int(device.bd_dev))
    return f"{major}:{minor} {device.bd_disk.disk_name}" if device.bd_disk else f"{major}:{minor}"


def _bio(bio: StructResult) -> str:
    """v4.14 replaced ``bi_bdev`` by ``bi_disk``, v5.12 brought it back (include/linux/blk_types.h)."""
    if bio.hasField("bi_disk"):
        return f"disk {bio.bi_disk.disk_name}"
    return _block_device(bio.bi_bdev) if bio.bi_bdev else "no device"


def _scsi_device(device: StructResult) -> str:
    return f"{_name_of_device(device.sdev_gendev)} {device.sdev_state!r}"


_DESCRIPTIONS: dict[str, Callable[[StructResult], str]] = {
    "bio": _bio,
    "block_device": _block_device,
    "cgroup": lambda c: f"kernfs id {int(c.kn.id)} {c.kn.name or '/'}",
    "cred": lambda c: f"uid {int(c.uid.val)}, gid {int(c.gid.val)}",
    "delayed_work": lambda w: variable_name(int(w.work.func)),
    "dentry": lambda d: f"{dentry_path(d)} of {file_system_name(d.d_sb)}",
    "device": _name_of_device,
    "file": file_path,
    "file_system_type": lambda t: str(t.name),
    "filename": lambda f: str(f.name),
    "gendisk": lambda d: str(d.disk_name),
    "inode": inode_path,
    "kiocb": lambda k: file_path(k.ki_filp),
    "kobject": lambda k: str(k.name),
    "linux_binprm": lambda b: str(b.filename),
    "mm_struct": lambda m: f"of {_task(m.owner)}" if m.hasField("owner") and m.owner else "no owner",
    "module": lambda m: str(m.name),
    "mount": mount_point,
    "mutex": _mutex,
    "nameidata": lambda n: _path(n.path),
    "net_device": lambda d: str(d.name),
    "path": _path,
    "pid": lambda p: f"PID {int(p.numbers[0].nr)}",
    "proc_dir_entry": lambda e: str(e.name),
    "qstr": lambda q: readmem(int(q.name), int(q.len)).decode("utf-8", "replace"),
    "rq": lambda r: f"CPU {int(r.cpu)}",
    "rw_semaphore": _rw_semaphore,
    "Scsi_Host": lambda h: f"host{int(h.host_no)}",
    "scsi_device": _scsi_device,
    "scsi_target": lambda t: f"{_name_of_device(t.dev)} {t.state!r}",
    "sock": _sock,
    "socket": _socket,
    "super_block": file_system_name,
    "task_struct": _task,
    "vfsmount": lambda m: mount_point(real_mount(m)),
    "vm_area_struct": lambda v: f"{int(v.vm_start):#x}-{int(v.vm_end):#x}",
    "work_struct": lambda w: variable_name(int(w.func)),
    "workqueue_struct": lambda w: str(w.name),
}
