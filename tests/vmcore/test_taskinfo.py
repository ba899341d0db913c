# SPDX-License-Identifier: GPL-3.0-or-later
"""taskinfo on the real dump, compared with the guest's own record, with crash's ps and with drgn."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from support.session import CrashSession
from support.truth import Truth, differences

LETTERS = {"RU": "R", "IN": "S", "UN": "D", "ST": "T", "TR": "t", "DE": "X", "ZO": "Z", "PA": "P", "ID": "I"}
PS_ROW = re.compile(r"^[> ] +(\d+) +(\d+) +(\d+) +([0-9a-f]+) +(\w\w) ", re.M)
PS_M_ROW = re.compile(r"^\[ *(\d+) (\d+):(\d+):(\d+)\.(\d+)\] +\[(\w\w)\] +PID: (\d+) +TASK: \w+ +CPU: (\d+) ", re.M)


def shown(comm: str) -> str:
    """A recorded name as our strings show it: bytes that are no UTF-8 as escapes."""
    return comm.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@pytest.fixture(scope="module")
def rows(crash_session: CrashSession) -> list[dict[str, Any]]:
    found = json.loads(crash_session.run("taskinfo --json"))["records"]
    assert isinstance(found, list)
    return found


def as_truth(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "tgid": row["pid"],
        "comm": row["comm"],
        "uid": row["uid"],
        "state": LETTERS[row["state"]],
        "cpu": row["cpu"],
    }


def test_every_task_equals_the_guests_record(rows: list[dict[str, Any]], truth: Truth) -> None:
    found = {row["tid"]: as_truth(row) for row in rows if row["tid"]}
    for task in truth.tasks:
        if task.pid in found and found[task.pid]["comm"] == shown(task.comm):
            found[task.pid]["comm"] = task.comm
    assert differences(truth, found) == []


def test_the_guest_was_a_rich_one(rows: list[dict[str, Any]], truth: Truth) -> None:
    assert len(truth.tasks) > 300
    assert {"RU", "IN", "UN", "ST", "TR", "ZO", "ID"} <= {row["state"] for row in rows}
    assert len({row["uid"] for row in rows}) > 3
    assert any(row["pid"] != row["tid"] for row in rows)


def test_idle_tasks_are_there_once_for_each_cpu(rows: list[dict[str, Any]]) -> None:
    idle = sorted((row["cpu"], row["comm"], row["pid"]) for row in rows if not row["tid"])
    assert idle == [(cpu, f"swapper/{cpu}", 0) for cpu in range(len(idle))]
    assert idle


def test_no_task_comes_twice(rows: list[dict[str, Any]]) -> None:
    assert [tid for tid, number in Counter(row["tid"] for row in rows if row["tid"]).items() if number > 1] == []


def test_the_list_equals_that_of_ps(crash_session: CrashSession, rows: list[dict[str, Any]]) -> None:
    expected = {(int(pid), int(cpu), state) for pid, _, cpu, _, state in PS_ROW.findall(crash_session.run("ps"))}
    assert len(expected) > 300
    assert {(row["tid"], row["cpu"], row["state"]) for row in rows} == expected


def test_when_they_ran_equals_ps_m(crash_session: CrashSession, rows: list[dict[str, Any]]) -> None:
    expected = {}
    for days, hours, minutes, seconds, ms, state, pid, cpu in PS_M_ROW.findall(crash_session.run("ps -m")):
        total = ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)
        expected[int(pid), int(cpu)] = (total * 1000 + int(ms), state)
    assert {(row["tid"], row["cpu"]): (row["ran_ms_ago"], row["state"]) for row in rows} == expected


def test_the_list_equals_that_of_drgn(rows: list[dict[str, Any]], drgn_program: Any) -> None:
    from drgn.helpers.linux.pid import for_each_task
    from drgn.helpers.linux.sched import task_cpu, task_state_to_char

    theirs = {}
    for task in for_each_task(drgn_program):
        comm = task.comm.string_().decode("utf-8", "backslashreplace")
        uid = task.real_cred.uid.val.value_()
        theirs[task.pid.value_()] = (task.tgid.value_(), comm, task_state_to_char(task), uid, task_cpu(task))
    assert len(theirs) > 300
    assert {
        row["tid"]: (row["pid"], row["comm"], LETTERS[row["state"]], row["uid"], row["cpu"])
        for row in rows
        if row["tid"]
    } == theirs


def test_the_table_shows_the_same_rows(crash_session: CrashSession, rows: list[dict[str, Any]]) -> None:
    lines = crash_session.run("taskinfo").splitlines()
    assert lines[0].split() == ["PID", "TID", "CPU", "ST", "RAN-MS-AGO", "UID", "COMM"]
    cells = [line.split(None, 6)[:6] for line in lines[1:]]
    keys = ("pid", "tid", "cpu", "state", "ran_ms_ago", "uid")
    assert cells == [[str(row[key]) for key in keys] for row in rows]
    ages = [row["ran_ms_ago"] for row in rows]
    assert ages == sorted(ages)


def test_filter_limit_and_summary(crash_session: CrashSession, rows: list[dict[str, Any]]) -> None:
    waiting = json.loads(crash_session.run("taskinfo --taskfilter UN,ZO --json"))["records"]
    assert waiting == [row for row in rows if row["state"] in ("UN", "ZO")]
    assert len(crash_session.run("taskinfo --maxpids 11").splitlines()) == 1 + 11
    summary, *states = json.loads(crash_session.run("taskinfo --summary --json"))["records"]
    assert summary["threads"] == len(rows)
    assert {row["state"]: row["threads"] for row in states} == Counter(row["state"] for row in rows)
    assert summary["processes"] == len({row["pid"] for row in rows})


def test_the_classic_task_table(crash_session: CrashSession, rows: list[dict[str, Any]]) -> None:
    program = "from LinuxDump.Tasks import TaskTable; print(*(t.pid for t in TaskTable().allThreads()))"
    tids = [int(word) for word in crash_session.run(f"epython -c '{program}'").split()]
    assert tids == sorted({row["tid"] for row in rows})
