# SPDX-License-Identifier: GPL-3.0-or-later
"""Units, indentation, colours, per-CPU sums."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()
sys.modules["crash"].__dict__.setdefault("enum_values", lambda name: {"A": 0, "B": 5}[name])

from pykdump.linux import crashcolor, crashhelper, libmisc  # noqa: E402


@pytest.mark.parametrize(
    ("value", "base", "text"),
    [
        (0, 1024, "0  Bytes"), (1023, 1024, "1023  Bytes"), (1024, 1024, "1 KiB"), (1536, 1024, "1.50 KiB"),
        (1000**3, 1000, "1 GB"), (1000**6, 1000, "1 EB"), (1000**7, 1000, "1 ZB"), (2000, "SI", "2 K"),
        (1024**9, 1024, "1024 YiB"), (999, "SI", "999 "), (7, 12, "7"), (-2048, 1024, "-2 KiB"),
    ],
)  # fmt: skip
def test_units(value: int, base: Any, text: str) -> None:
    assert libmisc.val_to_units_string(value, base) == text


def test_custom_units() -> None:
    assert libmisc.val_to_units_string(120, 60, ["s", "min"]) == "2 min"
    assert libmisc.val_to_units_string(7200, 60, ["s", "min"]) == "120 min"


def test_small_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert libmisc.indent_str(2) == " " * 8
    libmisc.indent(1)
    assert capsys.readouterr().out == "    "
    assert libmisc.flags_to_string(0b101, {"A": 0, "B": 1, "C": 2}) == "A|C"
    assert libmisc.defines_to_string(7, {"SEVEN": 7}) == "SEVEN"
    assert libmisc.defines_to_string(8, {"SEVEN": 7}) == "UNKNOWN"


def test_no_colours_off_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    crashcolor.set_color(crashcolor.RED)
    crashcolor.clear_screen()
    assert (capsys.readouterr().out, crashcolor.get_color(crashcolor.RED)) == ("", "")
    monkeypatch.setattr(crashcolor, "_terminal", lambda: True)
    crashcolor.set_color(crashcolor.LIGHTRED | crashcolor.UNDERLINE | crashcolor.INVERT)
    crashcolor.set_bg_color(crashcolor.BLUE)
    crashcolor.set_color(crashcolor.RESET)
    assert capsys.readouterr().out == "\x1b[31;1m\x1b[4m\x1b[7m\x1b[44m\x1b[0m"


def test_the_output_of_a_shell_escape(tmp_path: Any) -> None:
    import subprocess

    def shell(command: str) -> None:
        subprocess.run(command.lstrip("!"), shell=True, check=False)

    assert crashhelper.run_command(shell, "!echo out; echo err >&2").startswith("out\n") is False
    assert crashhelper.run_command(shell, "!sh -c 'echo out; echo err >&2'") == "out\nerr\n"
    assert crashhelper.run_command_with_file(shell, "!tr a-z A-Z", "text\n") == "TEXT\n"
