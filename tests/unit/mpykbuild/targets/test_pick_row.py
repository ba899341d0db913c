# SPDX-License-Identifier: GPL-3.0-or-later
"""A hash of the sources picks the additional row of `./sconsw test`, and every row can be picked."""

from __future__ import annotations

import shlex
from pathlib import Path

from mpykbuild.base.paths import PROJECT
from mpykbuild.plan import matrix_table
from mpykbuild.plan.matrix_table import Row
from mpykbuild.targets import pick_row

ROWS = matrix_table.load_rows()


def test_every_row_can_be_picked_except_always_tested_ones_and_other_machines() -> None:
    first = {pick_row.rows_to_try(ROWS, f"{digest:x}")[0] for digest in range(len(ROWS))}
    never_picked = set(ROWS) - first
    other_machines = {row for row in ROWS if pick_row.EXCLUDING_OPTIONS & row.values.keys()}
    assert never_picked == other_machines | set(matrix_table.always_tested(ROWS))
    assert first and other_machines and matrix_table.always_tested(ROWS)


def test_other_rows_follow_in_the_order_of_the_matrix() -> None:
    one, two = pick_row.rows_to_try(ROWS, "0"), pick_row.rows_to_try(ROWS, "2")
    assert two == [*one[2:], *one[:2]]
    assert pick_row.rows_to_try([], "ff") == []
    assert pick_row.rows_to_try([Row("x", "3", "9", (("host", "aarch64"),))], "0") == []
    assert pick_row.rows_to_try([Row("x", "3", "9", always=True), Row("y", "3", "9")], "0")[0].name == "y"


def test_digest_depends_on_the_contents_of_all_source_files(tmp_path: Path) -> None:
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


def test_hashed_paths_and_tests_exist() -> None:
    assert all((PROJECT / name).exists() for name in pick_row.HASHED_PATHS)
    for word in pick_row.TESTS.split():
        name, _, function = word.partition("::")
        assert word.startswith("-") or f"def {function or 'test_'}" in (PROJECT / name).read_text()


def test_command_that_repeats_a_row() -> None:
    assert shlex.split(pick_row.repeat_command("a-row"))[1:] == [
        "test-matrix", "row=a-row", f"tests={pick_row.TESTS}",
    ]  # fmt: skip
