# SPDX-License-Identifier: GPL-3.0-or-later
"""Which dumps a run of the tests makes. Nothing is booted: the function that makes them is replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.plan import options
from mpykbuild.plan import project as project_plan
from mpykbuild.targets import provide_dumps
from mpykbuild.targets.provide_dumps import ALWAYS, IN_TURN, TESTED, Dump

USUAL = ["6.12-live", "6.12-sysrq", "6.12-filtered"]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The dumps that were made, in order. Those of 6.1 cannot be made."""
    names: list[str] = []

    def make(dump: Dump, project: Any) -> Path:
        if dump.series == "6.1":
            raise BuildError("no mirror has it.")
        names.append(dump.name)
        return Path("/cache") / dump.name

    monkeypatch.setattr(provide_dumps, "_make", make)
    monkeypatch.setattr(provide_dumps.pick_row, "sources_digest", lambda: "1")
    return names


def provide(tmp_path: Path, **given: str) -> dict[str, str]:
    values = options.checked_values({"cache": str(tmp_path), **given})
    return provide_dumps.provide_dumps(project_plan.read_project(values, tmp_path, ()))


def test_a_usual_run_makes_some_always_and_one_in_turn(tmp_path: Path, made: list[str], capsys: Any) -> None:
    """The first ones in turn cannot be made here, which a line reports."""
    assert list(provide(tmp_path)) == [*USUAL, "6.12-nullderef"]
    assert made == ["6.12-sysrq", "6.12-filtered", "6.12-nullderef"]
    assert "The dump 6.1-sysrq cannot be made: no mirror has it." in capsys.readouterr().out


def test_every_dump_gets_its_turn() -> None:
    assert {provide_dumps.picked(f"{digest:x}")[0] for digest in range(len(IN_TURN))} == set(IN_TURN)
    assert all(
        sorted(d.name for d in provide_dumps.picked(f"{n:x}")) == sorted(d.name for d in IN_TURN) for n in (0, 3)
    )
    assert {dump.scenario for dump in (*ALWAYS, *IN_TURN)} == set(TESTED)


@pytest.mark.parametrize(
    "given", [{"tests": "tests/unit"}, {"kernel": "6.1"}, {"scenario": "sysrq"}, {"python": "3.9"}], ids=str
)
def test_other_runs_read_the_one_vmcore(tmp_path: Path, made: list[str], given: dict[str, str]) -> None:
    found = provide(tmp_path, **given)
    assert list(found) == [f"{given.get('kernel', '6.12')}-{given.get('scenario', 'live')}"]
    assert made == []


def test_dumps_can_be_named(tmp_path: Path, made: list[str]) -> None:
    found = provide(tmp_path, dumps="6.12-nullderef", tests="tests/vmcore")
    assert list(found) == ["6.12-live", "6.12-nullderef"]
    assert found["6.12-nullderef"] == "/cache/6.12-nullderef"
    assert found["6.12-live"].endswith("build/vmcore")


def test_a_named_dump_that_cannot_be_made_is_a_build_error(tmp_path: Path, made: list[str]) -> None:
    with pytest.raises(BuildError, match="no mirror has it"):
        provide(tmp_path, dumps="all")
    assert made == ["6.12-sysrq", "6.12-filtered", "6.12-nullderef"]


@pytest.mark.parametrize("name", ["sysrq", "6.1", "6.1-oom", "-live", "6.1-scale"])
def test_a_wrong_name_is_a_build_error(name: str) -> None:
    with pytest.raises(BuildError, match=f"dumps={name} does not name a dump that tests read") as caught:
        provide_dumps.parse_dump(name)
    assert "6.12-sysrq" in caught.value.next_step


def test_a_dump_with_too_little_truth_is_not_tested(tmp_path: Path, made: list[str]) -> None:
    with pytest.raises(BuildError, match="scenario=scale records too little") as caught:
        provide(tmp_path, scenario="scale")
    assert "bench scale=1" in caught.value.next_step
    assert made == []
