# SPDX-License-Identifier: GPL-3.0-or-later
"""Try to import modules. A program for the Python that was built: it reads names and prints reasons, both as JSON."""

import importlib
import json
import sys


def import_failures(name: str) -> str:
    """Return why ``name`` cannot be imported; empty if it can."""
    try:
        importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - a module may raise an exception of its own, as xml.sax does
        return str(error) or type(error).__name__
    return ""


if __name__ == "__main__":
    answers = {name: import_failures(name) for name in json.load(sys.stdin)}
    json.dump({name: reason for name, reason in answers.items() if reason}, sys.stdout)
