# SPDX-License-Identifier: GPL-3.0-or-later
"""Medians, ratios, the table, and what cannot be compared. No clock is read here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench import report
from mpykbuild.base.errors import BuildError

KEYS = {row.key for row in report.ROWS}
MEASURED = KEYS | {row.beside for row in report.ROWS if row.beside}
FIELD = next(row for row in report.ROWS if row.key == "field")
COMMAND = next(row for row in report.ROWS if row.key == "command")


def rows(value: float) -> dict[str, float]:
    return dict.fromkeys(MEASURED, value)


def result(about: str = "one", **facts: object) -> dict[str, Any]:
    layouts = {"a": [900.0, 8], "b": [10.0, 16], "c": [30.0, 24]}
    return {"about": about, "rows": {"field": 1.0}, "facts": facts, "layouts": layouts}


def test_keys_are_unique() -> None:
    assert len(KEYS) == len(report.ROWS)


def test_ratio_is_of_medians_so_that_one_bad_round_does_not_count() -> None:
    line = report.Line(FIELD, ours=(1.0, 1.0, 100.0), peer=(2.0, 2.0, 0.1))
    assert line.ratio == 2.0
    assert line.met is True


@pytest.mark.parametrize(("peer", "met"), [(1.5, True), (1.49, False)])
def test_goal_of_a_row_is_met_from_its_factor_on(peer: float, met: bool) -> None:
    assert FIELD.factor == 1.5
    assert report.Line(FIELD, (1.0,), (peer,)).met is met


def test_row_that_the_peer_has_not_is_not_judged() -> None:
    line = report.Line(COMMAND, (5.0,), ())
    assert (line.ratio, line.met) == (None, None)


def test_first_layout_stands_alone_and_the_others_are_averaged() -> None:
    found = report.with_layouts(result(), ["a", "b", "c"])
    assert found == {"field": 1.0, "layout-first": 0.9, "layout": 20.0}


def test_common_structs_are_those_that_everybody_has_in_order() -> None:
    other = result()
    del other["layouts"]["a"]
    assert report.common_structs([result(), other], 200) == ["b", "c"]
    assert report.common_structs([result(), result()], 2) == ["a", "b"]


def test_nothing_in_common_is_told() -> None:
    with pytest.raises(BuildError, match="no structs in common"):
        report.common_structs([result(), {**result(), "layouts": {}}], 200)


def test_same_facts_are_fine() -> None:
    report.check_agreement([result(walk=[3, 4])] * 2, [result("two", walk=[3, 4])])


def test_every_disagreement_is_named() -> None:
    other = result("two", walk=[3, 5], words=1)
    other["layouts"]["b"] = [1.0, 17]
    with pytest.raises(BuildError) as caught:
        report.check_agreement([result("one", walk=[3, 4], words=1)], [other])
    assert "one and two read different things: layout of struct b, walk." in caught.value.what
    assert caught.value.next_step


def test_rows_that_were_not_measured_are_named_together() -> None:
    ours, peer = rows(1.0), rows(2.0)
    del ours["command"], peer["field"], peer["extend"]
    with pytest.raises(BuildError) as caught:
        report.lines([rows(1.0), ours], [peer])
    title = 'exec_crash_command("sym jiffies"), beside crash\'s own'
    assert f"{title}, int field of a task (peer)." in caught.value.what


def test_lines_hold_all_samples() -> None:
    found = {line.row.key: line for line in report.lines([rows(1.0), rows(3.0)], [rows(2.0), rows(4.0)])}
    assert found.keys() == KEYS
    assert (found["page"].ours, found["page"].peer) == ((1.0, 3.0), (2.0, 4.0))


def test_crash_itself_may_be_the_peer() -> None:
    ours = {**rows(1.0), "command": 5.0, "command-crash": 4.0}
    line = next(line for line in report.lines([ours], [rows(2.0)]) if line.row is COMMAND)
    assert (line.ours, line.peer, line.ratio, line.met) == ((5.0,), (4.0,), 0.8, True)
    del ours["command-crash"]
    with pytest.raises(BuildError, match=r"beside crash's own \(peer\)"):
        report.lines([ours], [rows(2.0)])


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0.0712, "0.0712"), (9.999, "10"), (12.34, "12.3"), (50, "50"), (13471.2, "13471")]
)
def test_figures_show_what_matters(value: float | None, text: str) -> None:
    assert report.figure(value) == text


def test_table_is_plain_and_aligned() -> None:
    lines = [report.Line(FIELD, (0.1,), (0.5,)), report.Line(COMMAND, (1400.0,), ())]
    assert report.table(lines) == (
        "work                                                   unit  ours  peer  ratio  goal        aim\n"
        "-----------------------------------------------------------------------------------------------\n"
        "int field of a task                                    us     0.1   0.5     x5  ok (x1.5)  0.25\n"
        'exec_crash_command("sym jiffies"), beside crash\'s own  us    1400     -      -              100\n'
    )


def test_missed_goal_is_seen_in_the_table() -> None:
    assert "MISSED (x1.5)" in report.table([report.Line(FIELD, (1.0,), (1.0,))])


def test_json_has_medians_and_samples() -> None:
    lines = [report.Line(FIELD, (1.0, 3.0, 2.0), (4.0, 4.0, 4.0))]
    found = json.loads(json.dumps(report.as_json(lines, {"rounds": 3})))
    (row,) = found["rows"]
    assert found["about"] == {"rounds": 3}
    assert (row["key"], row["ours"], row["peer"], row["ratio"], row["met"]) == ("field", 2.0, 4.0, 2.0, True)
    assert row["samples"] == {"ours": [1.0, 3.0, 2.0], "peer": [4.0, 4.0, 4.0]}
