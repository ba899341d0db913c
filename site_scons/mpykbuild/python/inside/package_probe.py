# SPDX-License-Identifier: GPL-3.0-or-later
"""Import packages from a bundle. A program for ``bin/python`` of the CPython product, see artefact.packages.

stdin has the path to search and the names of the modules, as JSON. stdout gets the modules that cannot be imported:
name to [the error, the name of the module that was not found].
"""

from __future__ import annotations

import importlib
import json
import sys
from types import ModuleType
from typing import Any


def _nothing(*_arguments: Any) -> None:
    """Do nothing: what any function of the module readline is here."""


def readline_of_this_program() -> ModuleType:
    """Return a module in the place of the ``readline`` that programs have only inside crash."""
    module = ModuleType("readline")
    vars(module)["__getattr__"] = lambda name: _nothing
    return module


if __name__ == "__main__":
    request = json.load(sys.stdin)
    answer, real = sys.stdout, sys.stderr
    # A package may print something when it is imported.
    sys.stdout = real
    # Modules that this program has imported already are in each bundle; all others must come from there.
    sys.path[:] = request["path"]
    sys.path_importer_cache.clear()
    sys.modules["readline"] = readline_of_this_program()
    failed = {}
    for name in request["modules"]:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - code of others may raise anything
            failed[name] = [f"{type(error).__name__}: {error}", getattr(error, "name", None) or ""]
    json.dump(failed, answer)
