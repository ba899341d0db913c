# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of a cached product: its inputs, and the code of every module that makes it.

This is the only way to a key, so an edited recipe never keeps an old product. Comments and docstrings are no part of
the code: to reword them builds nothing anew.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from mpykbuild.base.cache import Product, digest_of
from mpykbuild.base.module_deps import file_of, modules_behind, nodes_of

# These find files, transfer them and report. They do not decide what is in a product: everything that is transferred
# is checked by its hash, which is among the inputs.
WITHOUT_INFLUENCE = frozenset(
    {"base.cache", "base.errors", "base.module_deps", "base.paths", "base.recipe", "base.run_log", "base.version",
     "fetch.apt_client", "fetch.debian_version", "fetch.download", "fetch.source_schema", "fetch.sources"}
)  # fmt: skip


def product(root: Path, kind: str, name: str, made_by: tuple[str, ...], inputs: Mapping[str, str | bytes]) -> Product:
    """Return the product ``<root>/<kind>/<name>-<key>``.

    ``made_by`` names the modules that make it; what they import counts too. ``inputs`` is everything else that decides
    on the content: hashes of sources, versions of tools.
    """
    return Product(root, kind, name, digest_of({**inputs, **recipe_of(*made_by)}))


def recipe_of(*modules: str) -> dict[str, str]:
    """Return the code of ``modules`` and of all that they import, by module."""
    names = modules_behind(*modules) - WITHOUT_INFLUENCE
    return {f"recipe {name}": code_of(path) for name in names if (path := file_of(name))}


@cache
def code_of(path: Path) -> str:
    """Return the lines of a Python file that are neither docstring, nor comment, nor empty.

    Lines inside other texts always count: a text may be a script with comments of its own.
    """
    text = path.read_text(encoding="utf-8")
    dropped: set[int] = set()
    kept: set[int] = set()
    for node in nodes_of(path):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            dropped.update(_docstring_lines(node))
        elif isinstance(node, (ast.Constant, ast.JoinedStr)) and node.end_lineno:
            kept.update(range(node.lineno, node.end_lineno + 1) if node.end_lineno > node.lineno else ())
    kept -= dropped
    return "\n".join(
        line
        for number, line in enumerate(text.splitlines(), 1)
        if number in kept or (number not in dropped and line.strip() and not line.lstrip().startswith("#"))
    )


def _docstring_lines(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[int]:
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)
