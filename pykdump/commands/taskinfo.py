# SPDX-License-Identifier: GPL-3.0-or-later
"""taskinfo: all threads with CPU, state, owner and when they ran last.

There is one line for each thread. The thread that ran most recently comes first.

  PID         the process (thread group)
  TID         the thread
  CPU         the CPU on which it runs or ran last
  ST          RU running, IN sleeping, UN uninterruptible, ID idle kernel thread, ST stopped, TR traced,
              PA parked, ZO zombie, DE dead
  RAN-MS-AGO  ms between its last arrival on that CPU and that CPU's clock, as in "ps -m"
  UID         the real user ID, as root sees it
  COMM        the thread's name

The list includes the idle threads (swapper/N, PID 0).

  taskinfo --hang                threads that wait uninterruptibly, the one that has waited longest first
  taskinfo --taskfilter UN,RU    threads in these states
  taskinfo --maxpids 20          the ten threads that ran last and the ten that have waited longest
  taskinfo -r                    the thread that has waited longest first
  taskinfo -v                    also parent, times, policy, priority, addresses, TIDs in PID namespaces
  taskinfo --cmd bt              run a crash command for each thread, as "foreach TID bt" does
  taskinfo --summary             the number of threads in each state
  taskinfo --pidinfo 1234        all about a thread: PID, TID or address of struct task_struct
  taskinfo --memory              the processes with the most memory, without SysV shared memory; SysV segments
  taskinfo --ns                  the namespaces and their processes
  taskinfo --pstree              the tree of processes
"""

from __future__ import annotations

from pykdump.command_layer import Command, Finding, Problem, positive_number
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.commands import pstree
from pykdump.commands.parts import taskinfo_details, taskinfo_records
from pykdump.commands.parts.taskinfo_records import CommandOutput, StateCount, Summary, Thread, VerboseThread, Version
from pykdump.linux.processes.thread_facts import ThreadReader, all_threads
from pykdump.linux.tasks import STATE_CODES, Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from crash import StructResult

NANOSECONDS = 1_000_000_000
RECENT_MS = (1_000, 10_000, 60_000)
WAITING = frozenset(("UN",))
MAX_NAMED = 100


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of taskinfo."""
    flag = {"action": "store_true"}
    parser.add_argument("-v", dest="verbose", help="more about each thread", **flag)  # type: ignore[arg-type]
    parser.add_argument("-r", dest="reverse", help="the longest waiting thread first", **flag)  # type: ignore[arg-type]
    parser.add_argument("--summary", help="only the number of threads in each state", **flag)  # type: ignore[arg-type]
    parser.add_argument("--hang", help="threads in UN, the longest waiting first", **flag)  # type: ignore[arg-type]
    parser.add_argument("--memory", help="memory of processes and SysV segments", **flag)  # type: ignore[arg-type]
    parser.add_argument("--ns", help="namespaces and their processes", **flag)  # type: ignore[arg-type]
    parser.add_argument("--pstree", help="the tree of processes", **flag)  # type: ignore[arg-type]
    parser.add_argument("--version", help="the version of PyKdump", **flag)  # type: ignore[arg-type]
    parser.add_argument(
        "--maxpids",
        type=positive_number,
        metavar="N",
        help="print only N threads: the most and the least recent; with --memory, the N largest processes",
    )
    parser.add_argument(
        "--taskfilter", type=_states, metavar="STATES", help="only threads in these states: UN,RU or D,R"
    )
    parser.add_argument("--pidinfo", metavar="PID|ADDRESS", help="all about this thread")
    parser.add_argument("--cmd", metavar="COMMAND", help="run this crash command for each thread")


def _states(text: str) -> frozenset[str]:
    """Convert "UN,RU" or "D,R" to a set of two-letter codes. Raises ArgumentTypeError."""
    codes = {STATE_CODES.get(word, word.upper()) for word in text.replace(",", " ").split()}
    unknown = sorted(codes - set(STATE_CODES.values()))
    if unknown or not codes:
        from argparse import ArgumentTypeError

        known = ",".join(STATE_CODES.values())
        raise ArgumentTypeError(f"unknown state {', '.join(unknown) or repr(text)}, known are {known}")
    return frozenset(codes)


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield what the options choose; without options, the threads, most recently run first."""
    if options.version:
        yield from _version()
    elif options.pidinfo:
        yield from taskinfo_details.details(options.pidinfo)
    elif options.memory or options.ns:
        yield from _views(options)
    elif options.pstree:
        from pykdump.linux.processes.tree import process_tree

        found = process_tree()
        yield from pstree.processes(found, True, True, states=options.verbose, as_text=options.as_text)
    else:
        yield from _threads(options)


def _version() -> Iterator[Version]:
    import crash

    yield Version(crash.version, crash.Crash_run)


def _views(options: argparse.Namespace) -> Iterator[object]:
    from pykdump.commands.parts import taskinfo_views

    if options.memory:
        yield from taskinfo_views.memory(options.maxpids)
    if options.ns:
        yield from taskinfo_views.namespaces()


def _threads(options: argparse.Namespace) -> Iterator[object]:
    """Yield the threads, most recently run first, and the tasks that cannot be read."""
    read = ThreadReader().read
    rows = []
    for task in all_threads():
        try:
            rows.append((Thread(*read(task)[1:]), task))
        except UNREADABLE as problem:
            yield Problem(f"task {int(task):#x}", reason_of(problem))
    wanted = WAITING if options.hang else options.taskfilter
    chosen = [pair for pair in rows if pair[0].state in wanted] if wanted else rows
    chosen.sort(
        key=lambda pair: (pair[0].ran_ms_ago, pair[0].tid, pair[0].cpu), reverse=options.reverse or options.hang
    )
    if options.summary:
        yield from summary([row for row, _ in chosen])
        return
    shown = _ends(chosen, options.maxpids)
    if options.cmd:
        yield from _outputs(shown, options.cmd)
    elif options.verbose:
        yield from _verbose(shown)
    else:
        yield from (row for row, _ in shown)
    if options.hang:
        yield from hung([row for row, _ in chosen])


def _verbose(shown: Iterable[tuple[Thread, StructResult]]) -> Iterator[object]:
    from pykdump.linux.processes import details

    for row, struct in shown:
        task = Task(struct)
        try:
            yield VerboseThread(
                pid=row.pid,
                tid=row.tid,
                parent=int(task.ts.real_parent.tgid),
                cpu=row.cpu,
                state=row.state,
                ran_ms_ago=row.ran_ms_ago,
                run_time=details.run_nanoseconds(task) / NANOSECONDS,
                started=details.start_nanoseconds(task) / NANOSECONDS,
                uid=row.uid,
                policy=details.policy_name(task),
                nice=details.nice(task),
                priority=int(task.ts.prio),
                pids=tuple(task.ns_pids() if row.tid else [0]),
                task=int(task),
                comm=row.comm,
            )
        except UNREADABLE as problem:
            yield Problem(f"task {hex(task)}", reason_of(problem))


def _outputs(shown: Iterable[tuple[Thread, StructResult]], command: str) -> Iterator[object]:
    """Yield what ``command`` prints for each thread. crash's foreach takes a task's address."""
    from crash import error, exec_crash_command

    for row, task in shown:
        try:
            text = exec_crash_command(f"foreach {int(task):x} {command}")
        except error as problem:
            yield Problem(f"{command} of TID {row.tid}", reason_of(problem))
            continue
        yield CommandOutput(row.tid, row.comm, text)


def summary(threads: Sequence[Thread]) -> Iterator[StateCount | Summary]:
    """Yield the numbers of all threads, and of the threads in each state."""
    ran = [sum(each.ran_ms_ago <= ms for each in threads) for ms in RECENT_MS]
    yield Summary(len({each.pid for each in threads}), len(threads), *ran)
    states: dict[str, int] = {}
    for each in threads:
        states[each.state] = states.get(each.state, 0) + 1
    for state, number in sorted(states.items()):
        yield StateCount(state, number)


def hung(threads: Sequence[Thread]) -> Iterator[Finding]:
    """Yield a finding if threads in UN have not run for longer than the kernel's limit for hung tasks."""
    from pykdump.linux.processes.hung import hung_task_seconds

    limit = hung_task_seconds()
    waiting = [each for each in threads if each.ran_ms_ago > limit * 1000]
    if waiting:
        waiting.sort(key=lambda each: -each.ran_ms_ago)
        message = (
            f"{len(waiting)} threads have waited uninterruptibly for more than {limit} s, "
            f"TID {waiting[0].tid} for {waiting[0].ran_ms_ago // 1000} s; see hanginfo."
        )
        yield Finding("hung-task", message, [each.tid for each in waiting[:MAX_NAMED]])


def _ends(chosen: list[tuple[Thread, StructResult]], limit: int | None) -> list[tuple[Thread, StructResult]]:
    """Return all threads, or the first and the last ones if there are more than ``limit``."""
    if not limit or limit >= len(chosen):
        return chosen
    return chosen[: (limit + 1) // 2] + chosen[len(chosen) - limit // 2 :]


TABLES = {**taskinfo_records.TABLES, **taskinfo_details.TABLES, **pstree.TABLES}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
