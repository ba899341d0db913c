# SPDX-License-Identifier: GPL-3.0-or-later
"""runqueues on the real dump: crash's runq, drgn, and the guest's tasks that run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]
HEX = "[0-9a-f]{16}"


def kind(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [row for row in document["records"] if row["kind"] == name]


def test_queues_equal_those_of_crash(document: Document, crash_session: CrashSession) -> None:
    found = document("runqueues")
    text = crash_session.run("runq")
    theirs = []
    for block in re.split(r"^CPU ", text, flags=re.M)[1:]:
        cpu, queue = re.findall(rf"^(\d+) RUNQUEUE: ({HEX})", block)[0]
        tasks = re.findall(rf'(CURRENT|\[ *\d+\]):? PID: (\d+) +TASK: ({HEX}) +COMMAND: "(.*)"', block)
        for place, pid, task, comm in tasks:
            prio = None if place == "CURRENT" else int(place.strip("[ ]"))
            theirs.append([int(cpu), f"0x{queue}", prio is None, prio, int(pid), f"0x{task}", comm])
    addresses = {row["cpu"]: row["address"] for row in kind(found, "run-queue")}
    ours = [
        [
            row["cpu"], addresses[row["cpu"]], row["current"], None if row["current"] else row["prio"], row["pid"],
            row["task"], row["comm"],
        ]
        for row in kind(found, "queued-task")
    ]  # fmt: skip
    assert sorted(ours, key=str) == sorted(theirs, key=str)
    assert len(ours) > 2


def test_values_equal_those_of_drgn(document: Document, drgn_program: Any) -> None:
    from drgn.helpers.linux.percpu import per_cpu

    newest = 0
    for row in kind(document("runqueues"), "run-queue"):
        rq = per_cpu(drgn_program["runqueues"], row["cpu"])
        assert row["running"] == rq.nr_running.value_()
        assert row["switches"] == rq.nr_switches.value_()
        assert round(row["clock_s"] * 1e9) == pytest.approx(rq.clock.value_(), abs=1000)
        newest = max(newest, rq.clock.value_())
    for row in kind(document("runqueues"), "run-queue"):
        clock = per_cpu(drgn_program["runqueues"], row["cpu"]).clock.value_()
        assert row["behind_s"] == pytest.approx((newest - clock) / 1e9, abs=1e-6)


def test_times_equal_those_of_drgn(document: Document, drgn_program: Any) -> None:
    from drgn.helpers.linux.percpu import per_cpu
    from drgn.helpers.linux.pid import find_task

    rows = kind(document("runqueues"), "queued-task")
    assert rows
    for row in rows:
        if not row["pid"]:
            continue
        info = find_task(drgn_program, row["pid"]).sched_info
        clock = per_cpu(drgn_program["runqueues"], row["cpu"]).clock.value_()
        since = (info.last_arrival if row["current"] else info.last_queued).value_()
        assert row["for_s"] == (pytest.approx(max(clock - since, 0) / 1e9, abs=1e-6) if since else None)


def test_the_guests_running_tasks_are_there(document: Document, truth: Truth) -> None:
    rows = {row["pid"]: row for row in kind(document("runqueues"), "queued-task")}
    spinning = [task for task in truth.user_tasks if task.comm.startswith("r-spin")]
    assert len(spinning) >= 2
    for task in spinning:
        assert rows[task.pid]["comm"] == task.comm
        assert rows[task.pid]["scheduling_class"] == "fair"


@pytest.mark.parametrize("options", ["", "--cpu 0", "--cpu 0 --cpu 1", "--findings"])
def test_each_option(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"runqueues {options}")
    assert "Traceback" not in output
    assert "Cannot tell" not in output


def test_one_cpu(document: Document) -> None:
    assert {row["cpu"] for row in document("runqueues --cpu 1")["records"]} == {1}
    (problem,) = document("runqueues --cpu 4000")["problems"]
    assert problem["part"] == "the run queue of CPU 4000"
