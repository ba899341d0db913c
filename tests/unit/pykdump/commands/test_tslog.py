# SPDX-License-Identifier: GPL-3.0-or-later
"""tslog: dates as text, and the lines of a record."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import tslog  # noqa: E402


@pytest.mark.parametrize(
    ("nanoseconds", "date"),
    [
        (0, "1970-01-01 00:00:00.000000+00:00"),
        (1_795_849_018_123_456_999, "2026-11-28 06:56:58.123456+00:00"),  # date -u -d @1795849018
    ],
)
def test_dates_in_utc(nanoseconds: int, date: str) -> None:
    assert tslog.iso_date(nanoseconds, utc=True) == date


def test_each_line_of_a_record_has_the_date() -> None:
    line = tslog.LogLine("2026-11-28 06:56:58.123456+00:00", 1.0, 12.5, 6, 0, "T1", None, "one\ntwo")
    assert list(tslog._lines(line)) == [
        "2026-11-28 06:56:58.123456 [   12.500000] one",
        "2026-11-28 06:56:58.123456 [   12.500000] two",
    ]
    unknown = tslog.LogLine(None, None, 12.5, 6, 0, "T1", None, "one")
    assert list(tslog._lines(unknown)) == [f"?{' ' * 26}[   12.500000] one"]


@pytest.mark.parametrize("argv", [["--level", "9"], ["--tail", "0"], ["--nonsense"]])
def test_a_wrong_command_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        tslog.main(argv)
    assert ended.value.code == 3
    assert capsys.readouterr().err.count("\n") == 1
