# SPDX-License-Identifier: GPL-3.0-or-later
"""pstree: the tree of processes.

  pstree           all processes, below their parents
  pstree -p        also the PIDs
  pstree -g        also the number of threads, of processes that have more than one
  pstree -s        also the states: RU IN UN ST TR PA ZO DE ID
  pstree -t 1234   only this process and its descendants

The parent is the process that getppid() returns. Threads other than the first one are not shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Command, Problem, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.command_layer.tables import printable
from pykdump.linux.processes.tree import process_tree, thread_count

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from pykdump.command_layer.reports import Layouts
    from pykdump.linux.processes.tree import Node

MAX_SHOWN_DEPTH = 100


@dataclass
class Process:
    """A process in the tree. A process comes before its children."""

    pid: int = item("the process")
    parent: int | None = item("its parent; null: it has none, or it is the top of the part that was asked for")
    depth: int = item("how many ancestors come before it")
    comm: str = item("its name")
    state: str = item("two letters: RU, IN, UN, ST, TR, DE, ZO, PA or ID")
    threads: int | None = item("number of its threads; null: the kernel is releasing it")
    task: int = item("struct task_struct *", unit="address")
    # The line of the text. It depends on options, and is no part of the record.
    line = ""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of pstree."""
    parser.add_argument("-p", action="store_true", dest="pids", help="print the PIDs")
    parser.add_argument("-g", action="store_true", dest="threads", help="print the number of threads")
    parser.add_argument("-s", action="store_true", dest="states", help="print the states")
    parser.add_argument("-t", type=int, dest="top", metavar="PID", help="print only this process and its descendants")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Return the processes of the tree."""
    return processes(process_tree(options.top), options.pids, options.threads, options.states, options.as_text)


def processes(
    nodes: Iterable[Node], pids: bool, threads: bool, states: bool, as_text: bool = False
) -> Iterator[object]:
    """Yield the record of each process; the options choose what its line shows.

    With ``as_text``, the records are only printed: what their lines do not show is not read.
    """
    last, begin = None, ""
    for node in nodes:
        try:
            process = record(node, states or not as_text, threads or not as_text)
        except UNREADABLE as problem:
            yield Problem(f"task {int(node.task):#x}", reason_of(problem))
            continue
        if node.last is not last:  # it is the same object for many children of one process
            last, begin = node.last, branches(node.last)
        line = begin + process.comm
        if pids:
            line += f" ({process.pid})"
        if states:
            line += f" [{process.state}]"
        if threads and process.threads is not None and process.threads > 1:
            line += f" {{{process.threads} threads}}"
        process.line = line
        yield process


def record(node: Node, with_state: bool = True, with_threads: bool = True) -> Process:
    """Return the record of a process; without its state ("") or the number of its threads (None) if nobody asks."""
    task = node.task
    state = task.state_code if with_state else ""
    threads = thread_count(task) if with_threads else None
    return Process(task.pid, node.parent, len(node.last) - 1, task.comm, state, threads, int(task))


def branches(last: tuple[bool, ...]) -> str:
    """Return what the line of a process begins with; ``last`` is that of a Node."""
    if len(last) < 2:
        return ""
    shown = last[1:]
    skipped = f"(+{len(shown) - MAX_SHOWN_DEPTH}) " if len(shown) > MAX_SHOWN_DEPTH else ""
    shown = shown[-MAX_SHOWN_DEPTH:]
    return skipped + "".join("   " if each else "|  " for each in shown[:-1]) + ("`- " if shown[-1] else "|- ")


def lines(process: Process) -> Iterable[str]:
    """Return the line of a process."""
    line = process.line
    return (line if line.isprintable() else printable(line),)


TABLES: Layouts = {Process: lines}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
