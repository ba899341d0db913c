# SPDX-License-Identifier: GPL-3.0-or-later
"""Compile .py files with the CPython that will run them; the same files always give the same bytes."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import output_of, run
from mpykbuild.python.inside import byte_compile_worker

# Run by the other Python, not called here; imported so that whoever follows imports sees that it matters.
WORKER = Path(byte_compile_worker.__file__)
# Enough for the hash seed to count (-I would hide it), and nothing of the user's.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"}
# Compiled files of the interpreter's own stdlib are neither read nor written: whether they are there would show in the
# state of the process, and through marshal's marks in the result.
FLAGS = ("-S", "-s", "-B", "-X", "pycache_prefix=/nonexistent", "-W", "ignore")
MOST_WORKERS = 8


@dataclass(frozen=True)
class Job:
    """One file to compile; ``shown`` is its name in tracebacks."""

    source: Path
    shown: str


def compile_all(python: Path, jobs: Sequence[Job], workers: int | None = None) -> list[bytes]:
    """Return the .pyc (unchecked-hash) of each job. ``python`` is the interpreter; BuildError lists what failed."""
    count = max(1, min(workers or os.cpu_count() or 1, MOST_WORKERS, len(jobs)))
    with tempfile.TemporaryDirectory(prefix="mpyk-pyc-") as folder:
        outputs = [Path(folder, f"{number}.pyc") for number in range(len(jobs))]
        lines = [f"{job.source.absolute()}\t{output}\t{job.shown}\n" for job, output in zip(jobs, outputs, strict=True)]
        with ThreadPoolExecutor(count) as pool:
            troubles = list(pool.map(lambda share: _run(python, share), (lines[n::count] for n in range(count))))
        told = "".join(troubles).rstrip()
        if told:
            raise BuildError(f"These files cannot be compiled:\n{told}", "correct them, they are not valid Python")
        return [output.read_bytes() for output in outputs]


def _run(python: Path, lines: Iterable[str]) -> str:
    """Run one worker; return what it complained about, empty when all is well."""
    done = run([python, *FLAGS, WORKER], env=ENVIRONMENT, cwd=Path("/"), text="".join(lines))
    return done.stderr or f"{python} ended with status {done.status}\n" if done.status else ""


def ask_program(python: Path, program: str, question: object, what: str) -> Any:
    """Run one of the programs in ``inside/`` with the interpreter ``python``: JSON in, JSON out.

    Raises BuildError that begins with ``what`` when it fails.
    """
    words: list[str | Path] = [python, *FLAGS, program]
    return json.loads(
        output_of(words, env=ENVIRONMENT, text=json.dumps(question), what=what, next_step="rebuild CPython")
    )
