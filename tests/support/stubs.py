# SPDX-License-Identifier: GPL-3.0-or-later
"""``ext/crash.pyi``, read as data."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from mpykbuild.base.paths import PROJECT

CRASH_STUBS = ast.parse((PROJECT / "ext" / "crash.pyi").read_text())
# Names that only type checkers know.
FOR_TYPES_ONLY = {"_T", "_TypeSource"}


def names_defined(body: Iterable[ast.stmt]) -> set[str]:
    """Return the functions, classes, and variables that the statements define."""
    found = set()
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def stub_names() -> set[str]:
    """Return the names of the module as the stubs have them."""
    return names_defined(CRASH_STUBS.body) - FOR_TYPES_ONLY


def stub_classes() -> dict[str, set[str]]:
    """Return {class: the methods and properties of its stub, and of its bases}.

    Variables are left out: they are in the classes of C structs only.
    """
    found: dict[str, set[str]] = {}
    for node in CRASH_STUBS.body:
        if isinstance(node, ast.ClassDef) and node.name not in FOR_TYPES_ONLY:
            own = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
            bases = [found.get(base.id, set()) for base in node.bases if isinstance(base, ast.Name)]
            found[node.name] = own.union(*bases)
    return found
