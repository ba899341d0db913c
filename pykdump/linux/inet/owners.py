# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes have which sockets open."""

from __future__ import annotations

from crash import error, readSU, sym2addr

from pykdump.linux.fs import open_files
from pykdump.linux.tasks import all_tasks
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crash import StructResult

    from pykdump.linux.tasks import Task


def task_sockets(task: Task) -> Iterator[tuple[int, StructResult]]:
    """Yield (fd, ``struct sock``) of each socket that a task has open. pylog gets what cannot be read."""
    operations = sym2addr("socket_file_ops")
    try:
        for fd, file in open_files(task.ts):
            if int(file.f_op) == operations:
                socket = readSU("struct socket", int(file.private_data))
                if socket.sk:
                    yield fd, socket.sk
    except (error, IndexError) as problem:
        pylog.error(f"The files of task {int(task):#x} cannot be read: {problem}")


def tables_of_files(tasks: Iterable[Task] | None = None) -> Iterator[Task]:
    """Yield one thread for each ``struct files_struct`` of a process. Most threads share that of their process."""
    seen = set()
    for task in all_tasks(idle=False) if tasks is None else tasks:
        try:
            files = int(task.ts.files)
            key = (files, task.tgid)
        except (error, IndexError):
            continue
        if files and key not in seen:
            seen.add(key)
            yield task


def owners() -> dict[int, tuple[int, ...]]:
    """Return {address of ``struct socket``: PIDs of the processes that have it open}.

    A ``struct sock`` has it as ``sk_socket``. The TCP connections below an MPTCP socket have the same one as that.
    """
    found: dict[int, list[int]] = {}
    for task in tables_of_files():
        pid = task.tgid
        for _, sock in task_sockets(task):
            pids = found.setdefault(int(sock.sk_socket), [])
            if pid not in pids:
                pids.append(pid)
    return {socket: tuple(pids) for socket, pids in found.items()}
