# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the flags of open files, super blocks and mounts.

From include/linux/fs.h (FMODE_, SB_, which had the names MS_ before v4.14), include/uapi/linux/mount.h (MS_) and
include/linux/mount.h (MNT_).
"""

from __future__ import annotations

from pykdump.c_constants import CDefine


def _bits(prefix: str, names: str) -> str:
    """Return #define lines for "name:bit name:bit"."""
    rows = (word.split(":") for word in names.split())
    return "\n".join(f"#define {prefix}{name} {1 << int(bit):#x}" for name, bit in rows)


FILE_MODE_FLAGS = CDefine(_bits("FMODE_", "READ:0 WRITE:1"))
MS_FLAGS = CDefine(
    _bits(
        "MS_",
        "RDONLY:0 NOSUID:1 NODEV:2 NOEXEC:3 SYNCHRONOUS:4 REMOUNT:5 MANDLOCK:6 DIRSYNC:7 NOSYMFOLLOW:8 NOATIME:10"
        " NODIRATIME:11 BIND:12 MOVE:13 REC:14 VERBOSE:15 SILENT:15 POSIXACL:16 UNBINDABLE:17 PRIVATE:18 SLAVE:19"
        " SHARED:20 RELATIME:21 KERNMOUNT:22 I_VERSION:23 STRICTATIME:24 LAZYTIME:25 SNAP_STABLE:27 BORN:29 ACTIVE:30"
        " NOUSER:31",
    )
)
MNT_FLAGS = CDefine(
    _bits(
        "MNT_",
        "NOSUID:0 NODEV:1 NOEXEC:2 NOATIME:3 NODIRATIME:4 RELATIME:5 READONLY:6 NOSYMFOLLOW:7 SHRINKABLE:8"
        " WRITE_HOLD:9 SHARED:12 UNBINDABLE:13 INTERNAL:14",
    )
    + "\n#define MNT_PNODE_MASK 0x3000"
)
