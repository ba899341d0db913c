# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute the key of a cached product from its inputs and from the code of every module that makes it.

All keys are computed here, so a change in the code of a recipe always builds its product again. Comments and
docstrings do not count: a change in them builds nothing again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from mpykbuild.base.cache import Product, digest_of
from mpykbuild.base.module_deps import file_of, modules_behind, nodes_of

# The code of these modules is not part of a key. They find and transfer files and report errors, but they do not
# change what is in a product: the hash of each transferred file is checked, and that hash is one of the inputs.
WITHOUT_INFLUENCE = frozenset(
    {"base.cache", "base.errors", "base.module_deps", "base.paths", "base.recipe", "base.run_log", "base.version",
     "fetch.apt_client", "fetch.debian_version", "fetch.download", "fetch.source_schema", "fetch.sources"}
)  # fmt: skip


def product(root: Path, kind: str, name: str, made_by: tuple[str, ...], inputs: Mapping[str, str | bytes]) -> Product:
    """Return the product ``<root>/<kind>/<name>-<key>``.

    ``made_by`` names the modules that make it. The modules that they import count too. ``inputs`` is everything else
    that changes the content: hashes of sources, versions of tools.
    """
    return Product(root, kind, name, digest_of({**inputs, **recipe_of(*made_by)}))


def recipe_of(*modules: str) -> dict[str, str]:
    """Return the code of ``modules`` and of all modules that they import, with a name for each."""
    names = modules_behind(*modules) - WITHOUT_INFLUENCE
    return {f"recipe {name}": code_of(path) for name in names if (path := file_of(name))}


@cache
def code_of(path: Path) -> str:
    """Return the lines of a Python file without docstrings, lines that are only a comment, and empty lines.

    Lines inside a string of several lines always count, because the string may be a script with its own comments.
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
