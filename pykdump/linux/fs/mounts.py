# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts as a process sees them: what /proc/PID/mounts, mountinfo and mountstats show."""

from __future__ import annotations

from functools import cache

from crash import error, member_offset, readSU, sym2addr

from pykdump.linux.fs import (
    IS_ROOT,
    MAX_DEPTH,
    dentry_path,
    device_number,
    for_each_mount,
    fs_type,
    get_dentry_name,
    real_mount,
    sb_frozen,
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
# The options of these depend on the mounted directory; those of all others on the super block alone.
TYPES_WITH_OPTIONS_OF_THE_ROOT = ("bpf",)
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


class FileSystem:
    """What all mounts of a ``struct super_block`` have in common."""

    __slots__ = ("_own", "frozen", "fs_type", "general", "mode", "super_block")

    def __init__(self, super_block: StructResult) -> None:
        flags = int(super_block.s_flags)
        self.super_block = super_block
        self.fs_type = fs_type(super_block)
        self.mode = _mode(flags & SB_RDONLY)
        self.general = _super_general(flags) + security_options(super_block)
        self.frozen = sb_frozen(super_block)
        self._own: tuple[tuple[str, ...], str | None] | None = None

    def own_options(self, root: StructResult) -> tuple[tuple[str, ...], str | None]:
        """Return super_block_options() for the ``struct dentry`` that is mounted."""
        if self._own is not None:
            return self._own
        found = super_block_options(self.super_block, root)
        if self.fs_type not in TYPES_WITH_OPTIONS_OF_THE_ROOT:
            self._own = found
        return found


class MountPoint:
    """One mount: the fields of its lines in /proc/PID/mounts and mountinfo, without escapes.

    ``mount`` is the ``struct mount``, ``super_block`` the ``struct super_block``, ``directory`` the ``struct dentry``
    in the file system that is mounted, and ``root`` its path. ``own_options`` are those of the mount, ``super_options``
    those of the file system. If the latter are not complete, ``problem`` says why. ``frozen`` is sb_frozen().
    ``file_systems`` are those of the mounts before; that of this mount is added.
    """

    __slots__ = (
        "_directory", "_file_system", "_flags", "_own", "mount", "own_options", "path", "problem", "source",
        "super_block",
    )  # fmt: skip

    def __init__(
        self, mount: StructResult, directory: StructResult, path: str, file_systems: dict[int, FileSystem]
    ) -> None:
        view = mount.mnt
        sb = view.mnt_sb
        found = file_systems.get(int(sb))
        if found is None:
            found = file_systems[int(sb)] = FileSystem(sb)
        flags = int(view.mnt_flags)
        self.mount, self.super_block, self.path = mount, sb, path
        self._directory, self._flags, self._file_system = directory, flags, found
        self.source = str(mount.mnt_devname or "none")
        self.own_options = (*_general(flags), "idmapped") if _is_idmapped(view) else _general(flags)
        self._own, self.problem = found.own_options(directory)

    @property
    def fs_type(self) -> str:
        """The type of the file system, with its subtype."""
        return self._file_system.fs_type

    @property
    def frozen(self) -> int:
        """How far the file system is frozen: sb_frozen()."""
        return self._file_system.frozen

    @property
    def mount_id(self) -> int:
        """The ID of the mount."""
        return int(self.mount.mnt_id)

    @property
    def parent_id(self) -> int:
        """The ID of the mount that has the mount point."""
        return int(self.mount.mnt_parent.mnt_id)

    @property
    def device(self) -> tuple[int, int]:
        """Major and minor number of the file system."""
        return device_number(int(self.super_block.s_dev))

    @property
    def root(self) -> str:
        """The directory of the file system that is mounted."""
        return _name_of_namespace(self._directory) if self.fs_type == "nsfs" else dentry_path(self._directory)

    @property
    def propagation(self) -> tuple[str, ...]:
        """ "shared:N", "master:N", "unbindable"."""
        return _propagation(self.mount, self._flags)

    @property
    def super_options(self) -> tuple[str, ...]:
        """The options of the file system, as in mountinfo."""
        return (self._file_system.mode, *self._file_system.general, *self._own)

    @property
    def options(self) -> tuple[str, ...]:
        """The options in the order of /proc/PID/mounts."""
        read_only = "ro" in (self.own_options[0], self._file_system.mode)
        return (_mode(read_only), *self._file_system.general, *self.own_options[1:], *self._own)


def _name_of_namespace(root: StructResult) -> str:
    """Return what nsfs_show_path() of fs/nsfs.c shows of a ``struct dentry`` of nsfs: "net:[4026532237]"."""
    inode = root.d_inode
    namespace = readSU("struct ns_common", int(inode.i_private))
    return f"{namespace.ops.name}:[{int(inode.i_ino)}]"


def _mode(read_only: int) -> str:
    return "ro" if read_only else "rw"


@cache
def _general(flags: int) -> tuple[str, ...]:
    """Return the options that are bits of ``mnt_flags``: most mounts have the same few sets of them."""
    return (_mode(flags & MNT_READONLY), *_names(flags, MNT_OPTIONS))


@cache
def _super_general(flags: int) -> tuple[str, ...]:
    """Return the options that are bits of ``s_flags``."""
    return tuple(_names(flags, SB_OPTIONS))


def _names(flags: int, table: tuple[tuple[int, str], ...]) -> list[str]:
    return [name for bit, name in table if flags & bit]


def _is_idmapped(view: StructResult) -> bool:
    """Return whether a ``struct vfsmount`` maps IDs."""
    # Commit 256c8aed2b42 ("fs: introduce dedicated idmap type for mounts", v6.2); v5.12 to v6.1 have mnt_userns.
    try:
        return int(view.mnt_idmap) != sym2addr("nop_mnt_idmap")
    except AttributeError:
        return view.hasField("mnt_userns") and int(view.mnt_userns) != sym2addr("init_user_ns")


def _propagation(mount: StructResult, flags: int) -> tuple[str, ...]:
    """Return "shared:N", "master:N" and "unbindable", as in mountinfo."""
    shared, unbindable = flags & MNT_SHARED, flags & MNT_UNBINDABLE
    if mount.hasField("mnt_t_flags"):
        flags = int(mount.mnt_t_flags)
        shared, unbindable = flags & T_SHARED, flags & T_UNBINDABLE
    found: tuple[str, ...] = (f"shared:{int(mount.mnt_group_id)}",) if shared else ()
    if mount.mnt_master:
        found += (f"master:{int(mount.mnt_master.mnt_group_id)}",)
    return (*found, "unbindable") if unbindable else found


def path_below(dentry: StructResult, mount: StructResult, root: StructResult | None) -> str | None:
    """Return the path of a ``struct dentry`` in a ``struct mount`` below ``struct path root``; None if it is outside.

    Without ``root``, the path begins at the root of the namespace.
    """
    top = (int(root.dentry), int(root.mnt)) if root is not None else None
    parts: list[str] = []
    for _ in range(MAX_DEPTH):
        view = mount.mnt
        first, here = int(view.mnt_root), int(view)
        while int(dentry) != first and (int(dentry), here) != top and not IS_ROOT(dentry):
            parts.append(get_dentry_name(dentry))
            dentry = dentry.d_parent
            if len(parts) > MAX_DEPTH:
                raise error(f"The dentry {int(dentry):#x} is deeper than {MAX_DEPTH}: its parents form a loop.")
        if (int(dentry), here) == top or (top is None and int(mount.mnt_parent) == int(mount)):
            return "/" + "/".join(reversed(parts))
        above = mount.mnt_parent
        if int(above) == int(mount):
            return None
        dentry, mount = mount.mnt_mountpoint, above
    raise error(f"The mount {int(mount):#x} is deeper than {MAX_DEPTH}: its parents form a loop.")


class _Paths:
    """The paths of mounts below ``struct path root``: a mount is nearly always in a mount whose path is known."""

    def __init__(self, root: StructResult | None) -> None:
        self._root = root
        # {struct mount *: {struct dentry * in it: its path}}, without the slash at the end that "/" has. The same
        # dentries may be in several mounts.
        self._known: dict[int, dict[int, str]] = {}
        if root is not None:
            self._known[int(mount_of(int(root.mnt)))] = {int(root.dentry): ""}

    def of(self, mount: StructResult, dentry: StructResult) -> str | None:
        """Return path_below() of the root ``struct dentry`` of a ``struct mount``, and remember it."""
        known = self._known.get(int(mount))
        path = known.get(int(dentry)) if known else None
        if path is None:
            parent = int(mount.mnt_parent)
            above = self._known.get(parent) if parent != int(mount) else None
            path = self._inside(mount.mnt_mountpoint, above) if above else None
        if path is None:
            path = path_below(dentry, mount, self._root)
            if path is None:
                return None
        self._known.setdefault(int(mount), {})[int(dentry)] = path.rstrip("/")
        return path or "/"

    @staticmethod
    def _inside(dentry: StructResult, known: dict[int, str]) -> str | None:
        """Return the path of a ``struct dentry``; None if there are no ``known`` paths above it in its mount."""
        below: list[StructResult] = []
        path = known.get(int(dentry))
        while path is None:
            below.append(dentry)
            dentry = dentry.d_parent
            if int(dentry) == int(below[-1]) or len(below) > MAX_DEPTH:
                return None
            path = known.get(int(dentry))
        for each in reversed(below):
            path = known[int(each)] = f"{path}/{get_dentry_name(each)}"
        return path


def mounts_of(namespace: StructResult, root: StructResult | None = None) -> Iterator[MountPoint]:
    """Yield the mounts of a ``struct mnt_namespace`` in the kernel's order.

    ``root`` is the ``struct path`` of a process's root directory (``task->fs->root``): mounts outside of it are left
    out, as in /proc/PID/mounts. A mount that cannot be read is reported through pylog, and the others follow.
    """
    file_systems: dict[int, FileSystem] = {}
    path_of = _Paths(root).of
    # Commit 9f6c61f96f2d ("proc/mounts: add cursor", v5.8) put the positions of readers of /proc/mounts among the
    # mounts. They are gone with the list (commit 2eea9ce4310d, v6.8).
    cursors = MNT_CURSOR if member_offset("struct mount", "mnt_node") < 0 else 0
    for mount in for_each_mount(namespace):
        try:
            if cursors and int(mount.mnt.mnt_flags) & cursors:
                continue
            directory = mount.mnt.mnt_root
            path = path_of(mount, directory)
            if path is not None:
                yield MountPoint(mount, directory, path, file_systems)
        except UNREADABLE as problem:
            pylog.error(f"The mount {int(mount):#x} cannot be read: {problem}")


def root_of(task: StructResult) -> StructResult | None:
    """Return the ``struct path`` of the root directory of a ``struct task_struct``, None if it has none any more."""
    found: StructResult | None = task.fs.root if task.fs else None
    return found


def mount_of(address: int) -> StructResult:
    """Return the ``struct mount`` of the address of a ``struct vfsmount`` in it."""
    return real_mount(address)
