# SPDX-License-Identifier: GPL-3.0-or-later
"""Times of sockets, neighbours and devices: jiffies, relative to the moment of the dump."""

from __future__ import annotations

from crash import HZ

from pykdump.c_integers import BITS_PER_LONG, LONG_MASK
from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.clock import jiffies

U32 = 0xFFFFFFFF


@memoize_cond(CU_LIVE)
def now() -> int:
    """Return the jiffies of the dump."""
    return jiffies() & LONG_MASK


def seconds_until(expiry: int) -> float:
    """Return the seconds from the dump to ``unsigned long expiry`` in jiffies; negative if that is over."""
    difference = (int(expiry) - now()) & LONG_MASK
    if difference >> (BITS_PER_LONG - 1):
        difference -= LONG_MASK + 1
    return difference / HZ


def seconds_since(stamp: int) -> float:
    """Return the seconds from ``unsigned long stamp`` in jiffies to the dump."""
    return -seconds_until(stamp)


def ms_since(stamp: int) -> int | None:
    """Return the milliseconds since ``u32 stamp``, the low bits of jiffies. None if it is 0: it was never set."""
    return ((now() - int(stamp)) & U32) * 1000 // HZ if stamp else None
