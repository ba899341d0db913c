# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that a symbol pulls from a library, and the symbols that stay undefined."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain import archive_graph
from mpykbuild.toolchain.archive_graph import Graph

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
UNITS = {
    "a": "#include <math.h>\nextern int b(void);\nint a(double x) { return b() + (int)cos(x); }\n",
    "b": "extern int inflate(void) ;\nextern int maybe(void) __attribute__((weak));\n"
    "int b(void) { return inflate() + (maybe ? maybe() : 0); }\n",
    "c": "int c;\nint d(void) { return c; }\n",
}


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    for name, text in UNITS.items():
        (tmp_path / f"{name}.c").write_text(text)
        subprocess.run(["gcc", "-fPIC", "-c", f"{name}.c"], cwd=tmp_path, check=True)
    return archive_graph.build_graph(
        archive_graph.read_members(tmp_path, [f"{name}.o" for name in UNITS]), tmp_path, "gcc", ENV
    )


def test_reach_follows_what_objects_need(graph: Graph) -> None:
    assert graph.reach(["a"]) == {"a.o", "b.o"}
    assert graph.reach(["d", "unknown"]) == {"c.o"}
    assert graph.without("b.o").reach(["a"]) == {"a.o"}


def test_undefined_symbols_are_in_neither_the_library_nor_the_c_library(graph: Graph) -> None:
    assert graph.undefined == {"inflate"}
    assert graph.unmet(["a.o"]) == set()
    assert graph.unmet(graph.reach(["a"])) == {"inflate"}


def test_a_missing_object_is_a_build_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="cannot read"):
        archive_graph.read_members(tmp_path, ["absent.o"])
