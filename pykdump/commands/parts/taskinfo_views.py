# SPDX-License-Identifier: GPL-3.0-or-later
"""taskinfo --memory and --ns: memory of processes, and namespaces."""

from __future__ import annotations

from pykdump.command_layer import Section, guarded
from pykdump.commands.parts.taskinfo_records import MemoryTotal, Namespace, ProcessMemory, SysvSegment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykdump.linux.processes.memory import Usage
    from pykdump.linux.tasks import Task

TOP = 8
MAX_PIDS = 100


def process_memory(task: Task, usage: Usage) -> ProcessMemory:
    """Return the record of a process's memory."""
    from pykdump.linux.processes.memory import kibibytes

    pages = (
        usage.resident,
        usage.own,
        usage.anonymous,
        usage.file,
        usage.shared,
        usage.sysv,
        usage.swap,
        usage.virtual,
    )
    return ProcessMemory(task.pid, task.comm, *map(kibibytes, pages))


def memory(limit: int | None) -> Iterator[object]:
    """Yield the ``limit`` processes with the most resident memory, the sums of all, and the SysV segments."""
    from pykdump.linux.processes.memory import memory_of_processes

    found = [process_memory(task, usage) for task, usage in memory_of_processes()]
    # Two processes that have attached a large segment may have little memory of their own.
    found.sort(key=lambda row: (-row.without_sysv, row.pid))
    yield from found[: limit or TOP]
    segments = list(guarded("SysV shared memory", _segments))
    sysv = sum(segment.resident for segment in segments if isinstance(segment, SysvSegment))
    yield MemoryTotal(
        processes=len(found),
        without_sysv=sum(row.without_sysv for row in found),
        resident=sum(row.resident for row in found),
        swap=sum(row.swap for row in found),
        sysv=sysv,
    )
    yield Section("SysV shared memory")
    yield from segments


def _segments() -> Iterator[SysvSegment]:
    from pykdump.linux.processes.memory import kibibytes
    from pykdump.linux.processes.sysv_shm import segments

    for each in segments():
        yield SysvSegment(
            shmid=each.shmid,
            key=each.key,
            mode=f"{each.mode:o}",
            uid=each.uid,
            size=each.size,
            resident=kibibytes(each.resident),
            swap=kibibytes(each.swapped),
            attaches=each.attaches,
            creator=each.creator,
            last=each.last,
            namespace=each.namespace,
        )


def namespaces() -> Iterator[Namespace]:
    """Yield the namespaces, the initial one of each type first."""
    from pykdump.linux.processes.namespaces import shared_namespaces

    kind = ""
    for each in shared_namespaces():
        initial, kind = each.kind != kind, each.kind
        first = each.processes[0]
        pids = () if initial else tuple(task.pid for task in each.processes[:MAX_PIDS])
        count = len(each.processes)
        yield Namespace(each.kind, each.inode, initial, count, first.pid, first.comm, pids, each.address)
