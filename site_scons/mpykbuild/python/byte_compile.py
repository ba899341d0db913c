# SPDX-License-Identifier: GPL-3.0-or-later
"""Compile .py files with the CPython that will run them. The same files always give the same bytes."""

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

# The other Python runs this file. We import it only so that it becomes a part of the keys, which follow imports.
WORKER = Path(byte_compile_worker.__file__)
# A fixed environment without variables of the user. -I is not in FLAGS, because with it PYTHONHASHSEED has no effect.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"}
# The compiled files of the interpreter's own stdlib are neither read nor written. Whether they exist would change the
# state of the process, and so the marks that marshal writes.
FLAGS = ("-S", "-s", "-B", "-X", "pycache_prefix=/nonexistent", "-W", "ignore")
MAX_WORKERS = 8


@dataclass(frozen=True)
class Job:
    """One file to compile. ``shown`` is its name in tracebacks."""

    source: Path
    shown: str


def compile_all(python: Path, jobs: Sequence[Job], workers: int | None = None) -> list[bytes]:
    """Return the content of the .pyc file (with an unchecked hash) of each job.

    ``python`` is the interpreter. Raises BuildError with all the files that cannot be compiled.
    """
    count = max(1, min(workers or os.cpu_count() or 1, MAX_WORKERS, len(jobs)))
    with tempfile.TemporaryDirectory(prefix="mpyk-pyc-") as folder:
        outputs = [Path(folder, f"{number}.pyc") for number in range(len(jobs))]
        lines = [f"{job.source.absolute()}\t{output}\t{job.shown}\n" for job, output in zip(jobs, outputs, strict=True)]
        with ThreadPoolExecutor(count) as pool:
            messages = list(pool.map(lambda share: _run(python, share), (lines[n::count] for n in range(count))))
        text = "".join(messages).rstrip()
        if text:
            raise BuildError(f"These files cannot be compiled:\n{text}", "correct them: they are not valid Python")
        return [output.read_bytes() for output in outputs]


def _run(python: Path, lines: Iterable[str]) -> str:
    """Run one worker. Return its error messages; empty if it compiled all its files."""
    done = run([python, *FLAGS, WORKER], env=ENVIRONMENT, cwd=Path("/"), text="".join(lines))
    return done.stderr or f"{python} ended with status {done.status}\n" if done.status else ""


def ask_program(python: Path, program: str, question: object, what: str) -> Any:
    """Run a program of ``inside/`` with the interpreter ``python``. Send it ``question`` as JSON; return its answer.

    If the program fails, raises a BuildError that begins with ``what``.
    """
    words: list[str | Path] = [python, *FLAGS, program]
    return json.loads(
        output_of(words, env=ENVIRONMENT, text=json.dumps(question), what=what, next_step="rebuild CPython")
    )
