# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's tick rate, which is also ``crash.HZ``, and times as text."""

from __future__ import annotations

import crash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NANOSECONDS = 1_000_000_000
# kernel/Kconfig.hz, arch/arm/Kconfig
USUAL_RATES = (100, 200, 250, 300, 500, 1000)
MAX_ADJUSTMENT = 0.02


def kernel_hz() -> int:
    """Return the ticks in a second, CONFIG_HZ.

    crash assumes 1000 on most machines if the kernel contains no copy of its configuration (CONFIG_IKCONFIG).
    """
    tick = _tick_nanoseconds()
    if not tick:
        return int(crash.sysfacts()["hz"])
    nearest = min(USUAL_RATES, key=lambda rate: abs(rate * tick - NANOSECONDS))
    # adjtimex() lengthens or shortens the tick a little.
    return nearest if abs(nearest * tick - NANOSECONDS) < MAX_ADJUSTMENT * NANOSECONDS else round(NANOSECONDS / tick)


def _tick_nanoseconds() -> int:
    """Return the length of a tick in ns, 0 if the dump does not tell."""
    try:
        # unsigned long tick_nsec (kernel/time/ntp.c), which needs no type information
        address = crash.sym2addr("tick_nsec")
        if address:
            return int(crash.readPtr(address))
        # The newest kernels have no tick_nsec. The clocksource "jiffies" (kernel/time/jiffies.c) has mult >> shift.
        source = crash.sym2addr("clocksource_jiffies")
        offsets = [crash.member_offset("struct clocksource", member) for member in ("mult", "shift")]
        if source and min(offsets) >= 0:
            mult, shift = (crash.readU32(source + offset) for offset in offsets)
            return mult >> shift
    except (crash.error, ValueError):  # minimal mode, or a damaged dump
        pass
    return 0


def install() -> None:
    """Let ``crash.HZ`` be the kernel's rate. The dump is read when a program asks for it."""
    names = vars(crash)

    def look_up(name: str) -> Any:
        if name == "HZ":
            return names.setdefault("HZ", kernel_hz())
        if name == "__all__":  # from crash import *
            return [public for public in (*names, "HZ") if not public.startswith("_")]
        raise AttributeError(f"module 'crash' has no attribute {name!r}")

    names["__getattr__"] = look_up


def ms2uptime(ms: float) -> str:
    """Return milliseconds as "3 days, 01:02:03"; less than a day gives "01:02:03"."""
    minutes, seconds = divmod(int(ms) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return (f"{days} days, " if days else "") + f"{hours:02d}:{minutes:02d}:{seconds:02d}"
