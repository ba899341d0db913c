# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as old programs ask for them (LinuxDump.Time)."""

from __future__ import annotations

from crash import HZ

from pykdump.linux.wall_clock import clocks

NSEC_PER_SEC = 1_000_000_000
JIFFIES_BITS = 32
SECONDS_IN_HOUR, SECONDS_IN_MINUTE = 3600, 60
LONGEST_IN_SECONDS = 300


def j_delay(ts: int, jiffies: int, maxhours: int = 20) -> str:
    """Return how long before ``jiffies`` the time ``ts`` (both in ticks) was, as text of ten characters.

    The unit is s, and m (minutes) from five minutes on. A time more than ``maxhours`` ago gives "n/a": often nobody has
    ever set it. A time in the future is negative. Both may be 32-bit numbers, which wrap around.
    """
    half = 1 << (JIFFIES_BITS - 1)
    seconds = ((int(jiffies) - int(ts) + half) % (1 << JIFFIES_BITS) - half) / HZ
    if seconds > maxhours * SECONDS_IN_HOUR:
        return f"{'n/a':>10}"
    if seconds > LONGEST_IN_SECONDS:
        return f"{seconds / SECONDS_IN_MINUTE:8.2f} m"
    return f"{seconds:8.2f} s"


def get_seconds() -> int:
    """Return the wall clock of the dump in seconds since 1970 (UTC)."""
    return clocks().realtime // NSEC_PER_SEC


def seconds_since_boot() -> int:
    """Return the seconds from boot to the dump, with the time that the machine slept."""
    return clocks().uptime // NSEC_PER_SEC
