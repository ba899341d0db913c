# SPDX-License-Identifier: GPL-3.0-or-later
"""The parser for command lines of crash commands: argparse, with error messages of one line."""

from __future__ import annotations

import argparse
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

STATUS_USAGE = 3


class CommandParser(argparse.ArgumentParser):
    """A parser for the command ``name``. A wrong command line gives one line of error and the exit status 3.

    ``text`` is the docstring of the command: "name: summary", and below it the help.
    """

    def __init__(self, name: str, text: str | None) -> None:
        description = (text or "").partition(": ")[2].strip()
        super().__init__(prog=name, description=description, formatter_class=argparse.RawDescriptionHelpFormatter)

    def error(self, message: str) -> NoReturn:
        """Print the error and the help option; end the command."""
        print(f"{self.prog}: {message} (try: {self.prog} --help)", file=sys.stderr)
        raise SystemExit(STATUS_USAGE)


def name_pattern(text: str) -> re.Pattern[str]:
    """Return an argument as a regular expression for whole names. Raises ArgumentTypeError."""
    try:
        return re.compile(text)
    except re.error as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is not a regular expression: {problem}") from None


def positive_number(text: str) -> int:
    """Return an argument as an int. Raises ArgumentTypeError unless it is 1 or more."""
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return number
