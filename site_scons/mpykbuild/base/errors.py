# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception for everything that the user (or the user's machine) has to put right."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class BuildError(Exception):
    """A mistake in the input or a failed step: printed as sentences, never as a traceback.

    ``what`` says what is wrong and where, ``next_step`` what to do about it; ``status`` is that of the program.
    """

    def __init__(self, what: str, next_step: str = "", status: int = 2) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step
        self.status = status

    def __str__(self) -> str:
        return f"{self.what}\n  Next: {self.next_step}" if self.next_step else self.what


def print_error(error: BuildError) -> None:
    """Print the sentences of an error in the form that users and tests know."""
    print(f"mpykdump: error: {error}", file=sys.stderr, flush=True)


@contextmanager
def errors_end_the_program() -> Iterator[None]:
    """End the program with status 2 and the error's sentences when the block raises BuildError."""
    try:
        yield
    except BuildError as error:
        print_error(error)
        sys.exit(2)
