# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark's own command line, with rounds that are made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import commands, main, report, rounds
from bench.command_rows import COMMANDS
from mpykbuild.base.errors import BuildError

OUR_COMMANDS = {
    row.key: {"cold": 9.0, "warm": 2.0, "counts": {row.counts[0]: 7} if row.counts else {}} for row in COMMANDS
}
PEER_COMMANDS = {row.peer: {"cold": 9.0, "warm": 5.0, "lines": 7, "complete": True} for row in COMMANDS if row.peer}
PEER_ROWS = [row.key for row in report.ROWS if row.factor]


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which rounds were run, in order."""
    ran: list[str] = []

    def made_up(who: str, keys: list[str], value: float) -> dict[str, Any]:
        ran.append(who)
        layouts = {"a": [1.0, 0], "b": [value, 0]}
        return {"about": f"{who} 1.0", "rows": dict.fromkeys(keys, value), "facts": {"walk": 1}, "layouts": layouts}

    keys = [*(row.key for row in report.ROWS), "command-crash"]
    monkeypatch.setattr(rounds, "our_round", lambda subject, number: made_up("ours", keys, 1.0))
    monkeypatch.setattr(rounds, "peer_round", lambda subject, number: made_up("drgn", PEER_ROWS, 2.0))
    monkeypatch.setattr(commands, "our_round", lambda subject, number: OUR_COMMANDS)
    monkeypatch.setattr(commands, "peer_round", lambda subject, number: PEER_COMMANDS)
    return ran


def arguments(folder: Path, *more: str) -> list[str]:
    names = ("crash", "extension", "vmlinux", "vmcore", "python", "results", "output")
    return [word for name in names for word in (f"--{name}", str(folder / name))] + list(more)


def test_rounds_take_turns_and_both_reports_are_written(
    tmp_path: Path, order: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main.main(arguments(tmp_path))
    assert order == ["ours", "drgn"] * 5
    shown = capsys.readouterr().out
    assert "ours: ours 1.0\npeer: drgn 1.0\n" in shown
    assert f"{len(PEER_ROWS)} of {len(PEER_ROWS)} ratios are met" in shown
    found = json.loads((tmp_path / "output").read_text())
    assert [row["key"] for row in found["rows"]] == [row.key for row in report.ROWS]
    assert len(found["rows"][0]["samples"]["ours"]) == 5
    assert [row["command"] for row in found["commands"]] == [row.words for row in COMMANDS]
    assert "commands are ahead of drgn" in shown


def test_scale_measures_only_the_commands(
    tmp_path: Path, order: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[Path, bool]] = []

    def our_round(subject: rounds.Subject, number: int, fresh: bool = False) -> dict[str, Any]:
        ran.append((subject.vmcore, fresh))
        return {row.key: {"warm": 2.0, "clock": 3.0, "counts": {"thread": 7}} for row in COMMANDS}

    monkeypatch.setattr(commands, "our_round", our_round)
    main.main(arguments(tmp_path, "--large", str(tmp_path / "big")))
    assert order == []
    assert ran == [(tmp_path / "vmcore", True), (tmp_path / "big" / "vmcore", True)]
    assert f"bench: {len(COMMANDS)} of {len(COMMANDS)} commands scale" in capsys.readouterr().out
    assert list(json.loads((tmp_path / "output").read_text())) == ["schema", "scale"]


def test_a_command_that_ends_crash_is_named(tmp_path: Path, order: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    done = {row.key: {} for row in COMMANDS[:2]}
    monkeypatch.setattr(rounds, "run", lambda who, command, text, **where: "boom")
    monkeypatch.setattr(rounds, "result_of", lambda who, path, output: done)
    subject = rounds.Subject(*[tmp_path] * 6)
    with pytest.raises(BuildError, match=f"crash ended at {COMMANDS[2].words}; its last lines were:\nboom"):
        commands.our_round(subject, 0)


def test_too_few_rounds_are_refused(tmp_path: Path, order: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main.main(arguments(tmp_path, "--rounds", "3"))
    assert caught.value.code == 2
    assert "3 rounds give no median" in capsys.readouterr().err
    assert order == []


def test_failed_peer_ends_it_with_a_sentence(
    tmp_path: Path, order: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(subject: rounds.Subject, number: int) -> dict[str, Any]:
        raise BuildError("drgn failed with status 1.")

    monkeypatch.setattr(rounds, "peer_round", fail)
    with pytest.raises(SystemExit) as caught:
        main.main(arguments(tmp_path))
    assert caught.value.code == 2
    assert capsys.readouterr().err == "mpykdump: error: drgn failed with status 1.\n"
    assert not (tmp_path / "output").exists()
