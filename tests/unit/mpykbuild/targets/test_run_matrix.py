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
from mpykbuild.toolchain.hosts import HOSTS
from support import crosstoolchain
from support.pins import CRASH, OTHER_CRASH, OTHER_HOSTS, PINNED, PYTHON

ROW = Row("cp3-crash8-9", PYTHON, f"{OTHER_CRASH},{CRASH}")
# Two rows of the matrix that can be planned without a mirror.
ONE, TWO = [row.name for row in matrix_table.load_rows() if ":" not in row.python and not row.extra_options][:2]


def values(cache: Path, **given: str) -> dict[str, str]:
    return options.checked_values({"cache": str(cache), **given})


def project(cache: Path) -> Project:
    return project_plan.read_project(values(cache, crash=ROW.crash, python=ROW.python), cache, ())


def test_missing_products_are_named(tmp_path: Path) -> None:
    one = project(tmp_path)
    versions = {"cpython": (PYTHON,), "crash": (CRASH, OTHER_CRASH), "libdeflate": (PINNED.libdeflate().version,)}
    assert set(run_matrix.missing_products(one)) == {
        f"{name}-{version}" for name, found in versions.items() for version in found
    }
    build_once(one.default.python.plan.product, lambda folder: None)
    assert f"cpython-{PYTHON}" not in run_matrix.missing_products(one)


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_the_helping_python_of_another_machine_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """A Python for another machine is built with the same Python for this one."""
    crosstoolchain.install(tmp_path / "bin", tmp_path, HOSTS[host], monkeypatch)
    one = project_plan.read_project(values(tmp_path, host=host), tmp_path, ())
    assert f"cpython-{PYTHON}" in run_matrix.missing_products(one)
    assert one.default.python.plan.title in run_matrix.missing_products(one)
    assert one.default.python.helper
    build_once(one.default.python.helper.product, lambda folder: None)
    assert f"cpython-{PYTHON}" not in run_matrix.missing_products(one)


def test_what_was_made() -> None:
    assert run_matrix.what_was_made([], "Linking x\nRetrieved `a.os' from cache\n") == "from cache"
    assert run_matrix.what_was_made([], "Compiling a.os\nCompiling b.os\n") == "built 2 objects"
    assert run_matrix.what_was_made(["crash-1.2"], "Compiling a.os\n") == "built crash-1.2, 1 object"


def test_table_has_a_line_for_each_row() -> None:
    outcomes = [
        Outcome(Row("cp39-crash8-9", "3.9", "8,9"), 7.4, "from cache", "the-artefact", "12.6", "2.35", "65+247"),
        Outcome(Row("cp39-crash9", "3.9", "9"), 100, "failed: see log", failed=True),
    ]
    assert run_matrix.outcome_table(outcomes).splitlines() == [
        "row            artefact        MB  glibc  modules  seconds  made",
        "cp39-crash8-9  the-artefact  12.6   2.35   65+247        7  from cache",
        "cp39-crash9    -                -      -        -      100  failed: see log",
    ]


@pytest.fixture
def started_rows(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Sequence[str]]]:
    """Replace run_row(): it builds nothing, records its arguments, and fails for the row ONE."""
    started: list[tuple[str, str, Sequence[str]]] = []

    def one(row: Row, project: Project, arguments: Sequence[str]) -> Outcome:
        started.append((row.name, project.build, arguments))
        return Outcome(row, 1, "from cache", failed=row.name == ONE)

    monkeypatch.setattr(run_matrix, "run_row", one)
    return started


def test_failed_row_does_not_stop_the_others(
    tmp_path: Path, started_rows: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    given = values(tmp_path, row=f"{ONE},{TWO}")
    assert run_matrix.build_rows((), given, tmp_path) == 1
    assert started_rows == [(name, f"build/matrix/{name}", []) for name in (ONE, TWO)]
    assert f"1 failed: {ONE}" in capsys.readouterr().out
    assert run_matrix.build_rows((), values(tmp_path, row=TWO), tmp_path) == 0


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
    assert run_matrix.build_rows((), values(tmp_path, row=f"{ONE},{TWO}"), tmp_path) == 1
    printed = capsys.readouterr()
    assert printed.err.count("No mirror has it.") == 2
    assert f"2 failed: {ONE}, {TWO}" in printed.out


def test_matrix_takes_no_other_targets(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="takes no other targets, but got audit"):
        run_matrix.build_rows(["audit"], values(tmp_path), tmp_path)
