# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a stack, and the registers that the kernel has saved among them."""

from __future__ import annotations

from operator import itemgetter

from crash import PAGESIZE, error, readmem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WORD = 8
USER_MODE = 3  # the privilege level in a code segment's selector
_SELECTORS = ("cs", "ss")  # 16 bits each


class Broken(Exception):
    """The stack cannot be followed further; the text says why."""


class Words:
    """The words of a stack between two addresses."""

    __slots__ = ("data", "high", "low")

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.data = memoryview(read_available(low, high)).cast("Q")
        self.high = low + WORD * len(self.data)

    def at(self, address: int) -> int:
        """Return the word at an address. Raises Broken if it is not on the stack, or not in the dump."""
        if not self.low <= address < self.high or address % WORD:
            raise Broken(f"{address:#x} is not on the part of the stack that is in the dump")
        return self.data[(address - self.low) // WORD]

    def several(self, address: int, count: int) -> memoryview:
        """Return ``count`` words from an address on. Raises Broken."""
        self.at(address)
        self.at(address + WORD * (count - 1))
        first = (address - self.low) // WORD
        return self.data[first : first + count]


def read_available(low: int, high: int) -> bytes:
    """Read a stack, or its beginning if a page is not in the dump."""
    try:
        return readmem(low, high - low)
    except (error, IndexError):
        end = (low // PAGESIZE + 1) * PAGESIZE
        return readmem(low, end - low) + read_available(end, high) if end < high else b""


class SavedRegisters:
    """A frame of words that are registers. ``rows`` are (name, offset in bytes) of its members.

    All are read at once, because nearly each stack begins and ends with such a frame.
    """

    def __init__(self, rows: Iterable[tuple[str, int]]) -> None:
        found = dict(rows)
        self._names = tuple(found)
        self._first = min(found.values())
        self._count = (max(found.values()) - self._first) // WORD + 1
        places = [(offset - self._first) // WORD for offset in found.values()]
        self._pick: Callable[[memoryview], Iterable[int]] = (
            itemgetter(*places) if places[1:] else lambda words: [words[places[0]]]
        )
        self._selectors = [name for name in _SELECTORS if name in found]
        self._cs = (found["cs"] - self._first) // WORD if "cs" in found else 0

    def read(self, words: Words, start: int) -> dict[str, int]:
        """Return {name: value} of the frame at an address. Raises Broken."""
        found = dict(zip(self._names, self._pick(words.several(start + self._first, self._count))))
        for name in self._selectors:
            found[name] &= 0xFFFF
        return found

    def is_user(self, words: Words, start: int) -> bool:
        """Return whether the frame at an address has the registers of a user program. Raises Broken, as read() does."""
        return words.several(start + self._first, self._count)[self._cs] & USER_MODE == USER_MODE

    def extent(self, words: Words, start: int) -> tuple[int, int]:
        """Return (index of the code segment, index behind the last register) among the words of a stack."""
        first = (start + self._first - words.low) // WORD
        return first + self._cs, first + self._count
