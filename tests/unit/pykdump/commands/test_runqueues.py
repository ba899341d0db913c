# SPDX-License-Identifier: GPL-3.0-or-later
"""runqueues: numbers that wrap, and a finding for a task that gets no CPU."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import runqueues  # noqa: E402


@pytest.mark.parametrize(
    ("value", "number"), [(0, 0), (7, 7), (0xFFFFFFFF, -1), (0xFFFFFFFFFFFFFFFE, -2), (0x7FFFFFFF, 0x7FFFFFFF)]
)
def test_uninterruptible_tasks_may_be_counted_below_zero(value: int, number: int) -> None:
    assert runqueues._signed_int(value) == number


@pytest.mark.parametrize(("seconds", "delayed", "found"), [(11.0, False, 1), (9.0, False, 0), (11.0, True, 0)])
def test_a_task_that_gets_no_cpu(monkeypatch: pytest.MonkeyPatch, seconds: float, delayed: bool, found: int) -> None:
    from pykdump.linux.cpu import runqueues as linux

    record = runqueues.QueuedTask(2, False, "fair", 120, 7, 0x1000, seconds, delayed, "worker")
    monkeypatch.setattr(linux, "queued_tasks", lambda rq: [("fair", 0)])
    for name in ("current_class", "runs_ns", "waits_ns"):
        monkeypatch.setattr(linux, name, lambda *_: None)
    monkeypatch.setattr(runqueues, "_task", lambda *_: record)
    kernel = fake_crash.install()
    kernel.define("struct rq", curr="ptr")
    events = list(runqueues.tasks_of(2, kernel.make("struct rq", 0x2000)))
    findings = [event for event in events if isinstance(event, runqueues.Finding)]
    assert len(findings) == found
    if findings:
        assert findings[0].message == "worker has been ready to run for 11 s without getting CPU 2."
        assert findings[0].pids == (7,)
