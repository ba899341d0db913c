# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception for everything that the user (or the user's machine) has to put right."""

from __future__ import annotations


class BuildError(Exception):
    """A mistake in the input or a failed step: printed as sentences, never as a traceback.

    ``what`` says what is wrong and where, ``next_step`` what to do about it.
    """

    def __init__(self, what: str, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}\n  Next: {self.next_step}" if self.next_step else self.what
