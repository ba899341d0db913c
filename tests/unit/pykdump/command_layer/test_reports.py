# SPDX-License-Identifier: GPL-3.0-or-later
"""The two forms of output are written while the command works; test_command.py tests what they contain."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import Column, Text, item, tables  # noqa: E402
from pykdump.command_layer.reports import JsonReport, TextReport  # noqa: E402


@dataclass
class Thing:
    """A thing."""

    n: int = item("a number")


def test_records_are_written_when_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    report = JsonReport({"schema": "s"})
    report.record(Thing(1))
    assert capsys.readouterr().out == '{"schema": "s",\n "records": [\n  {"kind": "thing", "n": 1}'
    report.record(Thing(2))
    assert capsys.readouterr().out == ',\n  {"kind": "thing", "n": 2}'


def test_rows_are_printed_when_the_columns_are_aligned(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "ALIGNED_ROWS", 1)
    report = TextReport({Thing: (Column("N", "n"),)}.__getitem__)
    report.record(Thing(1))
    assert capsys.readouterr().out == "N\n1\n"
    report.record(Thing(2))
    assert capsys.readouterr().out == "2\n"
    report.end()
    assert capsys.readouterr().out == ""


def test_text_that_is_ready_needs_no_layout(capsys: pytest.CaptureFixture[str]) -> None:
    report = TextReport({}.__getitem__)
    report.record(Text("\nfirst\n  100%"))
    report.record(Text("second"))
    report.end()
    assert capsys.readouterr().out == "\nfirst\n  100%\nsecond\n"
