# SPDX-License-Identifier: GPL-3.0-or-later
"""Run long commands. Write their output to a log, show one line of progress, and show the last lines on failure."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import PIPE, TO_STDOUT, started

TAIL_LINES = 40
REFRESH_SECONDS = 0.5


@dataclass
class RunLog:
    """The steps of one build. Each line that the user sees begins with ``title``. Each step appends to ``log``."""

    title: str
    log: Path
    verbose: bool = False

    def step(self, name: str, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        """Run ``command`` in the folder ``cwd``; ``env`` is its complete environment. ``name`` is shown to the user.

        Raises BuildError if the command cannot be started or fails. On failure it shows the last lines of the output
        and the path of the log.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        begin = time.monotonic()
        tail: deque[str] = deque(maxlen=TAIL_LINES)
        with self.log.open("a", errors="replace") as log:
            log.write(f"\n### {self.title}: {name}\n### in {cwd}\n### {' '.join(command)}\n")
            try:
                status = self._follow(name, command, cwd, env, log.write, tail, begin)
            except BuildError as error:
                raise BuildError(f"{self.title}: {name}: {error.what}", error.next_step) from error
        if status:
            self._clear()
            shown = "".join(tail).rstrip()
            raise BuildError(
                f"{self.title}: {name} failed with status {status}. The last lines of its output:\n{shown}",
                f"read the complete log in {self.log}",
            )
        self._say(f"{self.title}: {name}: done in {time.monotonic() - begin:.0f} s", final=True)

    def _follow(
        self,
        name: str,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        write: Callable[[str], object],
        tail: deque[str],
        begin: float,
    ) -> int:
        """Run the command, pass each line to ``write`` and ``tail``, show the progress, and return the status."""
        shown = 0.0
        with started(command, cwd=cwd, env=env, stdout=PIPE, stderr=TO_STDOUT) as process:
            assert process.stdout is not None
            for raw in process.stdout:
                line = raw.decode("utf-8", "replace")
                write(line)
                tail.append(line)
                if self.verbose:
                    sys.stdout.write(line)
                elif time.monotonic() - shown > REFRESH_SECONDS:
                    shown = time.monotonic()
                    self._say(f"{self.title}: {name} ({shown - begin:.0f} s) {line.strip()}")
            process.wait()
        return process.returncode

    def _say(self, text: str, final: bool = False) -> None:
        """Show one line. On a terminal each line replaces the one before, until the final one."""
        if self.verbose or not sys.stdout.isatty():
            if final:
                print(text, flush=True)
            return
        sys.stdout.write(f"\r\x1b[K{text[:110]}" + ("\n" if final else ""))
        sys.stdout.flush()

    def _clear(self) -> None:
        if sys.stdout.isatty() and not self.verbose:
            sys.stdout.write("\r\x1b[K")
