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

  taskinfo --taskfilter UN       threads that wait uninterruptibly
  taskinfo --maxpids 20          the ten threads that ran last and the ten that have waited longest
  taskinfo --summary             the number of threads in each state
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Problem, item, positive_number
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.linux.tasks import STATE_CODES, Task, all_tasks

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from pykdump.command_layer.reports import Layouts

RECENT_MS = (("in the last second", 1_000), ("in the last 10 seconds", 10_000), ("in the last minute", 60_000))


@dataclass
class Thread:
    """One thread."""

    pid: int = item("the process (thread group)")
    tid: int = item("the thread")
    cpu: int = item("the CPU on which it runs or ran last")
    state: str = item("two letters: RU, IN, UN, ST, TR, DE, ZO, PA or ID")
    ran_ms_ago: int = item("time between its last arrival on that CPU and that CPU's clock", unit="ms")
    uid: int | None = item("the real user ID, as root sees it; null without credentials")
    comm: str = item("its name")


@dataclass
class StateCount:
    """The number of threads in one state."""

    state: str = item("two letters: RU, IN, UN, ST, TR, DE, ZO, PA or ID")
    threads: int = item("number of threads")


@dataclass
class Summary:
    """Numbers of all threads that were chosen."""

    processes: int = item("number of processes")
    threads: int = item("number of threads")
    ran_last_second: int = item("threads that ran in the last second")
    ran_last_10_seconds: int = item("threads that ran in the last 10 seconds")
    ran_last_minute: int = item("threads that ran in the last minute")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of taskinfo."""
    parser.add_argument("--summary", action="store_true", help="print the number of threads in each state only")
    parser.add_argument(
        "--maxpids",
        type=positive_number,
        metavar="N",
        help="print only N threads: the most and the least recent",
    )
    parser.add_argument(
        "--taskfilter", type=_states, metavar="STATES", help="only threads in these states: UN,RU or D,R"
    )
    parser.add_argument("-r", action="store_true", help="no effect; old command lines have it")


def _states(text: str) -> frozenset[str]:
    """Convert "UN,RU" or "D,R" to a set of two-letter codes. Raises ArgumentTypeError."""
    codes = {STATE_CODES.get(word, word.upper()) for word in text.replace(",", " ").split()}
    unknown = sorted(codes - set(STATE_CODES.values()))
    if unknown or not codes:
        from argparse import ArgumentTypeError

        known = ",".join(STATE_CODES.values())
        raise ArgumentTypeError(f"unknown state {', '.join(unknown) or repr(text)}, known are {known}")
    return frozenset(codes)


def thread(task: Task) -> Thread:
    """Return the record of a thread."""
    return Thread(task.tgid, task.pid, task.cpu, task.state_code, task.Ran_ago, task.uid, str(task.comm))


def summary(threads: Sequence[Thread]) -> Iterator[StateCount | Summary]:
    """Yield the numbers of all threads, and of the threads in each state."""
    ran = [sum(each.ran_ms_ago <= ms for each in threads) for _, ms in RECENT_MS]
    yield Summary(len({each.pid for each in threads}), len(threads), *ran)
    states: dict[str, int] = {}
    for each in threads:
        states[each.state] = states.get(each.state, 0) + 1
    for state, number in sorted(states.items()):
        yield StateCount(state, number)


def _summary_lines(counts: Summary) -> Iterator[str]:
    yield f"{counts.threads} threads of {counts.processes} processes"
    numbers = (counts.ran_last_second, counts.ran_last_10_seconds, counts.ran_last_minute)
    for (label, _), number in zip(RECENT_MS, numbers):
        yield f"  ran {label}: {number}"


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the threads, most recently run first, and the tasks that cannot be read."""
    threads = []
    for task in all_tasks():
        try:
            threads.append(thread(task))
        except UNREADABLE as problem:
            yield Problem(f"task {hex(task)}", reason_of(problem))
    threads.sort(key=lambda each: (each.ran_ms_ago, each.tid, each.cpu))
    chosen = [each for each in threads if not options.taskfilter or each.state in options.taskfilter]
    if options.summary:
        yield from summary(chosen)
    else:
        yield from _ends(chosen, options.maxpids)


def _ends(chosen: list[Thread], limit: int | None) -> Iterator[Thread]:
    """Yield all threads, or the first and the last ones if there are more than ``limit``."""
    if not limit or limit >= len(chosen):
        yield from chosen
        return
    yield from chosen[: (limit + 1) // 2]
    yield from chosen[len(chosen) - limit // 2 :]


TABLES: Layouts = {
    Thread: (
        Column("PID", "pid"),
        Column("TID", "tid"),
        Column("CPU", "cpu"),
        Column("ST", "state", left=True),
        Column("RAN-MS-AGO", "ran_ms_ago"),
        Column("UID", "uid"),
        Column("COMM", "comm", left=True),
    ),
    StateCount: (Column("ST", "state", left=True), Column("THREADS", "threads")),
    Summary: _summary_lines,
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
