# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on stacks that threads have in common."""

from __future__ import annotations

from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import stack_reports  # noqa: E402
from pykdump.linux.btstack import BTFrame, BTStack  # noqa: E402


def stack(pid: int, cmd: str, *functions: str) -> BTStack:
    made = BTStack(pid, 0, 0, cmd)
    made.frames = [BTFrame(level, function, 0x1000, pid) for level, function in enumerate(functions)]
    return made


STACKS = [
    stack(1, "a", "schedule", "do_nanosleep", "__x64_sys_nanosleep"),
    stack(2, "b", "schedule", "do_nanosleep", "__x64_sys_nanosleep"),
    stack(3, "a", "schedule", "kthread"),
]


class Table:
    """As TaskTable: the thread with TID n ran n seconds ago."""

    def getByTid(self, tid: int) -> Any:
        return type("Task", (), {"pid": tid, "Ran_ago": 1000 * tid})()


def test_equal_stacks_are_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    stack_reports.bt_mergestacks(STACKS, reverse=True, tt=Table(), verbose=1)  # type: ignore[arg-type]
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("---")] == [
        "------- 2 stacks like that: ----------", "------- 1 stacks like that: ----------",
    ]  # fmt: skip
    assert "    youngest=1.00s(pid=1), oldest=2.00s(pid=2)" in lines
    assert "    PIDs: 1 2" in lines
    assert sum("do_nanosleep" in line for line in lines) == 1


def test_offsets_count_if_precise_and_rare_stacks_may_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    stack_reports.bt_mergestacks(STACKS, precise=True)
    assert capsys.readouterr().out.count("1 stacks like that") == 3
    stack_reports.bt_mergestacks(STACKS, count=2)
    assert capsys.readouterr().out.count("stacks like that") == 1


def test_stacks_are_counted_by_their_entry(capsys: pytest.CaptureFixture[str]) -> None:
    stack_reports.bt_summarize([*STACKS, stack(4, "c", "only"), stack(5, "d")])
    assert capsys.readouterr().out.splitlines() == [
        "     2 __x64_sys_nanosleep", "     1 (empty)", "     1 kthread", "     1 only",
    ]  # fmt: skip
