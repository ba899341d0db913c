# SPDX-License-Identifier: GPL-3.0-or-later
"""SysV shared memory: the segments, and the processes that have them attached."""

from __future__ import annotations

from crash import container_of, readSU

from pykdump.linux.idr import idr_for_each
from pykdump.linux.tasks import process_leaders
from pykdump.linux.trees import for_all_rbtree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

IPC_SHM_IDS = 2  # ipc/util.h
HUGETLBFS = "hugetlbfs"


class Segment:
    """A segment: the fields of its line in /proc/sysvipc/shm. ``resident`` and ``swapped`` are pages.

    ``mapping`` is its ``struct address_space``, ``namespace`` the address of its ``struct ipc_namespace``. ``huge``
    says whether it has huge pages, which the resident size of a process does not count.
    """

    __slots__ = (
        "attaches", "creator", "huge", "key", "last", "mapping", "mode", "namespace", "resident", "shmid", "size",
        "struct", "swapped", "uid",
    )  # fmt: skip

    def __init__(self, kernel: StructResult, namespace: int) -> None:
        permission, inode = kernel.shm_perm, kernel.shm_file.f_inode
        self.struct, self.namespace = kernel, namespace
        self.key, self.shmid = int(permission.key), int(permission.id)
        self.mode, self.uid = int(permission.mode), int(permission.uid.val)
        self.size, self.attaches = int(kernel.shm_segsz), int(kernel.shm_nattch)
        self.creator, self.last = _number(kernel.shm_cprid), _number(kernel.shm_lprid)
        self.mapping = inode.i_mapping
        self.huge = str(inode.i_sb.s_type.name) == HUGETLBFS
        self.resident = int(self.mapping.nrpages)
        self.swapped = 0 if self.huge else int(container_of(inode, "struct shmem_inode_info", "vfs_inode").swapped)


def _number(pid: StructResult) -> int:
    """Return the PID of a ``struct pid *`` in the initial namespace; 0 for NULL."""
    return int(pid.numbers[0].nr) if pid else 0


def ipc_namespaces() -> Iterator[StructResult]:
    """Yield each ``struct ipc_namespace`` that a process has, the one of the first process first."""
    seen: set[int] = set()
    for task in process_leaders():
        if task.nsproxy and int(task.nsproxy.ipc_ns) not in seen:
            seen.add(int(task.nsproxy.ipc_ns))
            yield task.nsproxy.ipc_ns


def segments() -> Iterator[Segment]:
    """Yield the SysV segments of all namespaces, in the order of /proc/sysvipc/shm."""
    for namespace in ipc_namespaces():
        for _, address in idr_for_each(namespace.ids[IPC_SHM_IDS].ipcs_idr):
            permission = readSU("struct kern_ipc_perm", address)
            yield Segment(container_of(permission, "struct shmid_kernel", "shm_perm"), int(namespace))


def attached() -> dict[int, int]:
    """Return {address of ``struct mm_struct``: resident pages of the SysV segments that it has attached}.

    The areas of all processes that map a segment are in its tree ``mapping->i_mmap``.
    """
    found: dict[int, int] = {}
    for segment in segments():
        if segment.huge:
            continue
        areas = for_all_rbtree(segment.mapping.i_mmap.rb_root, "struct vm_area_struct", "shared.rb")
        for mm in {int(area.vm_mm) for area in areas}:
            found[mm] = found.get(mm, 0) + segment.resident
    return found
