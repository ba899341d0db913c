# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that are collected and summed up."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.pylog import PyLog, pylog  # noqa: E402


def test_pylog_sums_up_once(capsys: pytest.CaptureFixture[str]) -> None:
    pylog.warning("odd", 5)
    PyLog().warning("odd", 5)
    pylog.error("worse")
    pylog.info("just so")
    pylog.warning_onexit("later")
    pylog.silenterror("kept")
    capsys.readouterr()
    assert pylog.getsilent() == ["kept"]
    assert pylog.getsilent() == []
    pylog.cleanup()
    summary = capsys.readouterr().out
    assert "+++WARNING+++ odd 5 (2 times)" in summary
    assert "+++ERROR+++ worse" in summary
    assert "+++WARNING+++ later" in summary
    assert "just so" not in summary
    pylog.cleanup()
    assert capsys.readouterr().out == ""


def test_warnings_and_errors_are_counted() -> None:
    before, kinds = pylog.reported, []
    pylog.send_to(lambda prefix, message: kinds.append(prefix))
    try:
        pylog.info("a note")
        assert pylog.reported == before
        pylog.warning("a warning")
        pylog.error("an error")
    finally:
        pylog.send_to(None)
    assert (pylog.reported, len(kinds)) == (before + 2, 3)
