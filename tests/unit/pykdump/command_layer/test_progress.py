# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress: on terminals only, after a while, and erased at the end."""

from __future__ import annotations

import io
import sys

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import progress  # noqa: E402


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_file_gets_no_progress(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SILENT_SECONDS", 0.0)
    assert list(progress.Progress("tasks", iter("abc"))) == ["a", "b", "c"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("total", "shown"), [(0, "\rtasks: 2\x1b[K"), (3, "\rtasks: 2 of 3\x1b[K")])
def test_a_terminal_sees_how_far_it_is(total: int, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(progress, "SILENT_SECONDS", 0.0)
    monkeypatch.setattr(progress, "INTERVAL_SECONDS", 0.0)
    assert list(progress.Progress("tasks", iter("abc"), total)) == ["a", "b", "c"]
    assert shown in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_quick_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert list(progress.Progress("tasks", iter("abc"))) == ["a", "b", "c"]
    assert terminal.getvalue() == ""
