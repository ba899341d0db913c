# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts as a process sees them: what /proc/PID/mounts, mountinfo and mountstats show."""

from __future__ import annotations

from crash import addr2sym, error, member_offset, readSU, sym2addr

from pykdump.linux.fs import (
    IS_ROOT,
    MAX_DEPTH,
    dentry_path,
    device_number,
    for_each_mount,
    fs_type,
    get_dentry_name,
    real_mount,
)
from pykdump.linux.fs.show_options import UNREADABLE, security_options, super_block_options
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

# include/linux/mount.h
MNT_READONLY = 0x40
MNT_SHARED = 0x1000
MNT_UNBINDABLE = 0x2000
MNT_CURSOR = 0x10000000
# struct mount.mnt_t_flags, fs/mount.h, since commit 406fea799925 ("mount: separate the flags accessed only under
# namespace_sem", v6.17)
T_SHARED = 1
T_UNBINDABLE = 2
SB_RDONLY = 1
# The options of a mount and of a super block in the order in which the kernel prints them (fs/proc_namespace.c).
MNT_OPTIONS = (
    (0x01, "nosuid"),
    (0x02, "nodev"),
    (0x04, "noexec"),
    (0x08, "noatime"),
    (0x10, "nodiratime"),
    (0x20, "relatime"),
    (0x80, "nosymfollow"),
)
SB_OPTIONS = ((1 << 4, "sync"), (1 << 7, "dirsync"), (1 << 6, "mand"), (1 << 25, "lazytime"))


class MountPoint:
    """One mount: the fields of its lines in /proc/PID/mounts and mountinfo, without escapes.

    ``mount`` is the ``struct mount``, ``super_block`` the ``struct super_block``, ``root`` the directory of the file
    system that is mounted. ``own_options`` are those of the mount, ``super_options`` those of the file system. If the
    latter are not complete, ``problem`` says why.
    """

    __slots__ = (
        "_first_own", "device", "fs_type", "mount", "mount_id", "own_options", "parent_id", "path", "problem",
        "propagation", "root", "source", "super_block", "super_options",
    )  # fmt: skip

    def __init__(self, mount: StructResult, path: str) -> None:
        view = mount.mnt
        sb = view.mnt_sb
        flags, sb_flags = int(view.mnt_flags), int(sb.s_flags)
        self.mount, self.super_block, self.path = mount, sb, path
        self.mount_id, self.parent_id = int(mount.mnt_id), int(mount.mnt_parent.mnt_id)
        self.device = device_number(int(sb.s_dev))
        self.root = _root_of(view.mnt_root, sb)
        self.fs_type = fs_type(sb)
        self.source = "none" if not mount.mnt_devname else str(mount.mnt_devname)
        self.own_options = (_mode(flags & MNT_READONLY), *_names(flags, MNT_OPTIONS), *_idmapped(view))
        own, self.problem = super_block_options(sb, view.mnt_root)
        general = (*_names(sb_flags, SB_OPTIONS), *security_options(sb))
        self.super_options = (_mode(sb_flags & SB_RDONLY), *general, *own)
        self._first_own = 1 + len(general)
        self.propagation = tuple(_propagation(mount, flags))

    @property
    def options(self) -> tuple[str, ...]:
        """The options in the order of /proc/PID/mounts."""
        read_only = "ro" in (self.own_options[0], self.super_options[0])
        general, own = self.super_options[1 : self._first_own], self.super_options[self._first_own :]
        return (_mode(read_only), *general, *self.own_options[1:], *own)


def _root_of(root: StructResult, sb: StructResult) -> str:
    """Return the fourth field of mountinfo: the mounted directory, or "net:[4026532237]" for a namespace."""
    show = int(sb.s_op.show_path)
    if show and addr2sym(show) == "nsfs_show_path":
        # fs/nsfs.c: inode->i_private is the struct ns_common.
        namespace = readSU("struct ns_common", int(root.d_inode.i_private))
        return f"{namespace.ops.name}:[{int(root.d_inode.i_ino)}]"
    return dentry_path(root)


def _mode(read_only: int) -> str:
    return "ro" if read_only else "rw"


def _names(flags: int, table: tuple[tuple[int, str], ...]) -> list[str]:
    return [name for bit, name in table if flags & bit]


def _idmapped(view: StructResult) -> Iterator[str]:
    """Yield "idmapped" if a ``struct vfsmount`` maps IDs."""
    # Commit 256c8aed2b42 ("fs: introduce dedicated idmap type for mounts", v6.2); v5.12 to v6.1 have mnt_userns.
    if view.hasField("mnt_idmap"):
        mapped = int(view.mnt_idmap) != sym2addr("nop_mnt_idmap")
    else:
        mapped = view.hasField("mnt_userns") and int(view.mnt_userns) != sym2addr("init_user_ns")
    if mapped:
        yield "idmapped"


def _propagation(mount: StructResult, flags: int) -> Iterator[str]:
    """Yield "shared:N", "master:N" and "unbindable", as in mountinfo."""
    shared, unbindable = flags & MNT_SHARED, flags & MNT_UNBINDABLE
    if mount.hasField("mnt_t_flags"):
        shared, unbindable = int(mount.mnt_t_flags) & T_SHARED, int(mount.mnt_t_flags) & T_UNBINDABLE
    if shared:
        yield f"shared:{int(mount.mnt_group_id)}"
    if mount.mnt_master:
        yield f"master:{int(mount.mnt_master.mnt_group_id)}"
    if unbindable:
        yield "unbindable"


def path_below(dentry: StructResult, mount: StructResult, root: StructResult | None) -> str | None:
    """Return the path of a ``struct dentry`` in a ``struct mount`` below ``struct path root``; None if it is outside.

    Without ``root``, the path begins at the root of the namespace.
    """
    top = (int(root.dentry), int(root.mnt)) if root is not None else None
    parts: list[str] = []
    for _ in range(MAX_DEPTH):
        view = mount.mnt
        first, here = int(view.mnt_root), int(view)
        while (int(dentry), here) != top and int(dentry) != first and not IS_ROOT(dentry):
            parts.append(get_dentry_name(dentry))
            dentry = dentry.d_parent
            if len(parts) > MAX_DEPTH:
                raise error(f"The dentry {int(dentry):#x} is deeper than {MAX_DEPTH}: its parents form a loop.")
        if (int(dentry), here) == top or (top is None and int(mount.mnt_parent) == int(mount)):
            return "/" + "/".join(reversed(parts))
        if int(mount.mnt_parent) == int(mount):
            return None
        dentry, mount = mount.mnt_mountpoint, mount.mnt_parent
    raise error(f"The mount {int(mount):#x} is deeper than {MAX_DEPTH}: its parents form a loop.")


def mounts_of(namespace: StructResult, root: StructResult | None = None) -> Iterator[MountPoint]:
    """Yield the mounts of a ``struct mnt_namespace`` in the kernel's order.

    ``root`` is the ``struct path`` of a process's root directory (``task->fs->root``): mounts outside of it are left
    out, as in /proc/PID/mounts. A mount that cannot be read is reported through pylog, and the others follow.
    """
    for mount in for_each_mount(namespace):
        try:
            if _is_cursor(mount):
                continue
            path = path_below(mount.mnt.mnt_root, mount, root)
            if path is not None:
                yield MountPoint(mount, path)
        except UNREADABLE as problem:
            pylog.error(f"The mount {int(mount):#x} cannot be read: {problem}")


def _is_cursor(mount: StructResult) -> bool:
    """Return whether it is no mount but the position of a reader of /proc/mounts.

    Commit 9f6c61f96f2d ("proc/mounts: add cursor", v5.8); gone with the list (commit 2eea9ce4310d, v6.8).
    """
    return bool(int(mount.mnt.mnt_flags) & MNT_CURSOR) and member_offset("struct mount", "mnt_node") < 0


def root_of(task: StructResult) -> StructResult | None:
    """Return the ``struct path`` of the root directory of a ``struct task_struct``, None if it has none any more."""
    found: StructResult | None = task.fs.root if task.fs else None
    return found


def mount_of(address: int) -> StructResult:
    """Return the ``struct mount`` of the address of a ``struct vfsmount`` in it."""
    return real_mount(address)
