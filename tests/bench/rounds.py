# SPDX-License-Identifier: GPL-3.0-or-later
"""The measured processes: a crash with our extension, drgn, and a bare Python."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import workload
from mpykbuild.base.errors import BuildError
from support.session import environment

HERE = Path(__file__).parent
LIMIT_SECONDS = 1800  # the commands on the large dump take minutes
LAST_LINES = 15
NS_PER_MS = 1_000_000
STAMP = "!date +%s%N"
STAMPS_BEFORE = 5


@dataclass(frozen=True)
class Subject:
    """The measured programs, and the folder for the results of each process."""

    crash: Path
    extension: Path
    vmlinux: Path
    vmcore: Path
    python: Path  # the CPython that is embedded in the extension, as a program
    results: Path


def run(who: str, command: Sequence[str | Path], text: str = "", **where: Any) -> str:
    """Run a process to its end and return its output.

    Raises BuildError with the last lines of the output when it cannot be started, fails or does not end.
    """
    try:
        done = subprocess.run(
            list(command), input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            timeout=LIMIT_SECONDS, check=False, **where,
        )  # fmt: skip
    except OSError as error:
        raise BuildError(f"{who} cannot be started: {command[0]}: {error.strerror}.") from error
    except subprocess.TimeoutExpired:
        raise BuildError(f"{who} did not end within {LIMIT_SECONDS} s.") from None
    if done.returncode:
        raise BuildError(f"{who} failed with status {done.returncode}; its last lines were:\n{tail(done.stdout)}")
    return done.stdout


def tail(output: str) -> str:
    """Return the last lines. Of a Python traceback only its last line is kept."""
    message = re.sub(r"^Traceback \(most recent call last\):\n(?:[ ].*\n)*", "", output, flags=re.M)
    return "\n".join(message.strip().splitlines()[-LAST_LINES:])


def result_of(who: str, path: Path, output: str) -> dict[str, Any]:
    """Return the result that the process wrote. Raises BuildError with its last lines if that cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BuildError(f"{who} ended without a result; its last lines were:\n{tail(output)}") from None
    assert isinstance(found, dict)
    return found


def peer_round(subject: Subject, number: int, program: Path = HERE / "peer.py") -> dict[str, Any]:
    """Let drgn measure everything once, in a new process."""
    path = subject.results / f"peer-{number}.json"
    path.unlink(missing_ok=True)
    command = [sys.executable, program, subject.vmlinux, subject.vmcore, path]
    return result_of("drgn", path, run("drgn", command, env=environment()))


def our_round(subject: Subject, number: int) -> dict[str, Any]:
    """Let one crash measure everything once: first its load times, then the rows of ours.py."""
    path = subject.results / f"ours-{number}.json"
    path.unlink(missing_ok=True)
    # Run one program after another, with a stamp before the last: its start-up time while Python already runs.
    programs = ["epython stamps.py"] * 3 + [STAMP, "epython stamps.py", f"epython ours.py {path.name}"]
    alone = [STAMP, *[workload.COMMAND] * workload.COMMANDS, STAMP]
    script = [*[STAMP] * STAMPS_BEFORE, f"extend {subject.extension}", STAMP, *programs, *alone, "quit", ""]
    output = run(
        "crash", [subject.crash, "-s", subject.vmlinux, subject.vmcore], "\n".join(script), cwd=subject.results,
        env=environment({"PYKDUMPPATH": str(HERE)}),
    )  # fmt: skip
    result = result_of("crash", path, output)
    result["rows"] = {**result["rows"], **load_times(output), "process": process_time(subject.python)}
    return result


def load_times(output: str) -> dict[str, float]:
    """Return the rows of loading in ms, and of a command alone in us, from the stamps that a session printed.

    BuildError when some are missing.
    """
    stamps = [int(number) for number in re.findall(r"^(\d{16,})$", output, re.M)]
    programs = [(int(a), int(b)) for a, b in re.findall(r"^program (\d+) (\d+)$", output, re.M)]
    if len(stamps) != STAMPS_BEFORE + 4 or len(programs) != 4:
        raise BuildError(f"the session's time stamps are incomplete; its last lines were:\n{tail(output)}")
    before, (loaded, late, alone_begin, alone_end) = stamps[:STAMPS_BEFORE], stamps[STAMPS_BEFORE:]
    a_stamp = median(after - earlier for earlier, after in zip(before, before[1:]))
    (first_begin, first_end), (_, second_end), (_, third_end), (last_begin, _) = programs
    spent: Mapping[str, float] = {
        "extend": loaded - before[-1] - a_stamp,
        "interpreter": (first_begin - loaded) - (last_begin - late),
        "import": first_end - first_begin,
        "later": third_end - second_end,
        "command-crash": (alone_end - alone_begin - a_stamp) * 1000 / workload.COMMANDS,
    }
    # A stamp starts a shell, so its time varies. A time below that noise is almost zero, and never negative.
    return {key: max(value, 1) / NS_PER_MS for key, value in spent.items()}


def process_time(python: Path) -> float:
    """Return how long the bare interpreter takes as a process, in ms."""
    begin = time.perf_counter_ns()
    run("the bare Python", [python, "-I", "-S", "-c", "pass"], env={"PATH": os.defpath})
    return (time.perf_counter_ns() - begin) / NS_PER_MS
