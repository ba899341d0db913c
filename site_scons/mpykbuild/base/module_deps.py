# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the files of ``mpykbuild`` that a module imports, because SCons does not follow Python imports."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from mpykbuild.base.paths import SITE_SCONS

PACKAGE = "mpykbuild"


def file_of(module: str) -> Path | None:
    """Return the file of a module of ``mpykbuild`` such as ``crash.tree``. Return None if the name is not a module."""
    path = SITE_SCONS / PACKAGE / f"{module.replace('.', '/')}.py"
    return path if path.is_file() else None


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a file's syntax tree. They are kept: parsing is slow."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))))


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Return the modules of ``mpykbuild`` that a file imports, as ``crash.tree``. Imports in functions count too."""
    named: set[str] = set()
    for node in nodes_of(path):
        if isinstance(node, ast.ImportFrom) and node.module:
            named.add(node.module)
            named.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
    inside = {name.removeprefix(f"{PACKAGE}.") for name in named if name.startswith(f"{PACKAGE}.")}
    return frozenset(name for name in inside if file_of(name))


@cache
def modules_behind(*modules: str) -> frozenset[str]:
    """Return ``modules`` (``crash.tree`` or ``mpykbuild.crash.tree``) and all modules that they import, at any depth.

    Raises ValueError if a name is not a module.
    """
    waiting = [name.removeprefix(f"{PACKAGE}.") for name in modules]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        path = file_of(name)
        if path is None:
            raise ValueError(f"{name} is not a module of {PACKAGE}")
        if name not in seen:
            seen.add(name)
            waiting.extend(imports_of(path) - seen)
    return frozenset(seen)


@cache
def files_of(*modules: str) -> tuple[Path, ...]:
    """Return the files of :func:`modules_behind`, sorted."""
    return tuple(sorted(path for name in modules_behind(*modules) if (path := file_of(name))))
