# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's clock: its tick rate, jiffies and uptime."""

from __future__ import annotations

import crash
from crash import readSymbol, symbol_exists

from pykdump.kernel_clock import ms2uptime

INITIAL_SECONDS = 300  # at boot jiffies are five minutes before their 32 bits wrap around (INITIAL_JIFFIES)
__all__ = ["INITIAL_SECONDS", "get_uptime", "jiffie_clock_base", "jiffies", "jiffies2ms", "kernel_hz", "ms2uptime"]


def kernel_hz() -> int:
    """Return the ticks in a second, CONFIG_HZ: the same as ``crash.HZ``."""
    return int(crash.HZ)


def jiffies() -> int:
    """Return ``unsigned long jiffies`` of the dump: jiffies_64 on 64-bit machines."""
    return int(readSymbol("jiffies_64" if symbol_exists("jiffies_64") else "jiffies"))


def jiffies2ms(jiffies: int) -> int:
    """Convert ``u64 jiffies_64`` to milliseconds since boot."""
    hz = kernel_hz()
    return (int(jiffies) - (1 << 32) + INITIAL_SECONDS * hz) * 1000 // hz


def jiffie_clock_base() -> int:
    """Return the milliseconds from boot to the dump."""
    return jiffies2ms(jiffies())


def get_uptime() -> str:
    """Return the uptime of the kernel as text."""
    return ms2uptime(jiffie_clock_base())
