# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of ``mpykbuild`` a module consists of: SCons does not follow Python imports by itself."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from mpykbuild.base.paths import SITE_SCONS

PACKAGE = "mpykbuild"


def file_of(module: str) -> Path | None:
    """Return the file of a module of ``mpykbuild`` (``crash.tree``), None for a room or a name inside a module."""
    path = SITE_SCONS / PACKAGE / f"{module.replace('.', '/')}.py"
    return path if path.is_file() else None


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a file's syntax tree. They are kept: parsing is slow."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))))


def imports_of(path: Path) -> set[str]:
    """Return the modules of ``mpykbuild`` that a file imports, at any depth of its code, as ``crash.tree``."""
    named: set[str] = set()
    for node in nodes_of(path):
        if isinstance(node, ast.ImportFrom) and node.module:
            named.add(node.module)
            named.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
    inside = {name.removeprefix(f"{PACKAGE}.") for name in named if name.startswith(f"{PACKAGE}.")}
    return {name for name in inside if file_of(name)}


@cache
def modules_behind(*modules: str) -> frozenset[str]:
    """Return ``modules`` (``crash.tree`` or ``mpykbuild.crash.tree``) and all modules that they import.

    Raises ValueError for a name that is no module: a recipe that names one would be incomplete.
    """
    waiting = [name.removeprefix(f"{PACKAGE}.") for name in modules]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        path = file_of(name)
        if path is None:
            raise ValueError(f"{name} is no module of {PACKAGE}")
        if name not in seen:
            seen.add(name)
            waiting.extend(imports_of(path) - seen)
    return frozenset(seen)


@cache
def files_of(*modules: str) -> tuple[Path, ...]:
    """Return the files of :func:`modules_behind`, sorted."""
    return tuple(sorted(path for name in modules_behind(*modules) if (path := file_of(name))))
