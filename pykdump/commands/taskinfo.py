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
  taskinfo --json                the same rows for a program
"""

from __future__ import annotations

from crash import error

from pykdump.command_output import Column, print_json, table_lines
from pykdump.command_parser import CommandParser, positive_number
from pykdump.linux.tasks import STATE_CODES, Task, all_tasks
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence
    from typing import Any

COLUMNS = (
    Column("PID", "pid"),
    Column("TID", "tid"),
    Column("CPU", "cpu"),
    Column("ST", "state", left=True),
    Column("RAN-MS-AGO", "ran_ms_ago"),
    Column("UID", "uid"),
    Column("COMM", "comm", left=True),
)
RECENT_MS = (("in the last second", 1_000), ("in the last 10 seconds", 10_000), ("in the last minute", 60_000))


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with the options of taskinfo."""
    parser = CommandParser("taskinfo", (__doc__ or "").partition("\n")[0])
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
    parser.add_argument("--json", action="store_true", help="print a JSON document instead of a table")
    return parser


def _states(text: str) -> frozenset[str]:
    """Convert "UN,RU" or "D,R" to a set of two-letter codes. Raises ArgumentTypeError."""
    codes = {STATE_CODES.get(word, word.upper()) for word in text.replace(",", " ").split()}
    unknown = sorted(codes - set(STATE_CODES.values()))
    if unknown or not codes:
        from argparse import ArgumentTypeError

        known = ",".join(STATE_CODES.values())
        raise ArgumentTypeError(f"unknown state {', '.join(unknown) or repr(text)}, known are {known}")
    return frozenset(codes)


def row(task: Task) -> dict[str, Any]:
    """Return the values that taskinfo shows of one thread."""
    return {
        "pid": task.tgid,
        "tid": task.pid,
        "cpu": task.cpu,
        "state": task.state_code,
        "ran_ms_ago": task.Ran_ago,
        "uid": task.uid,
        "comm": task.comm,
    }


def rows(tasks: Iterable[Task]) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return (rows of ``tasks``, most recently run first; rows with the errors of tasks that cannot be read)."""
    found, damaged = [], []
    for task in tasks:
        try:
            found.append(row(task))
        except (error, IndexError) as problem:
            damaged.append({"task": hex(task), "error": str(problem)})
    found.sort(key=lambda r: (r["ran_ms_ago"], r["tid"], r["cpu"]))
    return found, damaged


def summary(all_rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the number of processes, of threads, of threads in each state, and of threads that ran recently."""
    states: dict[str, int] = {}
    for r in all_rows:
        states[r["state"]] = states.get(r["state"], 0) + 1
    return {
        "processes": len({r["pid"] for r in all_rows}),
        "threads": len(all_rows),
        "states": dict(sorted(states.items())),
        "ran": {label: sum(r["ran_ms_ago"] <= ms for r in all_rows) for label, ms in RECENT_MS},
    }


def _print_summary(counts: dict[str, Any]) -> None:
    print(f"{counts['threads']} threads of {counts['processes']} processes")
    for state, number in counts["states"].items():
        print(f"  {state}  {number:>6}")
    for label, number in counts["ran"].items():
        print(f"  ran {label}: {number}")


def _ends(chosen: list[dict[str, Any]], limit: int | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Split ``chosen`` into (first rows, last rows, number of rows left out between them)."""
    if not limit or limit >= len(chosen):
        return chosen, [], 0
    first = (limit + 1) // 2
    return chosen[:first], chosen[len(chosen) - limit // 2 :], len(chosen) - limit


def _print_all(chosen: list[dict[str, Any]], damaged: Sequence[dict[str, str]], limit: int | None) -> None:
    first, last, left_out = _ends(chosen, limit)
    lines = table_lines(COLUMNS, [*first, *last])
    if left_out:
        lines.insert(1 + len(first), f"  ... {left_out} threads left out ...")
    print("\n".join(lines))
    for entry in damaged:
        pylog.error(f"Task {entry['task']} cannot be read: {entry['error']}")


def main(argv: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = build_parser().parse_args(argv)
    everything, damaged = rows(all_tasks())
    chosen = [r for r in everything if not options.taskfilter or r["state"] in options.taskfilter]
    if options.summary:
        counts = summary(chosen)
        _print_summary(counts) if not options.json else print_json(counts)
    elif options.json:
        first, last, _ = _ends(chosen, options.maxpids)
        print_json([*first, *last, *damaged])
    else:
        _print_all(chosen, damaged, options.maxpids)
    return 0
