# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on file locks under the names of the classic's module flock."""

from __future__ import annotations

from pykdump.c_constants import CDefine, dbits2str
from pykdump.linux.fs.file_locks import FileLock, file_locks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

# include/linux/filelock.h
FL_flags = CDefine("""
#define FL_POSIX 1
#define FL_FLOCK 2
#define FL_DELEG 4
#define FL_ACCESS 8
#define FL_EXISTS 16
#define FL_LEASE 32
#define FL_CLOSE 64
#define FL_SLEEP 128
#define FL_DOWNGRADE_PENDING 256
#define FL_UNLOCK_PENDING 512
#define FL_OFDLCK 1024
#define FL_LAYOUT 2048
""")
# include/uapi/asm-generic/fcntl.h
FL_types = CDefine("""
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
""")


def print_lock(fl: StructResult | FileLock) -> None:
    """Print a file lock: a ``struct file_lock`` (or, since v6.9, a ``struct file_lock_core``), or a FileLock."""
    lock = fl if isinstance(fl, FileLock) else FileLock(fl)
    names = {value: name for name, value in FL_types.items()}
    number = lock.type
    print(lock.core, dbits2str(lock.flags, FL_flags), names.get(number, number))
    file = lock.file
    if file is not None:
        print("\t", file, file.f_path.dentry)
    print(f"\tpid={lock.pid} inode={int(lock.inode or 0):#x}")
    print("-" * 30)


def print_locks() -> None:
    """Print all file locks, then the requests that wait for one."""
    found = list(file_locks())
    print("Active locks")
    for lock in found:
        if not lock.depth:
            print_lock(lock)
    print("\nBlocked list")
    for lock in found:
        if lock.depth:
            print_lock(lock)
