# SPDX-License-Identifier: GPL-3.0-or-later
"""Which modules can be imported? A program for the Python in question: names on stdin, reasons on stdout, both JSON."""

import importlib
import json
import sys


def import_failures(name: str) -> str:
    """Return why ``name`` cannot be imported; empty when it can."""
    try:
        importlib.import_module(name)
    except (ImportError, AttributeError, LookupError, OSError, RuntimeError, ValueError) as error:
        return str(error) or type(error).__name__
    return ""


if __name__ == "__main__":
    answers = {name: import_failures(name) for name in json.load(sys.stdin)}
    json.dump({name: reason for name, reason in answers.items() if reason}, sys.stdout)
