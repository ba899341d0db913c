# SPDX-License-Identifier: GPL-3.0-or-later
"""Bitmaps of ``unsigned long``, such as ``struct cpumask``, and sets of numbers as text."""

from __future__ import annotations

import sys

from crash import Addr, readmem

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.percpu import possible_cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from crash import StructResult

WORD_BITS = 8 * PTR_SIZE


def set_bits(bitmap: bytes) -> list[int]:
    """Return the numbers of the bits that are set in the bytes of an ``unsigned long []``, in ascending order."""
    numbers = []
    for start in range(0, len(bitmap), PTR_SIZE):
        word = int.from_bytes(bitmap[start : start + PTR_SIZE], sys.byteorder)
        base = 8 * start
        while word:
            lowest = word & -word
            numbers.append(base + lowest.bit_length() - 1)
            word ^= lowest
    return numbers


def cpumask_cpus(address: int) -> list[int]:
    """Return the CPUs in a ``struct cpumask *``; [] for NULL."""
    if not address:
        return []
    # A mask that was allocated ends with the last possible CPU; struct cpumask has room for CONFIG_NR_CPUS.
    last = max(possible_cpus())
    raw = readmem(int(address), (last // WORD_BITS + 1) * PTR_SIZE)
    if len(raw) == PTR_SIZE:  # the usual machine: leave out what an allocated mask has no room for
        raw = (int.from_bytes(raw, sys.byteorder) & ((2 << last) - 1)).to_bytes(PTR_SIZE, sys.byteorder)
    return [cpu for cpu in set_bits(raw) if cpu <= last]


def cpumask_member(owner: StructResult, name: str) -> list[int]:
    """Return the CPUs in the member ``cpumask_var_t name`` of a struct; [] if the struct has no such member.

    A cpumask_var_t is a pointer with CONFIG_CPUMASK_OFFSTACK, and an array of one mask without it.
    """
    if not owner.hasField(name):
        return []
    mask = getattr(owner, name)
    return cpumask_cpus(mask if isinstance(mask, int) else Addr(owner, name))


def ranges_text(numbers: Iterable[int]) -> str:
    """Return ascending numbers as the kernel's %*pbl does: "0-3,8"."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)
