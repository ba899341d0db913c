# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's own time: its tick rate, jiffies, how long it was up."""

from __future__ import annotations

import crash
from crash import readSymbol, symbol_exists

from pykdump.caches import CU_LIVE, memoize_cond

INITIAL_SECONDS = 300  # jiffies begin five minutes before they wrap around 32 bits (INITIAL_JIFFIES)
NANOSECONDS = 1_000_000_000


@memoize_cond(CU_LIVE)
def kernel_hz() -> int:
    """Ticks in a second, CONFIG_HZ.

    crash takes 1000 where the kernel carries no copy of its configuration; ``crash.HZ`` is that. The clocksource
    "jiffies" (kernel/time/jiffies.c) has the length of a tick in ns, shifted, as its multiplier.
    """
    if symbol_exists("clocksource_jiffies"):
        source = readSymbol("clocksource_jiffies")
        tick = int(source.mult) >> int(source.shift)
        if tick:
            return round(NANOSECONDS / tick)
    return int(crash.HZ)


def jiffies2ms(jiffies: int) -> int:
    """``u64 jiffies_64`` as milliseconds since boot."""
    hz = kernel_hz()
    return (int(jiffies) - (1 << 32) + INITIAL_SECONDS * hz) * 1000 // hz


def jiffie_clock_base() -> int:
    """Milliseconds from boot to now."""
    return jiffies2ms(readSymbol("jiffies_64" if symbol_exists("jiffies_64") else "jiffies"))


def ms2uptime(ms: float) -> str:
    """Milliseconds as "3 days, 01:02:03", without days if there are none."""
    minutes, seconds = divmod(int(ms) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return (f"{days} days, " if days else "") + f"{hours:02d}:{minutes:02d}:{seconds:02d}"


def get_uptime() -> str:
    """How long the kernel was up, as text."""
    return ms2uptime(jiffie_clock_base())
