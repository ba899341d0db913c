# SPDX-License-Identifier: GPL-3.0-or-later
"""Jiffies and uptime on a made-up kernel."""

from __future__ import annotations

from support import fake_crash

fake_crash.install()

from pykdump.linux import clock  # noqa: E402


def test_the_tick_rate_is_that_of_the_module_crash() -> None:
    assert clock.kernel_hz() == clock.crash.HZ == 250


def test_jiffies_begin_five_minutes_before_they_wrap() -> None:
    kernel = fake_crash.install()
    begin = (1 << 32) - 300 * 250
    assert [clock.jiffies2ms(begin), clock.jiffies2ms(begin + 1), clock.jiffies2ms(1 << 32)] == [0, 4, 300_000]
    kernel.variables["jiffies"] = begin + 250 * 90
    assert (clock.jiffie_clock_base(), clock.get_uptime()) == (90_000, "00:01:30")
