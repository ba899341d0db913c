# SPDX-License-Identifier: GPL-3.0-or-later
"""Long commands: one line on success; the last lines of the output and the path of the log on failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.run_log import TAIL_LINES, RunLog

ENV = {"PATH": "/usr/bin:/bin", "MARK": "x"}


def test_success_is_one_line_and_the_log_has_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = RunLog("crash", tmp_path / "a.log")
    log.step("make", ["sh", "-c", "seq 100; echo $MARK; echo problem >&2"], tmp_path, ENV)
    assert capsys.readouterr().out == "crash: make: done in 0 s\n"
    text = log.log.read_text()
    assert "\n100\nx\nproblem\n" in text


def test_failure_shows_the_last_lines_and_where_the_log_is(tmp_path: Path) -> None:
    log = RunLog("crash", tmp_path / "a.log")
    with pytest.raises(BuildError) as caught:
        log.step("make", ["sh", "-c", "seq 100; exit 3"], tmp_path, ENV)
    shown = caught.value.what.splitlines()
    assert "make failed with status 3" in shown[0]
    assert shown[1:] == [str(n) for n in range(101 - TAIL_LINES, 101)]
    assert str(log.log) in caught.value.next_step


def test_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no-such-program cannot be run"):
        RunLog("x", tmp_path / "a.log").step("go", ["no-such-program"], tmp_path, ENV)


def test_verbose_shows_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    RunLog("x", tmp_path / "a.log", verbose=True).step("go", ["echo", "whole text"], tmp_path, ENV)
    assert "whole text\n" in capsys.readouterr().out
