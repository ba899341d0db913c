# SPDX-License-Identifier: GPL-3.0-or-later
"""Jiffies and uptime on a made-up kernel."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402
from pykdump.linux import clock  # noqa: E402


@pytest.fixture
def kernel() -> fake_crash.Kernel:
    caches.purge_memoize_cache(caches.CU_LIVE)
    kernel = fake_crash.install()
    kernel.symbols["clocksource_jiffies"] = 0x1000
    kernel.variables["clocksource_jiffies"] = SimpleNamespace(mult=4_000_000 << 8, shift=8)
    return kernel


def test_the_tick_rate(kernel: fake_crash.Kernel) -> None:
    assert clock.kernel_hz() == 250


def test_without_the_clocksource_crash_is_believed(kernel: fake_crash.Kernel) -> None:
    kernel.symbols.clear()
    assert clock.kernel_hz() == clock.crash.HZ


def test_jiffies_begin_five_minutes_before_they_wrap(kernel: fake_crash.Kernel) -> None:
    begin = (1 << 32) - 300 * 250
    assert [clock.jiffies2ms(begin), clock.jiffies2ms(begin + 1), clock.jiffies2ms(1 << 32)] == [0, 4, 300_000]
    kernel.variables["jiffies"] = begin + 250 * 90
    assert (clock.jiffie_clock_base(), clock.get_uptime()) == (90_000, "00:01:30")


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "00:00:00"), (3_723_999, "01:02:03"), (3 * 86_400_000 + 3_723_000, "3 days, 01:02:03")]
)
def test_uptime_as_text(ms: int, text: str) -> None:
    assert clock.ms2uptime(ms) == text
