# SPDX-License-Identifier: GPL-3.0-or-later
"""Integers as C sees them: sizes and masks of the dump's machine."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# All Linux ports have 4-byte ints, and long is as wide as a pointer; crash is always as wide as its dump.
INT_SIZE = 4
LONG_SIZE = PTR_SIZE = pointersize = 8 if sys.maxsize > 2**32 else 4
BITS_PER_INT, BITS_PER_LONG = 8 * INT_SIZE, 8 * LONG_SIZE
INT_MASK, LONG_MASK = (1 << BITS_PER_INT) - 1, (1 << BITS_PER_LONG) - 1
INT_MAX, LONG_MAX = INT_MASK >> 1, LONG_MASK >> 1


def unsigned16(i: int) -> int:
    """``i`` as a u16."""
    return i & 0xFFFF


def unsigned32(i: int) -> int:
    """``i`` as a u32."""
    return i & 0xFFFFFFFF


def unsigned64(i: int) -> int:
    """``i`` as a u64."""
    return i & 0xFFFFFFFFFFFFFFFF


def uInt(i: int) -> int:
    """``i`` as an unsigned int of the dump."""
    return i & INT_MASK


def uLong(i: int) -> int:
    """``i`` as an unsigned long of the dump."""
    return i & LONG_MASK


def ALIGN(addr: int, align: int) -> int:
    """``addr`` rounded up to a multiple of ``align`` (a power of two)."""
    return (addr + align - 1) & ~(align - 1)


def atomic_t(o: Any) -> Any:
    """``o.counter`` of an atomic_t; what is no atomic is returned as it is."""
    try:
        return o.counter
    except (KeyError, AttributeError):
        return o
