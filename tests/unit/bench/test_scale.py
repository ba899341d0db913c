# SPDX-License-Identifier: GPL-3.0-or-later
"""The scale table: what is divided by what, and when a line is met."""

from __future__ import annotations

from typing import Any

import pytest

from bench import scale
from bench.command_rows import COMMANDS, CommandRow

ROW = CommandRow("taskinfo", "tasks")


def line(small_ms: float, large_ms: float, small: int = 100, large: int = 10_000) -> scale.ScaleLine:
    return scale.ScaleLine(ROW, small_ms, large_ms, 2 * large_ms, small, large, 5.0)


@pytest.mark.parametrize(
    ("large_ms", "growth", "met"),
    [(100.0, 1.0, True), (50.0, 0.5, True), (300.0, 3.0, True), (301.0, 3.01, False)],
)
def test_growth_is_the_cost_of_one_object(large_ms: float, growth: float, met: bool) -> None:
    found = line(1.0, large_ms)
    assert found.growth == pytest.approx(growth)
    assert found.met is met


def test_ten_seconds_are_the_limit() -> None:
    assert line(100.0, 10_000.0).met
    assert not line(100.1, 10_001.0).met


def test_records_count_if_they_grew() -> None:
    assert scale.objects({"thread": 10}, {"thread": 900}, (5, 7)) == (10, 900)
    assert scale.objects({"a": 3, "b": 1}, {"a": 3, "b": 2}, (500, 50_000)) == (500, 50_000)
    assert scale.objects({}, {}, (500, 50_000)) == (500, 50_000)


def results(ms: float, number: int) -> dict[str, Any]:
    return {row.key: {"warm": ms, "clock": 2 * ms, "counts": {"thread": number}} for row in COMMANDS}


def test_each_command_has_a_line() -> None:
    peer = {row.peer: {"warm": 7.0, "complete": row.peer != "stacks"} for row in COMMANDS}
    found = scale.lines(results(2.0, 10), results(30.0, 1000), peer)
    assert [one.row for one in found] == list(COMMANDS)
    assert found[0] == scale.ScaleLine(COMMANDS[0], 2.0, 30.0, 60.0, 10, 1000, 7.0)
    assert found[0].costs == (200.0, 30.0)
    text = scale.table(found)
    assert text.splitlines()[0].split()[0] == "command"
    assert len(text.splitlines()) == 2 + len(COMMANDS)
    assert [line.split()[-2] for line in text.splitlines() if line.startswith(("taskinfo", "crashinfo --"))] == [
        "7",
        ">7",
    ]
    assert scale.as_json(found)[0]["objects"] == [10, 1000]
