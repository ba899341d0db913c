# SPDX-License-Identifier: GPL-3.0-or-later
"""C integers: sizes, masks and conversions for the machine of the dump."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# On all Linux ports int has 4 bytes and long is as wide as a pointer. A crash reads dumps of its own width only.
INT_SIZE = 4
LONG_SIZE = PTR_SIZE = pointersize = 8 if sys.maxsize > 2**32 else 4
BITS_PER_INT, BITS_PER_LONG = 8 * INT_SIZE, 8 * LONG_SIZE
INT_MASK, LONG_MASK = (1 << BITS_PER_INT) - 1, (1 << BITS_PER_LONG) - 1
INT_MAX, LONG_MAX = INT_MASK >> 1, LONG_MASK >> 1


def unsigned16(i: int) -> int:
    """Return ``i`` converted to u16."""
    return i & 0xFFFF


def unsigned32(i: int) -> int:
    """Return ``i`` converted to u32."""
    return i & 0xFFFFFFFF


def unsigned64(i: int) -> int:
    """Return ``i`` converted to u64."""
    return i & 0xFFFFFFFFFFFFFFFF


def uInt(i: int) -> int:
    """Return ``i`` converted to an unsigned int of the dump."""
    return i & INT_MASK


def uLong(i: int) -> int:
    """Return ``i`` converted to an unsigned long of the dump."""
    return i & LONG_MASK


def ALIGN(addr: int, align: int) -> int:
    """Return ``addr`` rounded up to a multiple of ``align``, which is a power of two."""
    return (addr + align - 1) & ~(align - 1)


def atomic_t(o: Any) -> Any:
    """Return ``o.counter`` of an ``atomic_t`` or a similar struct; any other object is returned unchanged."""
    try:
        return o.counter
    except (KeyError, AttributeError):
        return o
