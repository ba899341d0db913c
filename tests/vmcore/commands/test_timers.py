# SPDX-License-Identifier: GPL-3.0-or-later
"""timers on the real dump: the guest's /proc/timer_list, crash's timer, drgn, and what the test module armed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from support import hangs
from support.session import CrashSession
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]
HEX = "[0-9a-f]{16}"
FAR = 10_000  # seconds: a timer that expires later is there in the record and in the dump


def recorded(truth: Truth) -> list[tuple[int, int, str, str, int, int, int]]:
    """(CPU, number of the clock, address, function, state, earliest, latest) of each hrtimer in /proc/timer_list."""
    rows, cpu, clock, head = [], -1, -1, ("", "", 0)
    for line in truth.lines("proc/timer_list"):
        if match := re.match(r"cpu: (\d+)", line):
            cpu = int(match[1])
        elif match := re.match(r" clock (\d+):", line):
            clock = int(match[1])
        elif match := re.match(rf" #\d+: <({HEX})>, (\S+), S:([0-9a-f]+)", line):
            head = match[1], match[2], int(match[3], 16)
        elif match := re.match(r" # expires at (\d+)-(\d+) nsecs", line):
            rows.append((cpu, clock, *head, int(match[1]), int(match[2])))
    return rows


def high_resolution(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in found["records"] if row["kind"] == "high-resolution-timer"]


def test_timers_that_expire_late_equal_those_of_the_guest(document: Document, truth: Truth) -> None:
    now = int(re.findall(r"^now at (\d+) nsecs", truth.text("proc/timer_list"), re.M)[0])
    late = [row for row in recorded(truth) if row[1] == 0 and row[6] - now > FAR * 10**9]
    assert len(late) > 10
    ours = [
        (row["cpu"], 0, row["address"][2:], row["function"], row["state"], row["soft_expires_ns"], row["expires_ns"])
        for row in high_resolution(document("timers --hrtimers"))
        if row["clock"] == "monotonic" and not row["soft"] and row["in_s"] > FAR
    ]
    assert ours == late


def test_each_cpu_has_its_tick_and_its_watchdog(document: Document, truth: Truth) -> None:
    """The address and the function of the timers that each CPU always has; they expire anew all the time."""
    wanted = {"tick_nohz_handler", "tick_sched_timer", "watchdog_timer_fn"}
    theirs = {(row[0], row[2], row[3]) for row in recorded(truth) if row[3] in wanted}
    found = high_resolution(document("timers --hrtimers"))
    assert {(row["cpu"], row["address"][2:], row["function"]) for row in found if row["function"] in wanted} == theirs
    assert len(theirs) >= 2
    assert all(-1 < row["in_s"] < 5 for row in found if row["function"] in wanted)


def test_sleepers(document: Document, truth: Truth) -> None:
    rows = {row["pid"]: row for row in high_resolution(document("timers --hrtimers")) if row["pid"] is not None}
    sleepers = {pid: row for pid, row in rows.items() if row["comm"].startswith("sleeper-")}
    assert len(sleepers) > 10
    assert all(truth.by_pid[pid].comm == row["comm"] for pid, row in sleepers.items())


def test_wheels_equal_those_of_crash(document: Document, crash_session: CrashSession) -> None:
    text = crash_session.run("timer")
    bases = re.split(rf"^TIMER_BASES\[(\d+)\]\[\w+\]: {HEX}\n", text, flags=re.M)[1:]
    theirs = [
        (int(cpu), int(expires), int(left), address, function)
        for cpu, block in zip(bases[::2], bases[1::2])
        for expires, left, address, function in re.findall(rf"^ +(\d+) +(-?\d+) +({HEX}) +{HEX} +<?(\w+)", block, re.M)
    ]
    hz = int(crash_session.run('epython -c "import crash; print(crash.HZ)"').split()[0])
    wheels = document("timers --wheels")["records"]
    # Kernels since v6.9 have three bases a CPU; crash shows the two first.
    shown = [row for row in wheels if row["base"] != "deferrable" or "global" not in {r["base"] for r in wheels}]
    ours = [
        (row["cpu"], row["expires"], round(row["in_s"] * hz), row["address"][2:], row["function"].partition("+")[0])
        for row in shown
    ]
    assert sorted(ours) == sorted(theirs)
    assert len(ours) > 10


def test_wheels_equal_those_of_drgn(document: Document, drgn_program: Any) -> None:
    from drgn.helpers.linux.cpumask import for_each_possible_cpu
    from drgn.helpers.linux.list import hlist_for_each_entry
    from drgn.helpers.linux.percpu import per_cpu

    names = {2: ("standard", "deferrable"), 3: ("local", "global", "deferrable")}
    theirs = []
    for cpu in for_each_possible_cpu(drgn_program):
        bases = per_cpu(drgn_program["timer_bases"], cpu)
        for name, base in zip(names[len(bases)], bases):
            for bucket in base.vectors:
                for timer in hlist_for_each_entry("struct timer_list", bucket.address_of_(), "entry"):
                    theirs.append((cpu, name, hex(timer.value_()), timer.expires.value_()))
    ours = [(row["cpu"], row["base"], row["address"], row["expires"]) for row in document("timers --wheels")["records"]]
    assert sorted(ours) == sorted(theirs)


def test_timers_of_the_test_module(document: Document, truth: Truth) -> None:
    armed = hangs.load(truth)
    if not armed.text:
        pytest.skip("the guest has no test module")
    rows = {row["address"]: row for row in document("timers")["records"]}
    for at, expires, function in armed.timers.values():
        # The record of a delayed work has the address of its timer or of its work, which the timer follows.
        row = rows.get(f"{at:#x}")
        assert row, hex(at)
        assert (row["expires"] & 0xFFFFFFFFFFFFFFFF, row["function"].partition("+")[0]) == (expires, function)
    waiter = armed.roles["mpyk-timeout"]
    row = next(row for row in rows.values() if row["pid"] == waiter.pid)
    assert (row["function"], row["comm"]) == ("process_timeout", "mpyk-timeout")
    assert row["expires"] == armed.locks["mpyk_timeout"].address


@pytest.mark.parametrize("options", ["", "--wheels", "--hrtimers", "--wheels --hrtimers", "--cpu 1", "--findings"])
def test_each_option(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"timers {options}")
    assert "Traceback" not in output
    assert "Cannot tell" not in output
    assert "overdue" not in output


def test_one_cpu(document: Document) -> None:
    assert {row["cpu"] for row in document("timers --cpu 1")["records"]} == {1}
