# SPDX-License-Identifier: GPL-3.0-or-later
"""Wall-clock time: the kernel's timekeeper, and the dates of lines of the log.

The log has the times of the printk clock (local_clock(), the scheduler's clock). The wall clock belongs to the
timekeeper. Both begin with 0 at boot ("timekeeping: Default boot time offset to local_clock()", v4.19), and then they
drift apart: NTP corrects the timekeeper only.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from crash import addr2sym, readPtr, readS64, readSU, readSymbol, sym2addr, symbol_exists

from pykdump.linux.percpu import get_cpu_var, runqueues

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from crash import StructResult

NANOSECONDS = 1_000_000_000
# An oscillator is off by some 10 ppm, rarely by more than 100. A larger difference is no drift but a jump.
MAX_DRIFT = 500e-6
MAX_EARLY_OFFSET = 0.1 * NANOSECONDS
# kernel/power/suspend.c, hibernate.c
SLEEP = re.compile(r"^PM: (?:suspend|hibernation)(?:: hibernation)? (?P<edge>entry|exit)\b")


def timekeeper() -> StructResult:
    """Return the ``struct timekeeper`` of the system. Raises TypeError if the symbol is not known."""
    # Commit 22c62b9a84b8 ("timekeeping: Introduce auxiliary timekeepers", v6.17): an array, the system's is the first.
    if symbol_exists("timekeeper_data"):
        found: StructResult = readSymbol("timekeeper_data")[0].timekeeper
    else:
        found = readSymbol("tk_core").timekeeper
    return found


class Clocks:
    """The kernel's clocks at one moment, the last tick. All values are in ns.

    ``monotonic`` is CLOCK_MONOTONIC: the time since boot without the time that the machine slept. ``asleep`` is that
    time, ``realtime`` the wall clock (ns since 1970, UTC), ``printk`` the clock of the log.
    """

    __slots__ = ("asleep", "monotonic", "printk", "realtime")

    def __init__(self, monotonic: int, realtime: int, asleep: int, printk: int) -> None:
        self.monotonic = monotonic
        self.realtime = realtime
        self.asleep = asleep
        self.printk = printk

    @property
    def uptime(self) -> int:
        """CLOCK_BOOTTIME: the first number of /proc/uptime, in ns."""
        return self.monotonic + self.asleep

    @property
    def drift(self) -> int:
        """How far the printk clock is behind the timekeeper, in ns."""
        return self.monotonic - self.printk

    def is_a_steady_drift(self) -> bool:
        """Return whether the clocks ran at different rates. Otherwise one of them jumped."""
        return abs(self.drift) <= MAX_EARLY_OFFSET + MAX_DRIFT * self.printk

    def realtime_of(self, ts_nsec: int) -> int:
        """Return the wall-clock time (ns since 1970) of a time of the printk clock, by the wall clock at the end.

        Times before the machine slept need date_of() of LogDates.
        """
        since = ts_nsec
        if self.is_a_steady_drift() and self.printk:
            since += self.drift * ts_nsec // self.printk
        else:
            since += self.drift
        return self.realtime - self.monotonic + since


def clocks() -> Clocks:
    """Return the kernel's clocks at the last update of ``struct timekeeper``, which a tick does."""
    keeper = timekeeper()
    base = keeper.tkr_mono
    monotonic = int(base.base) + (int(base.xtime_nsec) >> int(base.shift))
    printk = _printk_clock(base, monotonic)
    return Clocks(monotonic, monotonic + int(keeper.offs_real), int(keeper.offs_boot), printk)


def _printk_clock(base: StructResult, monotonic: int) -> int:
    """Return local_clock() at the last update of a ``struct tk_read_base``, whose time was ``monotonic``.

    kernel/sched/clock.c: an unstable clock follows the timekeeper with a constant offset. A stable one is sched_clock()
    with an offset; on x86 it can be computed from the counter that the timekeeper has read. Otherwise the newest
    ``rq->clock`` comes nearest. It may be much later if the CPU that keeps the time was stuck.
    """
    if symbol_exists("__sched_clock_stable"):
        if not int(readSymbol("__sched_clock_stable").key.enabled.counter):
            return monotonic + readS64(sym2addr("__gtod_offset"))
        if str(base.clock.name) == "tsc" and _sched_clock_is_tsc():
            return _of_tsc(int(base.cycle_last)) + readS64(sym2addr("__sched_clock_offset"))
    return max((int(queue.clock) for queue in runqueues().values()), default=monotonic)


def _sched_clock_is_tsc() -> bool:
    """Return whether sched_clock() reads the TSC, and not a clock of the hypervisor (arch/x86/kernel/tsc.c)."""
    if not symbol_exists("cyc2ns"):
        return False
    # Commit a0e2bf7cb700 ("x86/paravirt: Switch time pvops functions to use static_call()", v5.12).
    key = sym2addr("__SCK__pv_sched_clock")
    if key:
        return addr2sym(readPtr(key)) == "native_sched_clock"
    if not symbol_exists("pv_ops"):  # a kernel without CONFIG_PARAVIRT
        return True
    return addr2sym(int(readSymbol("pv_ops").time.sched_clock)) == "native_sched_clock"


def _of_tsc(cycles: int) -> int:
    """Return native_sched_clock() in ns for a count of cycles: cycles * mul >> shift, plus an offset."""
    data = readSU("struct cyc2ns", get_cpu_var("cyc2ns")[0]).data[0]
    nanoseconds = (cycles * int(data.cyc2ns_mul) >> int(data.cyc2ns_shift)) + int(data.cyc2ns_offset)
    return nanoseconds & ((1 << 64) - 1)


class LogDates:
    """Converts times of the log to wall-clock times, also on a machine that slept.

    ``lines`` are (ts_nsec, text) of the log. The kernel keeps only the sum of all sleeps. If it slept more than once,
    nobody can tell the dates of the lines between the first sleep and the last one.
    """

    def __init__(self, now: Clocks, lines: Iterable[tuple[int, str]] = ()) -> None:
        self._now = now
        self._edges: dict[str, list[int]] = {"entry": [], "exit": []}
        if now.asleep:
            for ts_nsec, text in lines:
                match = SLEEP.match(text)
                if match:
                    self._edges[match["edge"]].append(ts_nsec)

    def date_of(self, ts_nsec: int) -> int | None:
        """Return the wall-clock time (ns since 1970) of a time of the printk clock, None if it cannot be told."""
        date = self._now.realtime_of(ts_nsec)
        before, after = self._edges["entry"], self._edges["exit"]
        if not self._now.asleep or bisect_right(after, ts_nsec) == len(after):
            return date
        return None if bisect_left(before, ts_nsec) else date - self._now.asleep
