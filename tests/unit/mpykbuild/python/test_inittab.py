# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of built-in modules: read from a library's graph, written as C."""

from __future__ import annotations

from mpykbuild.python import inittab
from mpykbuild.toolchain.archive_graph import Graph, Member


def test_the_modules_of_a_library_are_read() -> None:
    config = Member("config.o", {inittab.TABLE}, {"PyInit_zlib", "PyInit__imp", "PyMarshal_Init", "memcpy"})
    graph = Graph({"config.o": config}, {inittab.TABLE: "config.o"}, frozenset())
    assert inittab.modules_of(graph) == {"zlib", "_imp", "marshal", "_warnings", "sys", "builtins"}
    assert inittab.modules_of(graph.without("config.o")) == frozenset()


def test_our_table_names_the_given_modules() -> None:
    text = inittab.inittab_source({"sys", "math", "marshal"})
    assert '{"math", PyInit_math},' in text
    assert '{"marshal", PyMarshal_Init},' in text
    assert '{"sys", NULL},' in text
    assert "extern PyObject *PyInit_math(void);" in text
    assert "PyInit_sys" not in text
    assert text.index("math") < text.index("{NULL, NULL}")
