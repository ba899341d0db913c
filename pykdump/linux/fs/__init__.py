# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual file system: mounts, names of dentries, paths, open files."""

from __future__ import annotations

from crash import (
    Addr,
    SmartString,
    container_of,
    error,
    mem2long,
    member_offset,
    readmem,
    readSU,
    sym2addr,
)

from pykdump.c_integers import PTR_SIZE
from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.trees import for_all_rbtree
from pykdump.lists import readSUListFromHead
from pykdump.namespaces import get_nsproxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_MOUNTS = 1_000_000
MAX_DEPTH = 10_000
MINOR_BITS = 20


def get_dentry_name(dentry: StructResult) -> str:
    """Return the name of a ``struct dentry``, which is "" if its length is 0."""
    name = dentry.d_name
    length = name.len
    if not length:
        return ""
    address = int(name.name)
    return SmartString(readmem(address, length), address, None)


def IS_ROOT(dentry: StructResult) -> bool:
    """Return whether a ``struct dentry`` is the root of its tree."""
    return int(dentry) == int(dentry.d_parent)


def sb_frozen(sb: StructResult) -> int:
    """Return the freeze level of a ``struct super_block`` (``SB_FREEZE_...``), 0 if it is not frozen."""
    # Commit 5accdf82ba25 ("fs: Improve filesystem freezing handling", v3.6).
    try:
        return int(sb.s_writers.frozen)
    except AttributeError:
        return int(sb.s_frozen)


def dentry_path(dentry: StructResult) -> str:
    """Return the path of a ``struct dentry`` from the root of its own file system."""
    names: list[str] = []
    parent = dentry.d_parent
    while int(parent) != int(dentry):
        if len(names) > MAX_DEPTH:
            raise error(f"The dentry {int(dentry):#x} is deeper than {MAX_DEPTH}: its parents form a loop.")
        names.append(get_dentry_name(dentry))
        dentry, parent = parent, parent.d_parent
    return "/" + "/".join(reversed(names))


def real_mount(vfsmount: int) -> StructResult:
    """Return the ``struct mount`` that embeds a ``struct vfsmount *``."""
    return container_of(readSU("struct vfsmount", int(vfsmount)), "struct mount", "mnt")


def mount_point(mount: StructResult) -> str:
    """Return the path of a ``struct mount`` from the root of its namespace."""
    return _path(mount.mnt.mnt_root, mount)


def file_path(file: StructResult) -> str:
    """Return the path of a ``struct file``, from the root of the namespace in which it was opened."""
    return full_path(file.f_path.dentry, file.f_path.mnt)


def full_path(dentry: StructResult, vfsmnt: int) -> str:
    """Return the path of a ``struct dentry`` in a ``struct vfsmount *``, from the root of the namespace.

    crash's get_pathname() gives the same, except that crash 8 adds a slash to the path of a mount point.
    """
    return _path(dentry, real_mount(vfsmnt))


def _path(dentry: StructResult, mount: StructResult) -> str:
    parts: list[str] = []
    for _ in range(MAX_DEPTH):
        while int(dentry) != int(mount.mnt.mnt_root) and not IS_ROOT(dentry):
            parts.append(get_dentry_name(dentry))
            dentry = dentry.d_parent
            if len(parts) > MAX_DEPTH:
                raise error(f"The dentry {int(dentry):#x} is deeper than {MAX_DEPTH}: its parents form a loop.")
        if int(mount.mnt_parent) == int(mount):
            return "/" + "/".join(reversed(parts))
        dentry, mount = mount.mnt_mountpoint, mount.mnt_parent
    raise error(f"The mount {int(mount):#x} is deeper than {MAX_DEPTH}: its parents form a loop.")


def for_each_mount(namespace: StructResult | None = None) -> Iterator[StructResult]:
    """Yield each ``struct mount`` of a ``struct mnt_namespace``, by default of get_nsproxy()."""
    if namespace is None:
        namespace = get_nsproxy().mnt_ns
    # Commit 2eea9ce4310d ("mounts: keep list of mounts in an rbtree", v6.8).
    if namespace.hasField("mounts") and member_offset("struct mount", "mnt_node") >= 0:
        yield from for_all_rbtree(namespace.mounts, "struct mount", "mnt_node")
    else:
        yield from readSUListFromHead(Addr(namespace, "list"), "mnt_list", "struct mount", maxel=MAX_MOUNTS)


def getMount() -> list[tuple[int, int, str, str, str]]:
    """Return (``struct vfsmount *``, ``struct super_block *``, type, device, mount point) of each mount.

    The mounts are those of the mount namespace of get_nsproxy().
    """
    return _mounts(int(get_nsproxy().mnt_ns))


@memoize_cond(CU_LIVE)
def _mounts(namespace: int) -> list[tuple[int, int, str, str, str]]:
    rows = []
    for mount in for_each_mount(readSU("struct mnt_namespace", namespace)):
        sb = mount.mnt.mnt_sb
        row = (Addr(mount, "mnt"), int(sb), fs_type(sb), str(mount.mnt_devname or "none"), mount_point(mount))
        rows.append(row)
    return rows


def fs_type(sb: StructResult) -> str:
    """Return the type of a ``struct super_block`` as in /proc/mounts: "ext4", or with its subtype "fuse.sshfs"."""
    name, subtype = _type_name(int(sb.s_type)), sb.s_subtype
    return f"{name}.{subtype}" if subtype else name


@memoize_cond(CU_LIVE)
def _type_name(address: int) -> str:
    """Return the name of a ``struct file_system_type *``: many super blocks share a type."""
    return str(readSU("struct file_system_type", address).name)


def device_number(dev: int) -> tuple[int, int]:
    """Return (major, minor) of a ``dev_t`` in the kernel's encoding."""
    return dev >> MINOR_BITS, dev & ((1 << MINOR_BITS) - 1)


def sb2Vfsmnt(sbaddr: int) -> int:
    """Return the first ``struct vfsmount *`` of a ``struct super_block *``, 0 if it is not mounted."""
    return next((row[0] for row in getMount() if row[1] == int(sbaddr)), 0)


def super_blocks() -> list[StructResult]:
    """Return each ``struct super_block``, mounted or not."""
    return readSUListFromHead(sym2addr("super_blocks"), "s_list", "struct super_block", maxel=MAX_MOUNTS)


def open_files(task: StructResult) -> Iterator[tuple[int, StructResult]]:
    """Yield (fd, ``struct file``) for each open file of a ``struct task_struct``, in the order of the numbers."""
    if not task.files:
        return
    table = task.files.fdt
    start, count = int(table.fd), int(table.max_fds)
    pointers = mem2long(readmem(start, count * PTR_SIZE), array=count)
    for fd, pointer in enumerate(pointers):
        if pointer:
            yield fd, readSU("struct file", pointer)
