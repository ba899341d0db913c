# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours: escape sequences go to a terminal, and nowhere else."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import terminal_colors  # noqa: E402


def test_no_colours_off_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal_colors.set_color(terminal_colors.RED)
    terminal_colors.clear_screen()
    assert (capsys.readouterr().out, terminal_colors.get_color(terminal_colors.RED)) == ("", "")
    monkeypatch.setattr(terminal_colors, "_terminal", lambda: True)
    terminal_colors.set_color(terminal_colors.LIGHTRED | terminal_colors.UNDERLINE | terminal_colors.INVERT)
    terminal_colors.set_bg_color(terminal_colors.BLUE)
    terminal_colors.set_color(terminal_colors.RESET)
    assert capsys.readouterr().out == "\x1b[31;1m\x1b[4m\x1b[7m\x1b[44m\x1b[0m"
