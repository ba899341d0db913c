# SPDX-License-Identifier: GPL-3.0-or-later
"""exit() and quit() in programs."""

from __future__ import annotations

import builtins

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import leave, runner  # noqa: E402


@pytest.mark.parametrize(
    ("statement", "status", "printed"),
    [("exit()", 0, ""), ("quit(3)", 3, ""), ("exit('no such disk')", 1, "no such disk\n")],
)
def test_a_program_ends(
    statement: str, status: int, printed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for word in leave.WORDS:
        monkeypatch.setattr(builtins, word, None)
    leave.install()
    assert runner.main("string", [f"{statement}; print('not reached')"]) == status
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", printed)
    assert repr(builtins.exit) == "exit() or Ctrl-D returns to crash"
