# SPDX-License-Identifier: GPL-3.0-or-later
"""Listings of cached directories, as ``ls -l`` prints them: ``print_dentry()`` and ``ls_pathname()``."""

from __future__ import annotations

import stat

from crash import error, readSU

from pykdump.linux.fs import full_path, get_dentry_name
from pykdump.linux.fs.dcache import DENTRY, dentry_line, pathname2dentry, read_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult


def print_dentry(dentry: StructResult, v: int = 0, vfsmnt: int = 0) -> None:
    """Print one line about a ``struct dentry``; with a ``struct vfsmount *``, the line has the full path.

    With ``v`` 1 the addresses of dentry and inode are printed too. With ``v`` 2 negative dentries are printed as well.
    """
    name = full_path(dentry, vfsmnt) if vfsmnt else get_dentry_name(dentry)
    if not dentry.d_inode:
        if v > 1:
            print(" --", dentry, " (stale)", name)
        return
    if v:
        print(" --", dentry, name)
        print("      ", dentry.d_inode, f"  mode={dentry.d_inode.i_mode:08o}")
    print("      " if v else "", dentry_line(dentry, name))


def ls_pathname(pn: str, v: int = 0) -> None:
    """Print a path, or a dentry given as its hexadecimal address, and what is cached of the directory.

    Raises crash.error for a dentry without inode.
    """
    mount: StructResult | int | None = 0
    try:
        dentry: StructResult | None = readSU(DENTRY, int(pn, 16))
    except ValueError:
        dentry, mount = pathname2dentry(pn)
    if not dentry:
        print("Cannot list", pn)
        return
    if not dentry.d_inode:
        raise error(f"The dentry {int(dentry):#x} has no inode.")
    print_dentry(dentry, v, mount or 0)
    if stat.S_ISDIR(dentry.d_inode.i_mode):
        print("=== Listing Directory Contents")
        # The order of ls: it ignores case and the dot of hidden names.
        for entry in sorted(read_dir(dentry), key=lambda d: get_dentry_name(d).lstrip(".").upper()):
            print_dentry(entry, v)
