# SPDX-License-Identifier: GPL-3.0-or-later
"""From times of the log to dates: drift, jumps, sleep."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

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


def kernel(monkeypatch: pytest.MonkeyPatch, known: dict[str, Any], clocksource: str = "tsc") -> None:
    base = SimpleNamespace(
        base=5 * SECOND, xtime_nsec=3 << 8, shift=8, cycle_last=1000, clock=SimpleNamespace(name=clocksource)
    )  # fmt: skip
    keeper = SimpleNamespace(tkr_mono=base, offs_real=EPOCH, offs_boot=7)
    core = SimpleNamespace(timekeeper=keeper)
    symbols = {"tk_core": core, **known}
    if "timekeeper_data" in known:
        symbols["timekeeper_data"] = [core, None]
    monkeypatch.setattr(wall_clock, "readSymbol", symbols.__getitem__)
    monkeypatch.setattr(wall_clock, "symbol_exists", symbols.__contains__)
    monkeypatch.setattr(wall_clock, "sym2addr", lambda name: symbols.get(name, 0))
    monkeypatch.setattr(wall_clock, "readS64", lambda value: value)
    queues = {0: SimpleNamespace(clock=4), 1: SimpleNamespace(clock=9)}
    monkeypatch.setattr(wall_clock, "runqueues", lambda: queues)


def stable(value: int) -> SimpleNamespace:
    return SimpleNamespace(key=SimpleNamespace(enabled=SimpleNamespace(counter=value)))


@pytest.mark.parametrize("known", [{"timekeeper_data": 0}, {}])
def test_the_timekeeper_of_the_kernel(known: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    kernel(monkeypatch, known)
    now = wall_clock.clocks()
    assert (now.monotonic, now.realtime, now.asleep, now.printk) == (5 * SECOND + 3, EPOCH + 5 * SECOND + 3, 7, 9)


def test_an_unstable_clock_follows_the_timekeeper(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel(monkeypatch, {"__sched_clock_stable": stable(0), "__gtod_offset": -50})
    assert wall_clock.clocks().drift == 50


@pytest.mark.parametrize(("reader", "printk"), [("native_sched_clock", 2000 + 5 - 7), ("kvm_sched_clock_read", 9)])
def test_a_stable_clock_is_computed_from_the_tsc(reader: str, printk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"__sched_clock_stable": stable(1), "__sched_clock_offset": -7, "cyc2ns": 1, "__SCK__pv_sched_clock": 99}
    kernel(monkeypatch, known)
    data = SimpleNamespace(cyc2ns_mul=8, cyc2ns_shift=2, cyc2ns_offset=5)  # 2 ns a cycle
    monkeypatch.setattr(wall_clock, "readPtr", lambda address: address)
    monkeypatch.setattr(wall_clock, "addr2sym", lambda address: reader)
    monkeypatch.setattr(wall_clock, "get_cpu_var", lambda name: [0])
    monkeypatch.setattr(wall_clock, "readSU", lambda name, address: SimpleNamespace(data=[data]))
    assert wall_clock.clocks().printk == printk
    kernel(monkeypatch, known, clocksource="kvm-clock")
    assert wall_clock.clocks().printk == 9
