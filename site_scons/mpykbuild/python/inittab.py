# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of built-in modules (CPython's config.c): read the table of a static library, and write our own.

The linker takes an object from a static library only if another object refers to it. For most built-in modules only
the table does. So our own table decides which modules are linked, and which libraries of the host are needed.
"""

from __future__ import annotations

from collections.abc import Iterable

from mpykbuild.toolchain.archive_graph import Graph

TABLE = "_PyImport_Inittab"
PREFIX = "PyInit_"
# The init functions of these built-in modules have other names. sys and builtins have no function in the table.
SPECIAL = {"marshal": "PyMarshal_Init", "_warnings": "_PyWarnings_Init", "sys": "", "builtins": ""}


def modules_of(graph: Graph) -> frozenset[str]:
    """Return the modules in the library's own table; empty if it has no table."""
    if TABLE not in graph.definer:
        return frozenset()
    needs = graph.members[graph.definer[TABLE]].needs
    return frozenset({symbol.removeprefix(PREFIX) for symbol in needs if symbol.startswith(PREFIX)} | SPECIAL.keys())


def function_of(module: str) -> str:
    """Return the name of the init function of a built-in module; empty for sys and builtins."""
    return SPECIAL.get(module, PREFIX + module)


def inittab_source(modules: Iterable[str]) -> str:
    """Return the C text of our own table, which names ``modules``."""
    functions = {module: function_of(module) for module in sorted(modules)}
    declared = [f"extern PyObject *{name}(void);" for name in functions.values() if name]
    rows = [f'    {{"{module}", {name or "NULL"}}},' for module, name in functions.items()]
    return "\n".join(
        ['#include "Python.h"', *declared, f"struct _inittab {TABLE}[] = {{", *rows, "    {NULL, NULL},", "};", ""]
    )
