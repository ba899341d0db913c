# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix: its schema, the options that row= sets, and the generated part of tox.ini."""

from __future__ import annotations

import configparser
import json
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS, PROJECT
from mpykbuild.fetch.sources import Source, Sources
from mpykbuild.plan import matrix_table, options
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.matrix_table import Row
from mpykbuild.plan.project import Project
from mpykbuild.python import manifest
from support.pins import CRASH, MACHINE, OTHER_PYTHON, OTHER_TARGET, PINNED, PYTHON, variant_name

ROWS = matrix_table.load_rows()
# The rows that differ only in Python and crash, and whose plans need nothing from a mirror.
FROM_SOURCE = [row for row in ROWS if not row.python.startswith("prebuilt:") and not row.extra_options]


def planned(row: Row, cache: Path) -> Project:
    given = {"cache": str(cache), "row": row.name}
    return project_plan.read_project(matrix_table.values_with_row(options.checked_values(given), given), cache, ())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_name_of_a_row_matches_its_pair(row: Row) -> None:
    minor = manifest.minor_of(row.python.removeprefix("prebuilt:"))
    tag, _, majors = row.name.partition("-crash")
    assert tag.split(".")[0] == "cp" + minor.replace(".", "")
    words = majors.split("-")
    versions = row.crash.split(",")
    assert words[: len(words) - bool(row.extra_options)] in ([version.split(".")[0] for version in versions], versions)
    assert (MANIFESTS / minor).is_dir()


def test_every_pinned_python_and_crash_has_a_row() -> None:
    assert matrix_table.releases_without_row(ROWS, PINNED) == []


def test_release_without_a_row_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    releases = [("python", "3.99.1"), ("python", "3.99.2"), ("crash", "99.0.1"), ("crash", "99.0.2")]
    rows = [Source(name, version, (), version.endswith("2")) for name, version in releases]
    monkeypatch.setattr(matrix_table, "load_sources", lambda: Sources(tuple(rows)))
    table = (Row("cp399-crash99", "3.99", "99"), Row("cp315-crash99", "prebuilt:3.15", "99"))
    monkeypatch.setattr(matrix_table, "rows_of_table", lambda: table)
    assert matrix_table.load_rows() == (
        *table,
        Row("cp399.1-crash99", "3.99.1", "99.0.2"),
        Row("cp399-crash99.0.1", "3.99.2", "99.0.1"),
    )


def test_tox_ini_has_the_generated_part() -> None:
    text = (PROJECT / "tox.ini").read_text()
    made = text.partition(matrix_table.TOX_MARKS[0] + "\n")[2].partition(matrix_table.TOX_MARKS[1])[0]
    assert made == matrix_table.tox_section(matrix_table.rows_of_table()), (
        "replace the part between the marks by matrix_table.tox_section(matrix_table.rows_of_table())"
    )


def test_unit_tests_of_tox_build_nothing() -> None:
    parsed = configparser.ConfigParser()
    parsed.read(PROJECT / "tox.ini")
    for name in ("testenv", "testenv:unit"):
        assert "sconsw" not in " ".join(parsed[name].values())
    assert parsed["tox"]["envlist"] == "unit"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([{"name": "cp39-crash9", "python": "3.9"}], "rows\\[0\\]: the key 'crash' is missing"),
        ([{"name": "cp39-crash9", "python": "3.9", "crash": "9", "libc": "2"}], "unknown key 'libc'"),
        ([{"name": "cp39-crash9", "python": "3.9", "crash": "9", "cache": "/c"}], "unknown key 'cache'"),
        ([{"name": "py39", "python": "3.9", "crash": "9"}], "'py39' is not of the form cp3N-crashN"),
        (
            [{"name": "cp39-crash9", "python": 3.9, "crash": ""}],
            "python: 3.9 is not a text\\n.*crash: '' is not a text",
        ),
        ([{"name": "cp39-crash9", "python": "3.9", "crash": "9"}] * 2, "two rows have the name cp39-crash9"),
        (
            [
                {"name": f"cp39-crash9-{word}", "python": "3.9", "crash": "9", "sysroot": root}
                for word, root in (("a", "/old"), ("b", "/old"), ("c", "/older"))
            ],
            "two rows have the options 3.9 in 9 with sysroot=/old",
        ),
    ],
)
def test_mistakes_in_the_table_are_reported(tmp_path: Path, table: list[object], message: str) -> None:
    (tmp_path / "matrix.json").write_text(json.dumps({"rows": table}))
    with pytest.raises(BuildError, match=message):
        matrix_table.rows_of_table(tmp_path / "matrix.json")


def test_rows_are_chosen_by_name() -> None:
    assert matrix_table.chosen_rows("", ROWS) == ROWS
    assert matrix_table.chosen_rows(f"{ROWS[2].name}, {ROWS[0].name}", ROWS) == (ROWS[2], ROWS[0])
    with pytest.raises(BuildError, match="no row cp27-crash9") as caught:
        matrix_table.chosen_rows("cp27-crash9", ROWS)
    assert all(row.name in caught.value.next_step for row in ROWS)


@pytest.mark.parametrize(
    "given",
    [
        {"row": f"{ROWS[0].name},{ROWS[1].name}"},
        {"row": ROWS[0].name, "python": OTHER_PYTHON},
        {"row": "cp27-crash9"},
        {"row": ","},
    ],
)
def test_row_option_that_is_ambiguous_or_unknown_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(BuildError, match="row="):
        matrix_table.values_with_row(options.checked_values(given), given)


def test_row_sets_its_extra_options(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Row("cp39-crash9-old", "3.9", "9", (("glibc_max", "2.28"), ("sysroot", "/old")))
    monkeypatch.setattr(matrix_table, "load_rows", lambda: (row,))
    given = {"row": row.name}
    applied = matrix_table.values_with_row(options.checked_values(given), given)
    assert {name: applied[name] for name in ("python", "crash", "sysroot", "glibc_max")} == row.values
    doubled = {**given, "sysroot": "/new"}
    with pytest.raises(BuildError, match="sysroot= is given too"):
        matrix_table.values_with_row(options.checked_values(doubled), doubled)


def test_every_row_has_its_own_build_folder(tmp_path: Path) -> None:
    projects = [planned(row, tmp_path) for row in FROM_SOURCE]
    folders = [project.build for project in projects]
    assert len(set(folders)) == len(folders)
    assert all(str(project.link_to_vmcore).startswith(f"{PROJECT / project.build}/") for project in projects)
    assert not any(one != two and two.startswith(f"{one}/") for one in folders for two in folders)


def test_target_test_with_a_row_builds_only_that_row(tmp_path: Path) -> None:
    row = next(row for row in FROM_SOURCE if not row.always)
    given = {"cache": str(tmp_path), "row": row.name}
    project = project_plan.read_project(
        matrix_table.values_with_row(options.checked_values(given), given), tmp_path, ("test",)
    )
    crash = "+".join(PINNED.crash(version).version for version in row.crash.split(","))
    assert [variant.name for variant in project.variants] == [variant_name(crash, PINNED.python(row.python).version)]


def test_row_with_a_target_has_its_own_vmcore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Row("cp3-crash9-other", PYTHON, CRASH, (("target", OTHER_TARGET),))
    monkeypatch.setattr(matrix_table, "load_rows", lambda: (row,))
    project = planned(row, tmp_path)
    other = OTHER_TARGET.lower()
    assert [variant.name for variant in project.variants] == [variant_name(machine=f"{MACHINE}-for-{other}")]
    assert project.link_to_vmcore == PROJECT / "build/matrix" / row.name / f"vmcore-{other}"


def test_rows_share_crash_python_and_libdeflate(tmp_path: Path) -> None:
    crashes: dict[str, set[Path]] = {}
    pythons: dict[str, set[Path]] = {}
    for row in FROM_SOURCE:
        project = planned(row, tmp_path)
        pythons.setdefault(row.python, set()).add(project.default.python.folder)
        for crash in project.crashes:
            assert crash.plan is not None
            crashes.setdefault(f"{crash.version} for {crash.target}", set()).add(crash.plan.folder)
    assert len(FROM_SOURCE) > len(crashes) > 1
    for products in (*crashes.values(), *pythons.values()):
        assert len(products) == 1
    assert len({planned(row, tmp_path).libdeflate.folder for row in FROM_SOURCE}) == 1
