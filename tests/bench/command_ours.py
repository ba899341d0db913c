# SPDX-License-Identifier: GPL-3.0-or-later
"""Our side of the commands' table: a program for epython. ``epython command_ours.py RESULT.json [fresh]``

Each command prints its text to nowhere. Its first run is cold: it imports the command and asks for its structs.
"""

from __future__ import annotations

import io
import json
import shlex
import statistics
import sys
import time
from collections import Counter

from command_rows import COMMANDS, LIMIT_SECONDS, WARM_RUNS, CommandRow
from crash import set_cache_size


class Nowhere(io.TextIOBase):
    """A stream that drops what is written."""

    def write(self, text: str) -> int:
        return len(text)


def run(words: str, stream: io.TextIOBase) -> tuple[float, float]:
    """Run a command and return the ms of CPU time, and of the clock, that it took."""
    name, *argv = shlex.split(words)
    before, sys.stdout = sys.stdout, stream
    begin, begun = time.thread_time_ns(), time.perf_counter_ns()
    try:
        __import__(f"pykdump.commands.{name}", fromlist=["main"]).main(argv)
    finally:
        spent, passed = time.thread_time_ns() - begin, time.perf_counter_ns() - begun
        sys.stdout = before
    return spent / 1_000_000, passed / 1_000_000


def forget_pages() -> None:
    """Drop what is in memory of the dump: of a large one the next run finds little there."""
    set_cache_size(set_cache_size(0))


def measure(row: CommandRow, fresh: bool) -> dict[str, object]:
    """Return {"cold": ms, "warm": median ms, "clock": the same by the clock, "counts": {kind: number of records}}.

    With ``fresh``, the warm runs read the dump again. Slow commands run fewer times.
    """
    cold, _ = run(row.words, Nowhere())
    warm: list[tuple[float, float]] = []
    end = time.thread_time() + LIMIT_SECONDS
    while len(warm) < WARM_RUNS and (not warm or time.thread_time() < end):
        if fresh:
            forget_pages()
        warm.append(run(row.words, Nowhere()))
    document = io.StringIO()
    run(f"{row.words} --json", document)
    counts = Counter(record["kind"] for record in json.loads(document.getvalue())["records"])
    spent, passed = (statistics.median(times) for times in zip(*warm))
    return {"cold": cold, "warm": spent, "clock": passed, "counts": counts}


def main(result: str, fresh: str = "") -> None:
    found = {}
    for row in COMMANDS:
        found[row.key] = measure(row, bool(fresh))
        with open(result, "w", encoding="utf-8") as stream:  # noqa: PTH123 - the bundle may lack pathlib
            json.dump(found, stream)  # after each command, so that an end of crash shows which one it was


main(*sys.argv[1:])
