# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of built-in modules (CPython's config.c): ask a static library for its own, write ours instead.

A library pulls in the objects of the modules that its table names, and nothing else of them. So whoever replaces the
table decides which modules are linked, and which libraries of the host are not needed.
"""

from __future__ import annotations

from collections.abc import Iterable

from mpykbuild.toolchain.archive_graph import Graph

TABLE = "_PyImport_Inittab"
PREFIX = "PyInit_"
# Built-in modules whose functions are called otherwise; those of sys and builtins are not called at all.
SPECIAL = {"marshal": "PyMarshal_Init", "_warnings": "_PyWarnings_Init", "sys": "", "builtins": ""}


def modules_of(graph: Graph) -> frozenset[str]:
    """Return the modules that the library's own table names; empty when it has no table."""
    if TABLE not in graph.definer:
        return frozenset()
    needs = graph.members[graph.definer[TABLE]].needs
    return frozenset({symbol.removeprefix(PREFIX) for symbol in needs if symbol.startswith(PREFIX)} | SPECIAL.keys())


def function_of(module: str) -> str:
    """Return the function that makes a built-in module; empty for sys and builtins."""
    return SPECIAL.get(module, PREFIX + module)


def inittab_source(modules: Iterable[str]) -> str:
    """Return the text of our own config.c for ``modules``."""
    functions = {module: function_of(module) for module in sorted(modules)}
    declared = [f"extern PyObject *{name}(void);" for name in functions.values() if name]
    rows = [f'    {{"{module}", {name or "NULL"}}},' for module, name in functions.items()]
    return "\n".join(
        ['#include "Python.h"', *declared, f"struct _inittab {TABLE}[] = {{", *rows, "    {NULL, NULL},", "};", ""]
    )
