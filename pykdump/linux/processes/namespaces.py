# SPDX-License-Identifier: GPL-3.0-or-later
"""Namespaces of processes: what /proc/PID/ns shows, and which processes share a namespace."""

from __future__ import annotations

from crash import error

from pykdump.linux.tasks import Task, process_leaders
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

# {name in /proc/PID/ns: member of struct nsproxy}
OF_NSPROXY = {
    "cgroup": "cgroup_ns",
    "ipc": "ipc_ns",
    "mnt": "mnt_ns",
    "net": "net_ns",
    "pid_for_children": "pid_ns_for_children",
    "time": "time_ns",
    "time_for_children": "time_ns_for_children",
    "uts": "uts_ns",
}
FOR_CHILDREN = "_for_children"


def namespaces_of(task: Task) -> Iterator[tuple[str, int, int]]:
    """Yield (name in /proc/PID/ns, inode number, address of the struct) of each namespace of a task.

    A zombie has no ``task->nsproxy`` any more, only its PID and its user namespace.
    """
    if task.ts.nsproxy:
        for name, member in OF_NSPROXY.items():
            if task.ts.nsproxy.hasField(member):  # v5.6 added the time namespace
                namespace = getattr(task.ts.nsproxy, member)
                if namespace:
                    yield name, _inode(namespace), int(namespace)
    pid = task.task_get_pid()
    if pid:
        namespace = pid.numbers[int(pid.level)].ns
        yield "pid", _inode(namespace), int(namespace)
    if task.ts.real_cred:
        namespace = task.ts.real_cred.user_ns
        yield "user", _inode(namespace), int(namespace)


def _inode(namespace: StructResult) -> int:
    """Return the N of "net:[N]": ``struct ns_common`` is the member ``ns`` of each namespace."""
    return int(namespace.ns.inum)


class Shared:
    """A namespace: its kind, inode number and struct, and its processes in the kernel's order."""

    __slots__ = ("address", "inode", "kind", "processes")

    def __init__(self, kind: str, inode: int, address: int) -> None:
        self.kind = kind
        self.inode = inode
        self.address = address
        self.processes: list[Task] = []


def shared_namespaces() -> list[Shared]:
    """Return each namespace that a process has, sorted by kind; the initial one is the first of its kind.

    The namespaces for children are not asked for.
    """
    found: dict[tuple[str, int], Shared] = {}
    for struct in process_leaders():
        task = Task(struct)
        try:
            for kind, inode, address in namespaces_of(task):
                if not kind.endswith(FOR_CHILDREN):
                    found.setdefault((kind, address), Shared(kind, inode, address)).processes.append(task)
        except (error, LookupError) as problem:
            pylog.error(f"The namespaces of PID {task.pid} cannot be read: {problem}")
    return sorted(found.values(), key=lambda namespace: namespace.kind)
