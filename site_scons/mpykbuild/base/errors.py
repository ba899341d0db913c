# SPDX-License-Identifier: GPL-3.0-or-later
"""The exception for all errors that the user has to correct, in the input or on the machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class BuildError(Exception):
    """A mistake in the input, or a step that failed. It is printed as sentences, never as a traceback.

    ``what`` says what is wrong and where. ``next_step`` says what to do. ``status`` is the program's exit status.
    """

    def __init__(self, what: str, next_step: str = "", status: int = 2) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step
        self.status = status

    def __str__(self) -> str:
        return f"{self.what}\n  Next: {self.next_step}" if self.next_step else self.what


def print_error(error: BuildError) -> None:
    """Print the error to stderr: ``mpykdump: error: WHAT``, and on a second line the next step."""
    print(f"mpykdump: error: {error}", file=sys.stderr, flush=True)


@contextmanager
def errors_end_the_program() -> Iterator[None]:
    """If the block raises BuildError, print the error and end the program with status 2."""
    try:
        yield
    except BuildError as error:
        print_error(error)
        sys.exit(2)
