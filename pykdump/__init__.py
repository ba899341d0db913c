# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python side of PyKdump. Programs say ``from pykdump.API import *``.

The modules of this folder are the API core: they import ``crash`` and each other, and none of the folders below.
``linux/`` reads kernel structures with the core, ``commands/`` prints what ``linux/`` yields, ``legacy/`` keeps old
helpers that print, ``runtime/`` runs programs. tests/unit/pykdump/test_rooms.py checks every import.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def __getattr__(name: str) -> Any:
    """Return a name of the API: programs also say ``from pykdump import *`` and ``from pykdump import readSU``."""
    if name != "__all__" and (name.startswith("_") or PathFinder.find_spec(f"pykdump.{name}", __path__) is not None):
        raise AttributeError(f"module 'pykdump' has no attribute {name!r}")  # or a module that is not imported yet
    api = vars(import_module("pykdump.API"))
    if name == "__all__":
        # The module pykdump.pylog has the name of an object of the API. Our own code imports the object from there.
        sys.modules[__name__].__dict__["pylog"] = api["pylog"]
        return [public for public in api if not public.startswith("_")]
    if name not in api:
        raise AttributeError(f"module 'pykdump' has no attribute {name!r}")
    return api[name]
