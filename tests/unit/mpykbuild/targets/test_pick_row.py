# SPDX-License-Identifier: GPL-3.0-or-later
"""Which row of the matrix `./sconsw test` tries besides: settled by the files, and all rows have their turn."""

from __future__ import annotations

import shlex
from pathlib import Path

from mpykbuild.base.paths import PROJECT
from mpykbuild.plan import matrix_table
from mpykbuild.plan.matrix_table import Row
from mpykbuild.targets import pick_row

ROWS = matrix_table.load_rows()


def test_all_rows_but_those_tested_anyway_and_for_other_machines_have_their_turn() -> None:
    first = {pick_row.rows_in_turn(ROWS, f"{drawn:x}")[0] for drawn in range(len(ROWS))}
    left = set(ROWS) - first
    other_machines = {row for row in ROWS if pick_row.ELSEWHERE & row.values.keys()}
    assert left == other_machines | set(matrix_table.always_tested(ROWS))
    assert first and other_machines and matrix_table.always_tested(ROWS)


def test_the_others_follow_in_their_order() -> None:
    one, two = pick_row.rows_in_turn(ROWS, "0"), pick_row.rows_in_turn(ROWS, "2")
    assert two == [*one[2:], *one[:2]]
    assert pick_row.rows_in_turn([], "ff") == []
    assert pick_row.rows_in_turn([Row("x", "3", "9", (("host", "aarch64"),))], "0") == []
    assert pick_row.rows_in_turn([Row("x", "3", "9", always=True), Row("y", "3", "9")], "0")[0].name == "y"


def test_any_file_counts_and_its_time_does_not(tmp_path: Path) -> None:
    for name in ("SConstruct", "ext/x.c", "tests/unit/test_x.py", "pykdump/x.pyc", "build/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    before = pick_row.sources_digest(tmp_path)
    for name in ("pykdump/x.pyc", "build/x"):
        (tmp_path / name).write_text("2")
    (tmp_path / "ext/x.c").touch()
    assert pick_row.sources_digest(tmp_path) == before
    seen = {before}
    for name in ("SConstruct", "ext/x.c", "tests/unit/test_x.py"):
        (tmp_path / name).write_text("2")
        seen.add(pick_row.sources_digest(tmp_path))
    assert len(seen) == 4


def test_what_is_drawn_from_and_tested_is_there() -> None:
    assert all((PROJECT / name).exists() for name in pick_row.DRAWN_FROM)
    for word in pick_row.TESTS.split():
        name, _, function = word.partition("::")
        assert word.startswith("-") or f"def {function or 'test_'}" in (PROJECT / name).read_text()


def test_the_command_that_repeats_a_row() -> None:
    assert shlex.split(pick_row.repeat_command("cp39-crash8"))[1:] == [
        "test-matrix", "row=cp39-crash8", f"tests={pick_row.TESTS}",
    ]  # fmt: skip
