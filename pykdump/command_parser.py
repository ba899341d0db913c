# SPDX-License-Identifier: GPL-3.0-or-later
"""The command lines of crash commands: argparse with errors of one line."""

from __future__ import annotations

import argparse
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

STATUS_USAGE = 2


class CommandParser(argparse.ArgumentParser):
    """A parser for the command ``name``; what is wrong goes out as one line, with status 2."""

    def __init__(self, name: str, description: str | None) -> None:
        summary = (description or "").partition(": ")[2].strip()
        super().__init__(prog=name, description=summary, formatter_class=argparse.RawDescriptionHelpFormatter)

    def error(self, message: str) -> NoReturn:
        """Print the mistake and where to read on; ends the command."""
        print(f"{self.prog}: {message} (try: {self.prog} --help)", file=sys.stderr)
        raise SystemExit(STATUS_USAGE)


def natural(text: str) -> int:
    """An argument that is a number from 1 on."""
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return number
