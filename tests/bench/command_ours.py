# SPDX-License-Identifier: GPL-3.0-or-later
"""Our side of the commands' table: a program for epython. ``epython command_ours.py RESULT.json``

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

from command_rows import COMMANDS, WARM_RUNS, CommandRow


class Nowhere(io.TextIOBase):
    """A stream that drops what is written."""

    def write(self, text: str) -> int:
        return len(text)


def run(words: str, stream: io.TextIOBase) -> float:
    """Run a command and return the ms of CPU time that it took."""
    name, *argv = shlex.split(words)
    before, sys.stdout = sys.stdout, stream
    begin = time.thread_time_ns()
    try:
        __import__(f"pykdump.commands.{name}", fromlist=["main"]).main(argv)
    finally:
        spent = time.thread_time_ns() - begin
        sys.stdout = before
    return spent / 1_000_000


def measure(row: CommandRow) -> dict[str, object]:
    """Return {"cold": ms, "warm": median ms, "counts": {kind: number of records}}."""
    cold = run(row.words, Nowhere())
    warm = statistics.median(run(row.words, Nowhere()) for _ in range(WARM_RUNS))
    document = io.StringIO()
    run(f"{row.words} --json", document)
    counts = Counter(record["kind"] for record in json.loads(document.getvalue())["records"])
    return {"cold": cold, "warm": warm, "counts": counts}


def main(result: str) -> None:
    found = {row.key: measure(row) for row in COMMANDS}
    with open(result, "w", encoding="utf-8") as stream:  # noqa: PTH123 - the bundle may lack pathlib
        json.dump(found, stream)


main(sys.argv[1])
