# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as old programs ask for them (LinuxDump.Time)."""

from __future__ import annotations

from typing import Any, NamedTuple

from crash import HZ, error, get_uptime, readSymbol

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.wall_clock import clocks

NSEC_PER_SEC = 1_000_000_000
JIFFIES_BITS = 32
SECONDS_IN_HOUR, SECONDS_IN_MINUTE = 3600, 60
LONGEST_IN_SECONDS = 300


class timespec(NamedTuple):
    """A time as ``struct timespec`` has it."""

    tv_sec: int
    tv_nsec: int


def set_normalized_timespec(sec: int, nsec: int) -> timespec:
    """Return a time whose nanoseconds are from 0 to 999,999,999."""
    seconds, nanoseconds = divmod(nsec, NSEC_PER_SEC)
    return timespec(sec + seconds, nanoseconds)


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


def getboottime() -> timespec:
    """Return the wall clock at boot (UTC)."""
    now = clocks()
    return set_normalized_timespec(0, now.realtime - now.uptime)


def get_uptime_fromproc() -> int:
    """Return the seconds since this machine (not that of the dump) has booted: for a live kernel."""
    with open("/proc/uptime", encoding="ascii") as file:
        return int(float(file.read().split()[0]))


def get_uptime_fromcrash() -> float:
    """Return the seconds from boot to the dump as crash counts them: by jiffies, without the time of sleep."""
    return get_uptime() / HZ


def ktime_t(t: Any) -> int:
    """Return a ``ktime_t`` as a number: before v4.10 it was a union with the member tv64."""
    return int(getattr(t, "tv64", t))


@memoize_cond(CU_LIVE)
def get_ktime_j() -> int | None:
    """Return CLOCK_MONOTONIC in ns at the last update of jiffies, None if the kernel has no such variable."""
    try:
        return ktime_t(readSymbol("last_jiffies_update"))
    except (error, TypeError):
        return None


def get_ktime_t() -> None:
    """Print tkr_time(). crash's command timer -r, which the classic printed, needs the kernel's own HZ to be right."""
    print(tkr_time())


def tkr_time() -> int | None:
    """Return CLOCK_MONOTONIC in ns at the last update of the timekeeper, None if its symbol is not known."""
    try:
        return clocks().monotonic
    except TypeError:
        return None


def sched_clock_j() -> int:
    """Return get_ktime_j(); the clock of the scheduler is near it. Raises TypeError if there is none."""
    return ktime_t(readSymbol("last_jiffies_update"))


sched_clock = sched_clock_j
