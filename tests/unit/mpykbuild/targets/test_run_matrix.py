# SPDX-License-Identifier: GPL-3.0-or-later
"""`./sconsw matrix`: its table, what came from the cache, and rows that fail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from mpykbuild.base.cache import build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.plan import matrix_table, options
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.matrix_table import Row
from mpykbuild.plan.project import Project
from mpykbuild.targets import run_matrix
from mpykbuild.targets.run_matrix import Outcome

ROW = Row("cp313-crash8-9", "3.13.15", "8.0.6,9.0.2")


def values(cache: Path, **given: str) -> dict[str, str]:
    return options.checked_values({"cache": str(cache), **given})


def project(cache: Path) -> Project:
    return project_plan.read_project(values(cache, crash=ROW.crash, python=ROW.python), cache, ())


def test_missing_products_are_named(tmp_path: Path) -> None:
    one = project(tmp_path)
    assert sorted(run_matrix.missing_products(one)) == [
        "cpython-3.13.15",
        "crash-8.0.6",
        "crash-9.0.2",
        "libdeflate-1.23",
    ]
    build_once(one.default.python.plan.product, lambda folder: None)
    assert "cpython-3.13.15" not in run_matrix.missing_products(one)


def test_what_was_made() -> None:
    assert run_matrix.what_was_made([], "Linking x\nRetrieved `a.os' from cache\n") == "from cache"
    assert run_matrix.what_was_made([], "Compiling a.os\nCompiling b.os\n") == "built 2 objects"
    assert run_matrix.what_was_made(["crash-8.0.6"], "Compiling a.os\n") == "built crash-8.0.6, 1 object"


def test_table_has_a_line_for_each_row() -> None:
    outcomes = [
        Outcome(ROW, 7.4, "from cache", "x86_64-crash8.0.6+9.0.2-cp313", "12.6", "2.35", "65+247"),
        Outcome(Row("cp39-crash9", "3.9.2", "9.0.2"), 100, "failed: see log", failed=True),
    ]
    assert run_matrix.outcome_table(outcomes).splitlines() == [
        "row             artefact                         MB  glibc  modules  seconds  made",
        "cp313-crash8-9  x86_64-crash8.0.6+9.0.2-cp313  12.6   2.35   65+247        7  from cache",
        "cp39-crash9     -                                 -      -        -      100  failed: see log",
    ]


@pytest.fixture
def started_rows(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Sequence[str]]]:
    """Replace run_row(): it builds nothing, records its arguments, and fails for cp39-crash8."""
    started: list[tuple[str, str, Sequence[str]]] = []

    def one(row: Row, project: Project, arguments: Sequence[str]) -> Outcome:
        started.append((row.name, project.build, arguments))
        return Outcome(row, 1, "from cache", failed=row.name == "cp39-crash8")

    monkeypatch.setattr(run_matrix, "run_row", one)
    return started


def test_failed_row_does_not_stop_the_others(
    tmp_path: Path, started_rows: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    given = values(tmp_path, row="cp39-crash8,cp39-crash9")
    assert run_matrix.build_rows((), given, tmp_path) == 1
    assert started_rows == [
        ("cp39-crash8", "build/matrix/cp39-crash8", []), ("cp39-crash9", "build/matrix/cp39-crash9", []),
    ]  # fmt: skip
    assert "1 failed: cp39-crash8" in capsys.readouterr().out
    assert run_matrix.build_rows((), values(tmp_path, row="cp39-crash9"), tmp_path) == 0


def test_all_rows_run_if_none_is_chosen(
    tmp_path: Path, started_rows: list[tuple[str, str, Sequence[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_plan, "read_project", lambda values, *_: type("P", (), {"build": values["row"]}))
    run_matrix.test_rows((), values(tmp_path), tmp_path)
    assert [name for name, _, _ in started_rows] == [row.name for row in matrix_table.load_rows()]
    other_hosts = {row.name for row in matrix_table.load_rows() if "host" in row.values}
    assert other_hosts
    for name, _, arguments in started_rows:
        assert arguments == ["test", "tests=" if name in other_hosts else f"tests={run_matrix.TESTS}"]


def test_row_that_cannot_be_planned_counts_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> Project:
        raise BuildError("No mirror has it.", "ask for another.")

    monkeypatch.setattr(project_plan, "read_project", refuse)
    assert run_matrix.build_rows((), values(tmp_path, row="cp314-crash9,cp315-crash9"), tmp_path) == 1
    printed = capsys.readouterr()
    assert printed.err.count("No mirror has it.") == 2
    assert "2 failed: cp314-crash9, cp315-crash9" in printed.out


def test_matrix_takes_no_other_targets(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="takes no other targets, but got audit"):
        run_matrix.build_rows(["audit"], values(tmp_path), tmp_path)
