# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of inputrc that a program gives to the module ``readline``: key bindings and settings for its own lines."""

from __future__ import annotations

import os
import sys

import crash

# Files may include each other.
INCLUDED_MAX = 10
# readline does not tell the value of the colours, so it could not be restored; the history is kept by PyKdump.
_NOT_SET = frozenset({"history-size", "active-region-start-color", "active-region-end-color"})


class KeyBindings:
    """Lines that readline obeys before each reading.

    crash's readline forgets them after each reading. So the conditions of these lines must be complete: otherwise
    readline would leave out lines that are not ours.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._open = 0

    def lines(self) -> list[str]:
        """Return the lines; each ``$if`` among them has its ``$endif``."""
        return self._lines + ["$endif"] * self._open

    def add_file(self, filename: str | os.PathLike[str], depth: int = 0) -> None:
        """Add the lines of a file. Raises OSError."""
        with open(os.path.expanduser(filename), encoding="utf-8", errors="replace") as stream:
            lines = stream.read().splitlines()
        before = self._open
        for line in lines:
            self.add(line, depth)
        while self._open > before:
            self.add("$endif", depth)

    def add(self, line: str, depth: int = 0) -> None:
        """Add a line. A line that readline does not understand is left out; readline says why on stderr."""
        text = line.strip()
        directive, _, argument = text.partition(" ")
        if not text or text.startswith("#"):
            return
        if directive == "$include":
            self._include(argument.strip(), depth + 1)
        elif directive.startswith("$"):
            self._add_condition(directive, text)
        elif not _is_left_out(text) and crash._edit_accepts(text):
            self._lines.append(text)

    def _add_condition(self, directive: str, text: str) -> None:
        if directive != "$if" and not self._open:
            print(f"readline: {directive} without $if", file=sys.stderr)
            return
        self._open += {"$if": 1, "$endif": -1}.get(directive, 0)
        self._lines.append(text)

    def _include(self, filename: str, depth: int) -> None:
        if depth > INCLUDED_MAX:
            print(f"readline: {filename}: more than {INCLUDED_MAX} files include each other", file=sys.stderr)
            return
        try:
            self.add_file(filename, depth)
        except OSError as error:
            print(f"readline: {filename}: {error.strerror}", file=sys.stderr)


def _is_left_out(text: str) -> bool:
    words = text.lower().split()
    return words[0] == "set" and words[1:2] != [] and words[1] in _NOT_SET
