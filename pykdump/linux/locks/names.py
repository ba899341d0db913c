# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lock belongs to: a variable, an inode with its path, the memory of a process, a file system."""

from __future__ import annotations

import re

from crash import Addr, addr2mod, addr2sym, container_of, member_offset, member_size, readPtr, readSU, struct_size

from pykdump.c_integers import LONG_MASK, PTR_SIZE
from pykdump.linux.fs import dentry_path, device_number, fs_type, mount_point, super_blocks
from pykdump.linux.locks.stack_words import DAMAGED
from pykdump.linux.tasks import process_leaders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from crash import StructResult

# A lock in a larger variable: no variable of the kernel that has locks is larger.
MAX_VARIABLE = 0x4000
# Variables of lockdep and of warnings have no size without debugging: another variable is at the same address.
_EMPTY_VARIABLE = re.compile(r"(?:_key|__already_done|__warned)(?:\.\d+)?\Z")
INODE, SUPER_BLOCK, MM = "struct inode", "struct super_block", "struct mm_struct"
MAX_ERRNO = 4095
FREEZE_LEVELS = ("writes", "page faults", "internal writes")  # sb->s_writers.rw_sem[SB_FREEZE_WRITE - 1] and so on


def variable_name(address: int) -> str:
    """Return "symbol" or "symbol+0x10" with the module's name in brackets, "" if no variable is there."""
    name, offset = addr2sym(address, True)
    if name is None or offset > MAX_VARIABLE or _EMPTY_VARIABLE.search(name):
        return ""
    module = addr2mod(address)
    return name + (f"+{offset:#x}" if offset else "") + (f" [{module}]" if module else "")


def file_system_name(sb: StructResult) -> str:
    """Return type, device and a mount point of a ``struct super_block``: "ext4 loop0 on /mnt"."""
    place = ""
    try:
        mount = _first_mount(sb)
        if mount and LONG_MASK - int(mount.mnt_ns) > MAX_ERRNO:  # MNT_NS_INTERNAL is an error pointer
            place = f" on {mount_point(mount)}"
    except DAMAGED:
        pass
    return f"{fs_type(sb)} {sb.s_id}{place}"


def _first_mount(sb: StructResult) -> StructResult | None:
    head = Addr(sb, "s_mounts")
    first = readPtr(head)
    # Commit 09a1b33c080f ("preparations to taking MNT_WRITE_HOLD out of ->mnt_flags", v6.18): a pointer to the
    # first struct mount, before it the head of a list.
    if member_size(SUPER_BLOCK, "s_mounts") == PTR_SIZE:
        return readSU("struct mount", first) if first else None
    return container_of(first, "struct mount", "mnt_instance") if first != head else None


def inode_path(inode: StructResult) -> str:
    """Return path and file system of a ``struct inode``: "/dir/file of ext4 loop0 on /mnt", "block device vda"."""
    if str(inode.i_sb.s_type.name) == "bdev":
        return f"block device {_disk_name(inode)}"
    first = int(inode.i_dentry.first)
    path = f"inode {int(inode.i_ino)}"
    if first:
        # Commit 2420067cecac ("struct dentry: make ->d_u anonymous", v7.1).
        member = "d_alias" if member_offset("struct dentry", "d_alias") >= 0 else "d_u.d_alias"
        path = dentry_path(readSU("struct dentry", first - member_offset("struct dentry", member)))
    return f"{path} of {file_system_name(inode.i_sb)}"


def _disk_name(inode: StructResult) -> str:
    """Return the disk of an inode of the file system "bdev", "major:minor" if it cannot be read."""
    try:
        return str(container_of(int(inode), "struct bdev_inode", "vfs_inode").bdev.bd_disk.disk_name)
    except (*DAMAGED, KeyError, TypeError):
        return ":".join(map(str, device_number(int(inode.i_rdev))))


class Names:
    """Finds names of locks. It reads the lists of file systems and of processes when it needs them first."""

    def __init__(self) -> None:
        self._blocks: dict[int, StructResult] = {}
        self._memories: dict[int, str] = {}
        self._names: dict[tuple[str, int], str] = {}

    def name_of(self, kind: str, address: int) -> str:
        """Return what the lock at ``address`` belongs to, "" if it is not known."""
        key = kind, address
        if key not in self._names:
            try:
                self._names[key] = _BY_KIND.get(kind, Names._nothing)(self, address) or variable_name(address)
            except (*DAMAGED, KeyError):
                self._names[key] = ""
        return self._names[key]

    def frozen_block(self, address: int) -> tuple[StructResult, int] | None:
        """Return (``struct super_block``, index) if a ``struct percpu_rw_semaphore *`` is sb->s_writers.rw_sem[index].

        Its readers are those who write to the file system, its writer freezes it.
        """
        start = member_offset(SUPER_BLOCK, "s_writers.rw_sem")
        count = len(FREEZE_LEVELS)
        size = member_size(SUPER_BLOCK, "s_writers.rw_sem") // count
        for index in range(count):
            block = self.blocks().get(address - start - index * size)
            if block is not None:
                return block, index
        return None

    def blocks(self) -> dict[int, StructResult]:
        """Return {address: ``struct super_block``} of all file systems."""
        if not self._blocks:
            self._blocks = {int(sb): sb for sb in super_blocks()}
        return self._blocks

    def inode_at(self, address: int) -> StructResult | None:
        """Return the ``struct inode`` at ``address`` if there is one: its file system and its mapping point back."""
        offset = member_offset(INODE, "i_sb")
        try:
            if readPtr(address + offset) not in self.blocks():
                return None
            inode = readSU(INODE, address)
            return inode if int(inode.i_data.host) == address else None
        except DAMAGED:
            return None

    def _nothing(self, address: int) -> str:
        return ""

    def _rwsem(self, address: int) -> str:
        inode = self.inode_at(address - member_offset(INODE, "i_rwsem"))
        if inode is not None:
            return f"i_rwsem of {inode_path(inode)}"
        block = self.blocks().get(address - member_offset(SUPER_BLOCK, "s_umount"))
        if block is not None:
            return f"s_umount of {file_system_name(block)}"
        # Commit da1c55f1b272 ("mmap locking API: rename mmap_sem to mmap_lock", v5.8).
        process = self._process(address - member_offset(MM, "mmap_lock"))
        return f"mmap_lock of {process}" if process else ""

    def _process(self, mm: int) -> str:
        """Return the process that has a ``struct mm_struct *`` (or a number for futexes), "" if there is none."""
        if not self._memories:
            # Debian's 6.12.117 has a number instead of the address of the mm in the keys of futexes.
            numbered = member_offset(MM, "futex_unique_id") >= 0
            for leader in process_leaders():
                name = f"PID {int(leader.pid)} ({leader.comm})"
                self._memories.setdefault(int(leader.mm), name)
                if numbered and leader.mm:
                    self._memories.setdefault(int(leader.mm.futex_unique_id.counter), name)
            self._memories.pop(0, None)
        return self._memories.get(mm, "")

    def _futex(self, mm: int) -> str:
        process = self._process(mm)
        return f"of {process}" if process else ""

    def _percpu(self, address: int) -> str:
        found = self.frozen_block(address)
        return f"{FREEZE_LEVELS[found[1]]} to {file_system_name(found[0])}" if found else ""

    def _page(self, address: int) -> str:
        # v5.16 (include/linux/mm_types.h) has struct folio; before it the same members are in struct page.
        page = readSU("struct folio" if struct_size("struct folio") > 0 else "struct page", address)
        mapping = int(page.mapping)
        if not mapping:
            return "a page without a file"
        if mapping & 3:  # PAGE_MAPPING_ANON and PAGE_MAPPING_MOVABLE
            return "a page of anonymous memory"
        inode = readSU("struct address_space", mapping).host
        return f"page {int(page.index)} of {inode_path(inode)}" if inode else ""

    def _bit(self, address: int) -> str:
        inode = self.inode_at(address - member_offset(INODE, "i_state"))
        return f"state of {inode_path(inode)}" if inode is not None else ""


_BY_KIND: dict[str, Callable[[Names, int], str]] = {
    "rwsem": Names._rwsem,
    "percpu-rwsem": Names._percpu,
    "freeze": Names._percpu,
    "futex": Names._futex,
    "folio": Names._page,
    "bit": Names._bit,
}
