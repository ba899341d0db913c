# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and JSON documents of commands."""

from __future__ import annotations

import json

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import command_output  # noqa: E402


def test_a_table_is_aligned_and_has_no_control_characters() -> None:
    columns = (
        command_output.Column("N", "n"),
        command_output.Column("NAME", "name", left=True),
        command_output.Column("X", "x", left=True),
    )
    rows = [{"n": 5, "name": "a", "x": "evil\n\x1b["}, {"n": 1234, "name": "long name", "x": None}]
    assert command_output.table_lines(columns, rows) == [
        "   N  NAME       X",
        "   5  a          evil\\n\\x1b[",
        "1234  long name  ?",
    ]


def test_json_is_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    command_output.print_json([{"a": "\x1b"}])
    assert json.loads(capsys.readouterr().out) == [{"a": "\x1b"}]
