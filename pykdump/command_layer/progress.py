# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of long work, on a terminal only."""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    T = TypeVar("T")

# Work that takes less time than this shows nothing.
SILENT_SECONDS = 1.0
INTERVAL_SECONDS = 0.2


class Progress:
    """Yields the elements of ``work`` and shows how many are done, after a second and if stderr is a terminal.

    ``total`` is the number of elements if it is known. The line is erased at the end.
    """

    def __init__(self, what: str, work: Iterable[T], total: int = 0) -> None:
        self._what = what
        self._work = work
        self._total = total

    def __iter__(self) -> Iterator[T]:
        # The output of a pipe such as "| less" shares the terminal with stderr: a moving line would disturb it.
        if not (sys.stderr.isatty() and sys.stdout.isatty()):
            yield from self._work  # type: ignore[misc]
            return
        due = time.monotonic() + SILENT_SECONDS
        shown = False
        try:
            for done, element in enumerate(self._work, 1):
                yield element  # type: ignore[misc]
                if time.monotonic() >= due:
                    due, shown = time.monotonic() + INTERVAL_SECONDS, True
                    self._show(done)
        finally:
            if shown:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()

    def _show(self, done: int) -> None:
        of = f" of {self._total}" if self._total else ""
        sys.stderr.write(f"\r{self._what}: {done}{of}\x1b[K")
        sys.stderr.flush()
