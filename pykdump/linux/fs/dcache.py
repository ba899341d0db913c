# SPDX-License-Identifier: GPL-3.0-or-later
"""The dentry cache: the part of each directory that is in memory."""

from __future__ import annotations

import os
import stat
import time

from crash import Addr, member_offset, readSU

from pykdump.linux.fs import get_dentry_name, getMount
from pykdump.lists import hlist_for_each_entry, readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

DENTRY = "struct dentry"
MAX_ENTRIES = 10_000_000


def children(dentry: StructResult) -> list[StructResult]:
    """Return each cached ``struct dentry`` in a directory, negative ones (names that do not exist) included."""
    # Commit da549bdd15c2 ("dentry: switch the lists of children to hlist", v6.8).
    if dentry.hasField("d_children"):
        return list(hlist_for_each_entry(DENTRY, Addr(dentry, "d_children"), "d_sib"))
    # Commit 946e51f2bf37 ("move d_rcu from overlapping d_child to overlapping d_alias", v3.19).
    link = "d_child" if member_offset(DENTRY, "d_child") >= 0 else "d_u.d_child"
    return readSUListFromHead(Addr(dentry, "d_subdirs"), link, DENTRY, maxel=MAX_ENTRIES)


def read_dir(dentry: StructResult | None) -> list[StructResult]:
    """Return children() of a directory. NULL, and a dentry that is not a directory, give []."""
    if not dentry or not dentry.d_inode or not stat.S_ISDIR(dentry.d_inode.i_mode):
        return []
    return children(dentry)


def pathname2dentry(pn: str) -> tuple[StructResult | None, StructResult | None]:
    """Return (``struct dentry``, ``struct vfsmount``) of an absolute path in the mount namespace of get_nsproxy().

    The dentry is None if it is not cached. The mount is None as well if no mount, not even the root, has the path.
    """
    path = os.path.normpath(pn)
    below = [row for row in getMount() if path == row[4] or path.startswith(row[4].rstrip("/") + "/")]
    if not below:
        return None, None
    # The last mount at a mount point hides the ones before.
    top = max(enumerate(below), key=lambda numbered: (len(numbered[1][4]), numbered[0]))[1]
    mount = readSU("struct vfsmount", top[0])
    dentry = mount.mnt_root
    for name in path[len(top[4]) :].strip("/").split("/"):
        if name:
            dentry = next((d for d in read_dir(dentry) if get_dentry_name(d) == name and d.d_inode), None)
            if dentry is None:
                return None, mount
    return dentry, mount


def inode_mtime(inode: StructResult) -> int:
    """Return the modification time of a ``struct inode`` in seconds."""
    # Commit 3aa63a569c64 ("fs: switch timespec64 fields in inode to discrete integers", v6.11).
    if inode.hasField("i_mtime_sec"):
        return int(inode.i_mtime_sec)
    # Commit 12cd44023651 ("fs: rename inode i_atime and i_mtime fields", v6.7).
    return int((inode.__i_mtime if inode.hasField("__i_mtime") else inode.i_mtime).tv_sec)


def _id(value: StructResult) -> int:
    """Return the number of a ``kuid_t`` or ``kgid_t``, which was a plain integer before v3.5."""
    return int(value.val) if hasattr(value, "val") else int(value)


def dentry_line(dentry: StructResult, name: str) -> str:
    """Return the line of ``ls -l`` for a ``struct dentry`` that has an inode; ``name`` is its last word."""
    inode = dentry.d_inode
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(inode_mtime(inode)))
    ids = f"{_id(inode.i_uid):5} {_id(inode.i_gid):5}"
    return f"{stat.filemode(inode.i_mode)} {ids} {int(inode.i_size):10} {when} {name}"
