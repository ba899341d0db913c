# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's clock: its tick rate, jiffies and uptime."""

from __future__ import annotations

import crash
from crash import readSymbol, symbol_exists

from pykdump.caches import CU_LIVE, memoize_cond

INITIAL_SECONDS = 300  # at boot jiffies are five minutes before their 32 bits wrap around (INITIAL_JIFFIES)
NANOSECONDS = 1_000_000_000


@memoize_cond(CU_LIVE)
def kernel_hz() -> int:
    """Return the ticks in a second, CONFIG_HZ.

    ``crash.HZ`` is not reliable: crash assumes 1000 if the kernel contains no copy of its configuration. The
    clocksource "jiffies" (kernel/time/jiffies.c) has the length of a tick in ns: ``mult >> shift``.
    """
    if symbol_exists("clocksource_jiffies"):
        source = readSymbol("clocksource_jiffies")
        tick = int(source.mult) >> int(source.shift)
        if tick:
            return round(NANOSECONDS / tick)
    return int(crash.HZ)


def jiffies2ms(jiffies: int) -> int:
    """Convert ``u64 jiffies_64`` to milliseconds since boot."""
    hz = kernel_hz()
    return (int(jiffies) - (1 << 32) + INITIAL_SECONDS * hz) * 1000 // hz


def jiffie_clock_base() -> int:
    """Return the milliseconds from boot to the dump."""
    return jiffies2ms(readSymbol("jiffies_64" if symbol_exists("jiffies_64") else "jiffies"))


def ms2uptime(ms: float) -> str:
    """Return milliseconds as "3 days, 01:02:03"; less than a day gives "01:02:03"."""
    minutes, seconds = divmod(int(ms) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return (f"{days} days, " if days else "") + f"{hours:02d}:{minutes:02d}:{seconds:02d}"


def get_uptime() -> str:
    """Return the uptime of the kernel as text."""
    return ms2uptime(jiffie_clock_base())
