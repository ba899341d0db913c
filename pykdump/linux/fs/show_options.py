# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of file systems, as their show_options() functions print them in /proc/mounts.

The function that a super block has (``sb->s_op->show_options``) chooses the reader here. Each reader yields the options
in the kernel's order; an option that has its default is not shown.
"""

from __future__ import annotations

from crash import PAGESIZE, addr2sym, enumerator_value, error, readSU, readSymbol, symbol_exists

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.lazy_imports import function
from pykdump.linux.fs.option_text import option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crash import StructResult

    Reader = Callable[[StructResult, StructResult], Iterator[str]]

# What damaged or missing memory, and a structure that another kernel lays out differently, raise.
UNREADABLE = (error, LookupError, AttributeError, TypeError, ValueError)
NR_UNIX98_PTY_MAX = 1 << 20
NO_LIMIT = 0xFFFF_FFFF
PERMISSIONS = 0o7777
SBLABEL_MNT, SE_SBINITIALIZED = 0x10, 0x100  # security/selinux/include/security.h
HIDEPID = {1: "noaccess", 2: "invisible", 4: "ptraceable"}  # fs/proc/root.c
HUGE = {1: "always", 2: "within_size", 3: "advise", -1: "deny", -2: "force"}  # mm/shmem.c
CGROUP2_FLAGS = (
    "nsdelegate:NS_DELEGATE favordynmods:FAVOR_DYNMODS memory_localevents:MEMORY_LOCAL_EVENTS "
    "memory_recursiveprot:MEMORY_RECURSIVE_PROT memory_hugetlb_accounting:MEMORY_HUGETLB_ACCOUNTING "
    "pids_localevents:PIDS_LOCAL_EVENTS"
)
CGROUP1_FLAGS = "noprefix:NOPREFIX xattr:XATTR cpuset_v2_mode:CPUSET_V2_MODE favordynmods:FAVOR_DYNMODS"


def super_block_options(sb: StructResult, root: StructResult) -> tuple[tuple[str, ...], str | None]:
    """Return the options of a ``struct super_block``, and None; or what can be told, and why the rest cannot.

    ``root`` is the ``struct dentry`` that is mounted.
    """
    pointer = int(sb.s_op.show_options)
    if not pointer:
        return (), None
    name = addr2sym(pointer) or f"{pointer:#x}"
    reader = READERS.get(name)
    if reader is None:
        return (), f"we do not know what {name}() shows"
    found: list[str] = []
    try:
        found.extend(reader(sb, root))
    except UNREADABLE as problem:
        return tuple(found), f"{name}: {problem}"
    return tuple(found), None


def security_options(sb: StructResult) -> tuple[str, ...]:
    """Return ("seclabel",) if SELinux keeps labels in the file system of a ``struct super_block``.

    selinux_sb_show_options() of security/selinux/hooks.c. The options with contexts are not read.
    """
    offset = _selinux_offset()
    if offset is None or not sb.s_security:
        return ()
    flags = int(readSU("struct superblock_security_struct", int(sb.s_security) + offset).flags)
    return ("seclabel",) if flags & SE_SBINITIALIZED and flags & SBLABEL_MNT else ()


@memoize_cond(CU_LIVE)
def _selinux_offset() -> int | None:
    """Return where SELinux's data is in ``sb->s_security``; None if SELinux is not active."""
    if not symbol_exists("selinux_state") or not readSymbol("selinux_state").initialized:
        return None
    # Since v5.13 (lbs_superblock in include/linux/lsm_hooks.h) all security modules share s_security.
    sizes = readSymbol("selinux_blob_sizes")
    return int(sizes.lbs_superblock) if sizes.hasField("lbs_superblock") else 0


def number(identifier: StructResult) -> int:
    """Return the number of a ``kuid_t`` or ``kgid_t``."""
    return int(identifier.val)


def _owner(info: StructResult) -> Iterator[str]:
    """Yield the options of members uid and gid that are not 0."""
    uid, gid = number(info.uid), number(info.gid)
    if uid:
        yield f"uid={uid}"
    if gid:
        yield f"gid={gid}"


@memoize_cond(CU_LIVE)
def _total_pages() -> int:
    return int(readSymbol("_totalram_pages").counter)


def tmpfs(sb: StructResult, root: StructResult) -> Iterator[str]:
    """shmem_show_options() of mm/shmem.c: ``struct shmem_sb_info``."""
    info = readSU("struct shmem_sb_info", int(sb.s_fs_info))
    half = _total_pages() // 2
    blocks, inodes, mode = int(info.max_blocks), int(info.max_inodes), int(info.mode)
    if blocks != half:
        yield f"size={blocks * PAGESIZE // 1024}k"
    if inodes != half:
        yield f"nr_inodes={inodes}"
    if mode != 0o1777:
        yield f"mode={mode:03o}"
    yield from _owner(info)
    wide = getattr(info, "full_inums", None)  # commit ea3271f7196c (v5.9)
    if wide is not None:
        yield "inode64" if wide else "inode32"
    huge = int(getattr(info, "huge", 0))
    if huge:
        yield f"huge={HUGE.get(huge, huge)}"
    if getattr(info, "noswap", 0):  # commit 2c6efe9cf2d7 (v6.4)
        yield "noswap"


def ramfs(sb: StructResult, root: StructResult) -> Iterator[str]:
    """ramfs_show_options() of fs/ramfs/inode.c: ``struct ramfs_fs_info``."""
    mode = int(readSU("struct ramfs_fs_info", int(sb.s_fs_info)).mount_opts.mode)
    if mode != 0o755:
        yield f"mode={mode:o}"


def devpts(sb: StructResult, root: StructResult) -> Iterator[str]:
    """devpts_show_options() of fs/devpts/inode.c: ``struct pts_fs_info``."""
    options = readSU("struct pts_fs_info", int(sb.s_fs_info)).mount_opts
    if options.setuid:
        yield f"uid={number(options.uid)}"
    if options.setgid:
        yield f"gid={number(options.gid)}"
    yield f"mode={int(options.mode):03o}"
    yield f"ptmxmode={int(options.ptmxmode):03o}"
    if int(options.max) < NR_UNIX98_PTY_MAX:
        yield f"max={int(options.max)}"


def proc(sb: StructResult, root: StructResult) -> Iterator[str]:
    """proc_show_options() of fs/proc/root.c: ``struct proc_fs_info``."""
    info = readSU("struct proc_fs_info", int(sb.s_fs_info))
    if number(info.pid_gid):
        yield f"gid={number(info.pid_gid)}"
    if int(info.hide_pid):
        yield f"hidepid={HIDEPID.get(int(info.hide_pid), 'unknown')}"
    if int(info.pidonly):
        yield "subset=pid"


def debugfs(sb: StructResult, root: StructResult) -> Iterator[str]:
    """debugfs_show_options(): ``struct debugfs_fs_info``."""
    return _modes(sb, "struct debugfs_fs_info")


def tracefs(sb: StructResult, root: StructResult) -> Iterator[str]:
    """tracefs_show_options(): ``struct tracefs_fs_info``."""
    return _modes(sb, "struct tracefs_fs_info")


def _modes(sb: StructResult, suname: str) -> Iterator[str]:
    info = readSU(suname, int(sb.s_fs_info))
    if info.hasField("mount_opts"):  # before commits a20971c18752 and 78ff64081949 (v6.10)
        info = info.mount_opts
    yield from _owner(info)
    if int(info.mode) != 0o700:
        yield f"mode={int(info.mode):o}"


def bpf(sb: StructResult, root: StructResult) -> Iterator[str]:
    """bpf_show_options() of kernel/bpf/inode.c, without the options to delegate."""
    inode = root.d_inode
    for name, value in (("uid", number(inode.i_uid)), ("gid", number(inode.i_gid))):
        if value:
            yield f"{name}={value}"
    mode = int(inode.i_mode) & PERMISSIONS & ~0o1000
    if mode != 0o777:
        yield f"mode={mode:o}"


def kernfs(sb: StructResult, root: StructResult) -> Iterator[str]:
    """kernfs_sop_show_options() of fs/kernfs/mount.c: sysfs has no options, cgroup file systems have their own."""
    tree = readSU("struct kernfs_super_info", int(sb.s_fs_info)).root
    calls = tree.syscall_ops
    name = addr2sym(int(calls.show_options)) if calls and calls.show_options else None
    if name == "cgroup_show_options":
        yield from _flags(int(readSymbol("cgrp_dfl_root").flags), CGROUP2_FLAGS)
    elif name == "cgroup1_show_options":
        yield from _cgroup1(readSU("struct cgroup", int(tree.kn.priv)).root)
    elif name is not None:
        raise error(f"the function {name}() is not known")


def _flags(flags: int, names: str) -> Iterator[str]:
    """Return the options whose enumerators CGRP_ROOT_... are set in ``flags``. Their values differ between kernels."""
    return (shown for bit, shown in _bits(names) if flags & bit)


@memoize_cond(CU_LIVE)
def _bits(names: str) -> list[tuple[int, str]]:
    """Return (value of CGRP_ROOT_..., option) of each word "option:..."; 0 if this kernel has no such enumerator."""
    words = (word.partition(":") for word in names.split())
    return [(enumerator_value(f"CGRP_ROOT_{enumerator}") or 0, shown) for shown, _, enumerator in words]


def _cgroup1(root: StructResult) -> Iterator[str]:
    """cgroup1_show_options() of kernel/cgroup/cgroup-v1.c, for a ``struct cgroup_root``."""
    mask = int(root.subsys_mask)
    for index, subsystem in enumerate(readSymbol("cgroup_subsys")):
        if mask >> index & 1:
            yield str(subsystem.legacy_name)
    yield from _flags(int(root.flags), CGROUP1_FLAGS)
    if str(root.release_agent_path):
        yield option("release_agent", root.release_agent_path)
    clone = enumerator_value("CGRP_CPUSET_CLONE_CHILDREN")
    if clone is not None and int(root.cgrp.flags) >> clone & 1:
        yield "clone_children"
    if str(root.name):
        yield option("name", root.name)


def fuse(sb: StructResult, root: StructResult) -> Iterator[str]:
    """fuse_show_options() of fs/fuse/inode.c: ``struct fuse_conn``."""
    # Commit fcee216beb9c ("fuse: split fuse_mount off of fuse_conn", v5.10).
    connection = readSU("struct fuse_mount", int(sb.s_fs_info)).fc
    if not connection.legacy_opts_show:
        return
    yield f"user_id={number(connection.user_id)}"
    yield f"group_id={number(connection.group_id)}"
    if connection.default_permissions:
        yield "default_permissions"
    if connection.allow_other:
        yield "allow_other"
    if int(connection.max_read) != NO_LIMIT:
        yield f"max_read={int(connection.max_read)}"
    if sb.s_bdev and int(sb.s_blocksize) != 512:
        yield f"blksize={int(sb.s_blocksize)}"


READERS: dict[str, Reader] = {
    "bpf_show_options": bpf,
    "debugfs_show_options": debugfs,
    "devpts_show_options": devpts,
    "ext4_show_options": function("pykdump.linux.fs.ext4_options", "ext4"),
    "fuse_show_options": fuse,
    "kernfs_sop_show_options": kernfs,
    "ovl_show_options": function("pykdump.linux.fs.overlay_options", "overlay"),
    "proc_show_options": proc,
    "ramfs_show_options": ramfs,
    "shmem_show_options": tmpfs,
    "tracefs_show_options": tracefs,
}
