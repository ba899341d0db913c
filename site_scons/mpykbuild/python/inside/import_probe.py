# SPDX-License-Identifier: GPL-3.0-or-later
"""Try to import modules. A program for the Python that was built: it reads names and prints reasons, both as JSON."""

import importlib
import json
import sys


def import_failures(name: str) -> str:
    """Return why ``name`` cannot be imported; empty if it can."""
    try:
        importlib.import_module(name)
    except (ImportError, AttributeError, LookupError, OSError, RuntimeError, ValueError) as error:
        return str(error) or type(error).__name__
    return ""


if __name__ == "__main__":
    answers = {name: import_failures(name) for name in json.load(sys.stdin)}
    json.dump({name: reason for name, reason in answers.items() if reason}, sys.stdout)
