# SPDX-License-Identifier: GPL-3.0-or-later
"""Mount namespaces, and processes that live in them."""

from __future__ import annotations

from itertools import chain

from crash import pid_to_task, readSU

from pykdump.linux.fs.mounts import root_of
from pykdump.linux.fs.show_options import UNREADABLE
from pykdump.linux.tasks import TASK_STRUCT, process_leaders
from pykdump.namespaces import get_nsproxy
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crash import StructResult


class View:
    """What a process sees of the file systems: ``struct mnt_namespace``, and ``struct path`` of its root directory."""

    __slots__ = ("comm", "namespace", "pid", "root")

    def __init__(self, task: StructResult) -> None:
        self.namespace = task.nsproxy.mnt_ns
        self.root = root_of(task)
        self.pid, self.comm = int(task.pid), str(task.comm)


def namespace_number(namespace: StructResult) -> int:
    """Return the inode number of a ``struct mnt_namespace``: N of "mnt:[N]" in /proc/PID/ns."""
    return int(namespace.ns.inum)


def views() -> Iterator[View]:
    """Yield the view of the first process in each mount namespace.

    Namespaces without a process (kept by a bind mount or an open file) are not found.
    """
    yield from _views_of(process_leaders())


def _views_of(tasks: Iterable[StructResult]) -> Iterator[View]:
    seen: set[int] = set()
    for task in tasks:
        try:
            if not task.nsproxy or int(task.nsproxy.mnt_ns) in seen:
                continue
            view = View(task)
        except UNREADABLE as problem:
            pylog.error(f"The mount namespace of task {int(task):#x} cannot be read: {problem}")
            continue
        seen.add(int(view.namespace))
        yield view


def chosen_view(pid: int | None = None) -> View:
    """Return the view of the process ``pid``, by default of the first process in the namespace of get_nsproxy().

    Raises LookupError if there is no such process, or if it is a zombie, which sees nothing.
    """
    if pid is not None:
        address = pid_to_task(pid)
        if not address:
            raise LookupError(f"there is no process with PID {pid}")
        task = readSU(TASK_STRUCT, address)
        if not task.nsproxy:
            raise LookupError(f"the process with PID {pid} is a zombie and has no namespaces")
        return View(task)
    wanted = int(get_nsproxy().mnt_ns)
    init = pid_to_task(1)  # the first process of all; the others are only asked if it lives elsewhere
    for view in chain(_views_of([readSU(TASK_STRUCT, init)] if init else ()), views()):
        if int(view.namespace) == wanted:
            return view
    raise LookupError(f"no process is in the mount namespace {wanted:#x}")
