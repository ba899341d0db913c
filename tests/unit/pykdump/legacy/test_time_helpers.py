# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as old programs show them. The fake kernel has 250 ticks a second."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.caches import CU_LIVE, purge_memoize_cache  # noqa: E402
from pykdump.legacy import time_helpers  # noqa: E402


@pytest.mark.parametrize(
    ("ts", "jiffies", "text"),
    [
        (1000, 1000, "    0.00 s"), (1000, 1250, "    1.00 s"), (1250, 1000, "   -1.00 s"),
        (0, 250 * 600, "   10.00 m"), (0, 250 * 3600 * 21, "       n/a"), (0xFFFFFF83, 125, "    1.00 s"),
        ((1 << 32) + 10, (1 << 32) + 260, "    1.00 s"),
    ],
)  # fmt: skip
def test_delays(ts: int, jiffies: int, text: str) -> None:
    assert time_helpers.j_delay(ts, jiffies) == text


def test_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = SimpleNamespace(realtime=1_800_000_000_999_999_999, uptime=5_900_000_000)
    monkeypatch.setattr(time_helpers, "clocks", lambda: now)
    assert (time_helpers.get_seconds(), time_helpers.seconds_since_boot()) == (1_800_000_000, 5)


@pytest.mark.parametrize(
    ("sec", "nsec", "expected"),
    [(5, 0, (5, 0)), (5, -1, (4, 999_999_999)), (0, 3_000_000_001, (3, 1)), (1, -2_000_000_000, (-1, 0))],
)
def test_normalized_times(sec: int, nsec: int, expected: tuple[int, int]) -> None:
    assert time_helpers.set_normalized_timespec(sec, nsec) == expected


def test_the_boot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now = SimpleNamespace(realtime=1_800_000_000_500_000_000, uptime=1_600_000_000, monotonic=7)
    monkeypatch.setattr(time_helpers, "clocks", lambda: now)
    assert time_helpers.getboottime() == (1_799_999_998, 900_000_000)
    assert time_helpers.tkr_time() == 7
    time_helpers.get_ktime_t()
    assert capsys.readouterr().out == "7\n"


def test_the_monotonic_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    purge_memoize_cache(CU_LIVE)
    kernel = fake_crash.install()
    assert time_helpers.get_ktime_j() is None
    purge_memoize_cache(CU_LIVE)
    kernel.variables["last_jiffies_update"] = SimpleNamespace(tv64=42)
    assert (time_helpers.get_ktime_j(), time_helpers.sched_clock(), time_helpers.ktime_t(5)) == (42, 42, 5)
    purge_memoize_cache(CU_LIVE)


def test_uptimes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_helpers, "get_uptime", lambda: 1001)
    assert time_helpers.get_uptime_fromcrash() == 1001 / 250
    assert time_helpers.get_uptime_fromproc() > 0
