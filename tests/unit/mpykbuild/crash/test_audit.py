# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the needs of an artefact with small programs that the tests compile."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.crash import audit as crash_audit
from mpykbuild.crash.layout_probe import CrashObject
from mpykbuild.crash.requirements_section import Needs
from mpykbuild.crash.symbols import CrashSymbol

NEEDS = Needs(
    ("1.1", "1.2"), (10, 16),
    (
        CrashSymbol("readmem", "1.0", "reading memory"),
        CrashSymbol("get_uptime", "1.0", "crash.get_uptime()", fallback="NotImplementedError"),
        CrashSymbol("old", "1.0", "types from gdb", gdb="10"),
        CrashSymbol("_Z5newerv", "1.2", "types from gdb", label="newer", gdb="16+"),
    ),
    (CrashObject("program_context", 16, 8, True), CrashObject("task_table", 16, 8, False)),
)  # fmt: skip
WHOLE = "int readmem, get_uptime, old, register_extension; char program_context[16], task_table[16];"


def audit(tmp_path: Path, source: str) -> crash_audit.Audit:
    (tmp_path / "x.c").write_text(source)
    program = tmp_path / "x.so"
    subprocess.run(["cc", "-shared", "-fPIC", str(tmp_path / "x.c"), "-o", str(program)], check=True)
    return crash_audit.audit_program(NEEDS, program)


def test_a_program_with_all_symbols(tmp_path: Path) -> None:
    found = audit(tmp_path, WHOLE)
    assert found.refusals == ()
    text = "\n".join(found.lines)
    assert "bridge for gdb 10: 1 of 1 are there, used here" in text
    assert "bridge for gdb 16: 0 of 1 are there, not used here" in text
    assert text.endswith("lost here: nothing\nverdict: it loads")


def test_fallback_and_feature_are_named(tmp_path: Path) -> None:
    found = audit(tmp_path, WHOLE.replace(" get_uptime,", ""))
    assert found.refusals == ()
    line = next(line for line in found.lines if " get_uptime " in line)
    assert line.split(maxsplit=2) == [
        "replaced", "get_uptime", "NotImplementedError; lost: crash.get_uptime() (crash 1.0 has it)",
    ]  # fmt: skip
    assert found.lines[-2] == "lost here: crash.get_uptime()"


@pytest.mark.parametrize(
    ("version", "chosen"), [("10.2", 10), ("16.3", 16), ("16.3-debian", 16), ("17.1", 0), ("1.0", 0)]
)
def test_version_of_gdb_chooses_the_bridge(tmp_path: Path, version: str, chosen: int) -> None:
    """The program has the names of both bridges, as a later gdb may have."""
    source = WHOLE.replace(" old,", " old, _Z5newerv,") + f' const char version[] = "{version}";'
    found = audit(tmp_path, source)
    assert [
        f"bridge for gdb {major}: 1 of 1 are there, {'' if major == chosen else 'not '}used here" for major in (10, 16)
    ] == [line for line in found.lines if line.startswith("bridge")]
    refused = f"there is no bridge for its gdb {version}, only for gdb 10 and 16"
    assert found.refusals == (() if chosen else (refused,))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("readmem,", "", "readmem is missing"),
        (" old,", "", "there is no bridge for its gdb, only for gdb 10 and 16"),
        ("program_context[16]", "program_context[24]", "struct program_context differs"),
        ("task_table[16]", "task_table[4]", "struct task_table differs"),
    ],
)
def test_refusals(tmp_path: Path, old: str, new: str, message: str) -> None:
    found = audit(tmp_path, WHOLE.replace(old, new))
    assert found.refusals == (message,)
    assert found.lines[-1] == f"verdict: refused: {message}"


def test_a_larger_structure_is_accepted(tmp_path: Path) -> None:
    assert audit(tmp_path, WHOLE.replace("task_table[16]", "task_table[24]")).refusals == ()


def test_the_bridge_is_chosen_by_the_symbols_of_gdb(tmp_path: Path) -> None:
    lines = audit(tmp_path, WHOLE.replace(" old,", " _Z5newerv,")).lines
    assert "bridge for gdb 16: 1 of 1 are there, used here" in lines


def test_other_programs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="register_extension"):
        audit(tmp_path, "int x;")
    with pytest.raises(BuildError, match="cannot be read as a program"):
        crash_audit.exported_names(tmp_path / "absent")
