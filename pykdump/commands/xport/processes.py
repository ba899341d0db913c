# SPDX-License-Identifier: GPL-3.0-or-later
"""processes: the sockets that a process has open, for xportshow --pid and --program."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Problem, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.linux.inet.owners import tables_of_files, task_sockets
from pykdump.linux.inet.socket_kinds import ends, family_name, protocol_name, view_of
from pykdump.linux.tasks import all_tasks

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts
    from pykdump.linux.tasks import Task


@dataclass
class ProcessSocket:
    """A socket that a process has open."""

    pid: int = item("the process")
    comm: str = item("its name")
    fd: int = item("number of the open file")
    family: str = item("inet, inet6, unix, netlink, packet, vsock and so on")
    type: str = item("stream, dgram, raw and so on")
    protocol: str = item("tcp, udp, or the protocol of the family; empty if the family has only one")
    state: str = item("state, with the names of TCP")
    local: str = item("what it is bound to")
    remote: str = item("what it is connected to, empty: nothing")
    inode: int = item("number of its inode")
    address: int = item("struct sock *", unit="address")
    net: int = item("struct net *", unit="address")


def process_sockets(options: argparse.Namespace) -> Iterator[object]:
    """Yield the sockets of one process (--pid N) or of all with a name (--program NAME; * stands for every name).

    Raises ValueError if there is no such process.
    """
    tasks = [task for task in all_tasks(idle=False) if _wanted(options)(task)]
    if not tasks:
        wanted = f"PID {options.pid}" if options.pid else f"the name {options.program!r}"
        raise ValueError(f"there is no process with {wanted}")
    for task in tables_of_files(tasks):
        for fd, sock in task_sockets(task):
            try:
                found = _record(task, fd, sock)
            except UNREADABLE as problem:
                yield Problem(f"the socket at {int(sock):#x}", reason_of(problem))
                continue
            # Without addresses there are no ports: --port leaves out other families then.
            if not options.port or options.port in _ports(int(sock)):
                yield found


def _wanted(options: argparse.Namespace) -> Callable[[Task], bool]:
    if options.pid:
        return lambda task: options.pid in (task.tgid, task.pid)
    return lambda task: options.program in ("*", task.comm)


def _ports(address: int) -> tuple[int, ...]:
    view = view_of(address)
    return (getattr(view, "local_port", 0), getattr(view, "remote_port", 0))


def _record(task: Task, fd: int, sock: StructResult) -> ProcessSocket:
    view = view_of(int(sock))
    local, remote = ends(view)
    return ProcessSocket(
        task.tgid, str(task.comm), fd, family_name(view.family), view.type, protocol_name(view), view.state, local,
        remote, view.inode, view.address, view.net,
    )  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options: xportshow has them."""


TABLES: Layouts = {
    ProcessSocket: (
        Column("PID", "pid"),
        Column("COMM", "comm", left=True),
        Column("FD", "fd"),
        Column("FAMILY", "family", left=True),
        Column("TYPE", "type", left=True),
        Column("PROTO", "protocol", left=True),
        Column("STATE", "state", left=True),
        Column("INODE", "inode"),
        Column("SOCKET", "address", address=True),
        Column("LOCAL", "local", left=True),
        Column("REMOTE", "remote", left=True),
    ),
}
COMMAND = Command(__doc__, add_options, process_sockets, TABLES)
