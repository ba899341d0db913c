# SPDX-License-Identifier: GPL-3.0-or-later
"""From times of the log to dates: drift, jumps, sleep."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import wall_clock  # noqa: E402
from pykdump.linux.wall_clock import Clocks, LogDates  # noqa: E402

SECOND = 1_000_000_000
DAY = 86400 * SECOND
EPOCH = 1_800_000_000 * SECOND  # when the machine booted


def clocks(monotonic: int, printk: int, asleep: int = 0) -> Clocks:
    return Clocks(monotonic, EPOCH + monotonic + asleep, asleep, printk)


def test_a_drift_grows_with_time() -> None:
    now = clocks(100 * DAY + 80 * SECOND, 100 * DAY)
    assert (now.drift, now.is_a_steady_drift()) == (80 * SECOND, True)
    assert now.realtime_of(100 * DAY) == EPOCH + 100 * DAY + 80 * SECOND
    assert now.realtime_of(50 * DAY) == EPOCH + 50 * DAY + 40 * SECOND
    assert now.realtime_of(0) == EPOCH


def test_a_jump_counts_for_the_end() -> None:
    now = clocks(DAY + 3600 * SECOND, DAY)
    assert not now.is_a_steady_drift()
    assert now.realtime_of(DAY) == EPOCH + DAY + 3600 * SECOND
    assert now.realtime_of(DAY - SECOND) == EPOCH + DAY + 3599 * SECOND


def test_lines_before_one_sleep() -> None:
    now = clocks(DAY, DAY, asleep=3600 * SECOND)
    lines = [(10 * SECOND, "PM: suspend entry (deep)"), (11 * SECOND, "PM: suspend exit")]
    dates = LogDates(now, lines)
    assert now.uptime == DAY + 3600 * SECOND
    assert dates.date_of(9 * SECOND) == EPOCH + 9 * SECOND
    assert dates.date_of(10 * SECOND) == EPOCH + 10 * SECOND
    assert dates.date_of(10 * SECOND + 1) is None
    assert dates.date_of(12 * SECOND) == EPOCH + 12 * SECOND + 3600 * SECOND


def test_lines_between_two_sleeps_have_no_date() -> None:
    now = clocks(DAY, DAY, asleep=3600 * SECOND)
    lines = [
        (10 * SECOND, "PM: suspend entry (deep)"), (11 * SECOND, "PM: suspend exit"), (12 * SECOND, "other"),
        (20 * SECOND, "PM: hibernation: hibernation entry"), (21 * SECOND, "PM: hibernation: hibernation exit"),
    ]  # fmt: skip
    dates = LogDates(now, lines)
    assert dates.date_of(15 * SECOND) is None
    assert dates.date_of(5 * SECOND) == EPOCH + 5 * SECOND
    assert dates.date_of(22 * SECOND) == EPOCH + 22 * SECOND + 3600 * SECOND


@pytest.mark.parametrize("newest", [True, False])
def test_the_timekeeper_of_the_kernel(newest: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    base = SimpleNamespace(base=5 * SECOND, xtime_nsec=3 << 8, shift=8)
    keeper = SimpleNamespace(tkr_mono=base, offs_real=EPOCH, offs_boot=7)
    core = SimpleNamespace(timekeeper=keeper)
    known = {"timekeeper_data": [core, None]} if newest else {"tk_core": core}
    monkeypatch.setattr(wall_clock, "readSymbol", known.__getitem__)
    monkeypatch.setattr(wall_clock, "symbol_exists", known.__contains__)
    queues = {0: SimpleNamespace(clock=4), 1: SimpleNamespace(clock=9)}
    monkeypatch.setattr(wall_clock, "runqueues", lambda: queues)
    now = wall_clock.clocks()
    assert (now.monotonic, now.realtime, now.asleep, now.printk) == (5 * SECOND + 3, EPOCH + 5 * SECOND + 3, 7, 9)
