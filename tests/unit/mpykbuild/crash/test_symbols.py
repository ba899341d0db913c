# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of crash's symbols: its schema, and the header that is generated from it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.crash import symbols as crash_symbols
from mpykbuild.crash.bridges import bridge_sources

ROW = {"name": "readmem", "since": "1.0", "feature": "reading memory"}


def write(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    path = tmp_path / "table.json"
    path.write_text(json.dumps({"symbols": rows}))
    return path


def test_the_table_keeps_its_schema() -> None:
    rows = crash_symbols.load_symbols()
    assert all(any(row.is_for(major) for row in rows) for major in bridge_sources())
    assert all(row.required for row in rows if row.gdb), "a bridge is used whole or not at all"
    assert {row.name for row in rows if row.required} >= {"pc", "readmem", "register_extension"}


@pytest.mark.parametrize(
    ("majors", "fits"),
    [("", []), ("10", [10]), ("10+", [10, 12, 16, 17]), ("10-16", [10, 12, 16]), ("7-10", [7, 10]), ("16+", [16, 17])],
)
def test_majors_of_a_row(majors: str, fits: list[int]) -> None:
    row = crash_symbols.CrashSymbol("x", "1.0", "types", gdb=majors)
    assert [major for major in (7, 10, 12, 16, 17) if row.is_for(major)] == fits


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sinse": "8"}, "unknown key 'sinse'"),
        ({"since": "eight"}, "since: 'eight' is not a version"),
        ({"feature": ""}, "feature: '' is not a text"),
        ({"gdb": 10}, "gdb: 10 is not a major of gdb"),
        ({"name": "_Z1fv"}, "needs a label"),
    ],
)
def test_wrong_rows_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(BuildError, match=message):
        crash_symbols.load_symbols(write(tmp_path, {**ROW, **change}))


def test_the_error_has_all_mistakes(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        crash_symbols.load_symbols(write(tmp_path, ROW, ROW, {"name": "x"}))
    assert "readmem is there twice" in caught.value.what
    assert "symbols[2]: the key 'feature' is missing" in caught.value.what


def test_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(BuildError, match="top level: must be an object"):
        crash_symbols.load_symbols(tmp_path / "x.json")


def test_rows_of_a_bridge() -> None:
    rows = crash_symbols.load_symbols()
    shown = {row.name for row in crash_symbols.symbols_for_bridges(rows, [10])}
    assert "current_language" in shown
    assert "_Z18internal_error_locPKciS0_z" not in shown
    assert all(not row.gdb for row in crash_symbols.symbols_for_gdb(rows, 0))


def test_the_header_makes_symbols_weak_and_finds_those_that_exist(tmp_path: Path) -> None:
    """ext/crash/symbols.c over a table with one name that exists and three that do not."""
    rows = [
        crash_symbols.CrashSymbol("there", "1.0", "f", c_name="also_called"),
        crash_symbols.CrashSymbol("optional", "1.0", 'a "quoted" feature', fallback="nothing is done"),
        crash_symbols.CrashSymbol("_Z8requiredv", "1.2", "types", label="required", gdb="16+"),
        crash_symbols.CrashSymbol("there10", "1.2", "types", gdb="10+"),
    ]
    (tmp_path / "crash_symbols_generated.h").write_text(crash_symbols.symbols_header(rows, [10, 16]))
    (tmp_path / "main.c").write_text(
        '#include "crash/symbols.h"\n#include <stddef.h>\n#include <stdio.h>\nint there, there10;\n'
        "int main(void) {\n    struct mpyk_symbol_row row;\n"
        '    const char *none = mpyk_symbols_missing(16);\n    printf("%s\\n", none ? none : "-");\n'
        "    for (int gdb = 0; gdb <= 10; gdb += 10)\n        for (int i = 0; mpyk_symbols_get(gdb, i, &row); i++)\n"
        '            printf("%d %s %d %s %s %s\\n", gdb, row.name, row.present, row.since,\n'
        '                   row.fallback ? row.fallback : "-", row.feature);\n'
        "    return mpyk_symbols_missing(0) != NULL || mpyk_symbols_missing(10) != NULL;\n}\n"
    )
    sources = [tmp_path / "main.c", crash_symbols.TABLE.parent / "symbols.c"]
    flags = ["-Wall", "-Wextra", "-Werror", "-fPIC", f"-I{tmp_path}", f"-I{crash_symbols.TABLE.parents[1]}"]
    subprocess.run(["cc", *flags, *map(str, sources), "-o", str(tmp_path / "x")], check=True)
    done = subprocess.run([tmp_path / "x"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "required",
        "0 there 1 1.0 - f",
        '0 optional 0 1.0 nothing is done a "quoted" feature',
        "10 there10 1 1.2 - types",
    ]
    assert "#pragma weak also_called\n" in crash_symbols.symbols_header(rows, [10, 16])


def test_built_for_header() -> None:
    text = crash_symbols.built_for_header(["1.1", "1.2"], [10, 16])
    assert '#define MPYK_BUILT_FOR_CRASH "1.1 and 1.2"\n' in text
    assert '#define MPYK_BUILT_FOR_RELEASES "1.1", "1.2"\n' in text
    assert "#define MPYK_BUILT_FOR_GDB(X) X(10) X(16)\n" in text


def test_words_are_joined() -> None:
    assert [crash_symbols.join_words(words) for words in (["a"], ["a", "b"], ["a", 1, "c"])] == [
        "a",
        "a and b",
        "a, 1 and c",
    ]
