# SPDX-License-Identifier: GPL-3.0-or-later
"""``ext/crash.pyi`` against the method tables in the C sources: the same functions, which take arguments the same way.

``tests/embedded/test_crash_module.py`` compares the stubs with the module that is loaded.
"""

from __future__ import annotations

import ast
import re

import pytest

from mpykbuild.base.paths import PROJECT
from support.stubs import CRASH_STUBS, stub_names

TABLE = re.compile(r"static PyMethodDef (\w+)\[\] = \{(.*?)\n\};", re.DOTALL)
ROW = re.compile(r'^    \{"(\w+)",\s*(?:MPYK_METHOD\()?\w+\)?,\s*([A-Z_| ]+?),', re.MULTILINE)
ADDED = re.compile(r"PyModule_AddFunctions\(module, (\w+)\)")
# pykdump.legacy_crash_names puts these into the module.
MADE_IN_PYTHON = {"gdb_typeinfo", "gdb_whatis", "exec_epython_command", "exec_crash_command_bg2"}
SOURCES = [path.read_text() for path in sorted((PROJECT / "ext").rglob("*.c"))]


def functions_in_c() -> dict[str, set[str]]:
    """Return {function of the module: its METH_ flags}."""
    tables = {table[1]: table[2] for text in SOURCES for table in TABLE.finditer(text)}
    rows = [ROW.findall(tables[name]) for text in SOURCES for name in ADDED.findall(text)]
    assert sum(map(len, rows)) == sum(
        len(re.findall(r'^    \{"', tables[name], re.MULTILINE)) for text in SOURCES for name in ADDED.findall(text)
    ), "a row of a method table is written in another way"
    return {name: set(flags.replace(" ", "").split("|")) for table in rows for name, flags in table}


IN_C = functions_in_c()
STUBS = {node.name: node.args for node in CRASH_STUBS.body if isinstance(node, ast.FunctionDef)}


def test_stubs_and_method_tables_have_the_same_functions() -> None:
    assert STUBS.keys() - MADE_IN_PYTHON == IN_C.keys()
    assert stub_names() >= STUBS.keys()


@pytest.mark.parametrize("name", sorted(IN_C))
def test_function_takes_its_arguments_as_its_stub_says(name: str) -> None:
    flags, stub = IN_C[name], STUBS[name]
    assert not (stub.vararg or stub.kwarg or stub.kwonlyargs), "no C function has such parameters"
    if "METH_NOARGS" in flags:
        assert not (stub.posonlyargs or stub.args)
    elif "METH_O" in flags:
        assert len(stub.posonlyargs) == 1
        assert not stub.args
        assert not stub.defaults
    elif "METH_KEYWORDS" in flags:
        assert stub.args, "parameters that may be named stand after the slash"
    else:
        assert stub.posonlyargs, "parameters that have no name for the caller stand before the slash"
        assert not stub.args
