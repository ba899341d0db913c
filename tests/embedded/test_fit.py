# SPDX-License-Identifier: GPL-3.0-or-later
"""Crash programs that lack an export: the extension works without some, and refuses to load without others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mpykbuild.crash import requirements_section
from mpykbuild.crash.tree import parse_tree
from support.elfpatch import patched
from support.session import Result, Variant, Vmcore

RunCrash = Callable[..., Result]
REFUSED = "mpykdump: this file was built for crash "


def test_version_report_says_that_all_is_there(variant: Variant, run_crash: RunCrash) -> None:
    shown = run_crash(variant, [f"extend {variant.extension}", "epython -V"]).stdout
    symbols = requirements_section.read_requirements(variant.extension).symbols
    own = [row for row in symbols if not row.gdb]
    major = parse_tree(variant.crash.parent).gdb_major
    from_gdb = [row for row in symbols if row.is_for(major)]
    assert f"built for crash {' and '.join(variant.built_for)}, " in shown
    assert f"from crash: {len(own)} of {len(own)} functions and variables are there\n" in shown
    assert f"from gdb {major}: {len(from_gdb)} of {len(from_gdb)} functions and variables are there\n" in shown
    assert "not built for" not in shown
    assert "  without" not in shown
    assert "where this was built" not in shown


@pytest.mark.long
def test_missing_function_with_a_fallback(variant: Variant, run_crash: RunCrash, tmp_path: Path) -> None:
    crash = patched(variant.crash, tmp_path / "crash", without="get_uptime")
    program = "import crash\ntry: crash.get_uptime()\nexcept NotImplementedError as e: print('not there:', e)\n"
    (tmp_path / "prog.py").write_text(program)
    lame = replace(variant, crash=crash)
    result = run_crash(lame, [f"extend {variant.extension}", "epython -V", "epython prog.py"], cwd=tmp_path)
    since = next(
        row.since
        for row in requirements_section.read_requirements(variant.extension).symbols
        if row.name == "get_uptime"
    )
    assert (
        f"  without get_uptime (crash {since} has it): NotImplementedError; lost: crash.get_uptime()\n" in result.stdout
    )
    assert "not there: " in result.stdout
    assert result.status == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"without": "readmem"}, "which has no readmem: "),
        ({"without": "_Z16get_current_archv"}, "which has another gdb: "),
        (
            {"sizes": {"program_context": 9999}},
            "whose struct program_context has 9999 bytes where {size} are expected: ",
        ),
        ({"sizes": {"task_table": 8}}, "whose struct task_table has 8 bytes where at least "),
        ({"target": "ALIEN"}, "which reads dumps of ALIEN, and this file is for those of "),
    ],
    ids=["function", "gdb", "exact size", "size", "target"],
)
@pytest.mark.long
def test_unsuitable_crash_is_refused_in_one_sentence(
    variant: Variant, vmcore: Vmcore, run_crash: RunCrash, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    crash = patched(variant.crash, tmp_path / "crash", **change)  # type: ignore[arg-type]
    commands = [f"extend {variant.extension}", "epython -c 1", "eval 6*7"]
    result = run_crash(replace(variant, crash=crash), commands, options=vmcore.minimal)
    output = result.stdout + result.stderr
    assert output.count(REFUSED) == 1
    sizes = {row.name: row.size for row in requirements_section.read_requirements(variant.extension).objects}
    reason = message.format(size=sizes["program_context"])
    assert f", but this is crash {variant.crash_version}, {reason}" in output
    assert "undefined symbol" not in output
    assert "decimal: 42" in result.stdout, "the session is alive"
    assert "no commands registered" in output
    assert result.status == 1, "and a script can tell"


@pytest.mark.long
def test_variable_that_grew_is_reported(variant: Variant, vmcore: Vmcore, run_crash: RunCrash, tmp_path: Path) -> None:
    row = next(
        row for row in requirements_section.read_requirements(variant.extension).objects if row.name == "task_table"
    )
    crash = patched(variant.crash, tmp_path / "crash", sizes={"task_table": row.size + 8})
    lame = replace(variant, crash=crash)
    result = run_crash(lame, [f"extend {variant.extension}", "epython -V"], options=vmcore.minimal)
    expected = (
        f"struct task_table: {row.size + 8} bytes, {row.size} where this was built; the first {row.used} are used\n"
    )
    assert expected in result.stdout
