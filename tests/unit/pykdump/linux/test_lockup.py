# SPDX-License-Identifier: GPL-3.0-or-later
"""Stuck CPUs and stalled grace periods on a made-up kernel."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import lockup  # noqa: E402

SECOND = 1_000_000_000


class Task(SimpleNamespace):
    def __int__(self) -> int:
        return int(self.address)

    def hasField(self, name: str) -> bool:
        return name in vars(self)


@pytest.fixture
def two_cpus(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    spinner = Task(address=1, pid=9, comm="spin", sched_info=SimpleNamespace(last_arrival=40 * SECOND))
    idle = Task(address=2, pid=0, comm="swapper/1", sched_info=SimpleNamespace(last_arrival=99 * SECOND))
    queues: dict[int, Any] = {
        0: SimpleNamespace(clock=100 * SECOND, curr=spinner, idle=idle),
        1: SimpleNamespace(clock=99 * SECOND, curr=idle, idle=idle),
    }
    touched: dict[int, int] = {}
    monkeypatch.setattr(lockup, "runqueues", lambda: queues)
    monkeypatch.setattr(lockup, "running_cpus", lambda: [0, 1])
    monkeypatch.setattr(lockup, "layout", lambda: SimpleNamespace(clock="clock"))
    monkeypatch.setattr(lockup, "_watchdog_times", lambda: touched.items())
    return touched


def test_what_the_cpus_do(two_cpus: dict[int, int]) -> None:
    two_cpus[0] = 40 * SECOND >> 30
    first, second = lockup.cpu_states()
    assert (first.cpu, first.idle, first.running_ms, first.clock_lag_ms) == (0, False, 60_000, 0)
    assert first.unwatched_s == (100 * SECOND >> 30) - (40 * SECOND >> 30)
    assert (second.cpu, second.idle, second.running_ms, second.clock_lag_ms) == (1, True, 1_000, 1_000)
    assert second.unwatched_s is None


@pytest.mark.parametrize(
    ("gp_seq", "seconds", "stalled"), [(0x10, 500, False), (0x11, 500, True), (0x11, 20, False), (0x11, -1, False)]
)
def test_a_grace_period_that_runs_too_long_is_stalled(
    gp_seq: int, seconds: int, stalled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000
    state = SimpleNamespace(gp_seq=gp_seq, gp_start=now - seconds * 250)
    monkeypatch.setattr(lockup, "readSymbol", {"rcu_state": state, "rcu_cpu_stall_timeout": 21}.__getitem__)
    monkeypatch.setattr(lockup, "jiffies", lambda: now)
    found = lockup.rcu_stall()
    assert (found is not None) == stalled
    if found is not None:
        assert (found.seconds, found.limit_s) == (500, 21)


@pytest.mark.parametrize(("enabled", "limit"), [(1, 20), (0, 0)])
def test_the_limit_of_soft_lockups(enabled: int, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockup, "readSymbol", {"watchdog_enabled": enabled, "watchdog_thresh": 10}.__getitem__)
    assert lockup.soft_lockup_seconds() == limit
