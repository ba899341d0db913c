# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks of BTF made by hand, for tests of its reader."""

from __future__ import annotations

import struct
from collections.abc import Iterable

INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST = range(1, 11)
FUNC_PROTO, FLOAT, TYPE_TAG, ENUM64 = 13, 16, 18, 19
SIGNED, BOOL = 1, 4


class Blob:
    """A block of BTF. Each method adds a type and returns its number. ``order`` is "<" or ">"."""

    def __init__(self, base: Blob | None = None, order: str = "<") -> None:
        self.order = base.order if base else order
        self.strings = b"" if base else b"\0"
        self.types = b""
        self._string_start = base.string_end if base else 0
        self.next = base.next if base else 1

    @property
    def string_end(self) -> int:
        return self._string_start + len(self.strings)

    def words(self, *words: int) -> bytes:
        return struct.pack(f"{self.order}{len(words)}I", *words)

    def string(self, text: str) -> int:
        if not text:
            return 0
        offset = self.string_end
        self.strings += text.encode() + b"\0"
        return offset

    def add(self, kind: int, name: str = "", size: int = 0, count: int = 0, flag: int = 0, extra: bytes = b"") -> int:
        info = flag << 31 | kind << 24 | count
        self.types += self.words(self.string(name), info, size) + extra
        self.next += 1
        return self.next - 1

    def integer(self, name: str, size: int, encoding: int = 0, bits: int | None = None) -> int:
        word = encoding << 24 | (8 * size if bits is None else bits)
        return self.add(INT, name, size, extra=self.words(word))

    def members(
        self, kind: int, name: str, size: int, members: Iterable[tuple[str, int, int, int]], flag: int = 1
    ) -> int:
        """Add a struct or union; members are (name, type, bit offset, bit size)."""
        rows = [self.words(self.string(n), t, offset | bits << 24) for n, t, offset, bits in members]
        return self.add(kind, name, size, len(rows), flag, b"".join(rows))

    def enum(self, name: str, values: dict[str, int], wide: bool = False, signed: bool = False) -> int:
        rows = [
            self.words(self.string(n), v & 2**32 - 1, *([v >> 32 & 2**32 - 1] if wide else []))
            for n, v in values.items()
        ]
        return self.add(ENUM64 if wide else ENUM, name, 8 if wide else 4, len(rows), int(signed), b"".join(rows))

    def array(self, target: int, elements: int) -> int:
        return self.add(ARRAY, extra=self.words(target, 1, elements))

    def function(self, result: int, parameters: Iterable[tuple[str, int]]) -> int:
        rows = [self.words(self.string(n), t) for n, t in parameters]
        return self.add(FUNC_PROTO, "", result, len(rows), extra=b"".join(rows))

    def bytes(self, header_size: int = 24) -> bytes:
        """Return the block. A ``header_size`` above 24 means a kernel that is newer than the reader."""
        lengths = (header_size, 0, len(self.types), len(self.types), len(self.strings))
        header = struct.pack(f"{self.order}HBB", 0xEB9F, 1, 0) + self.words(*lengths)
        return header.ljust(header_size, b"\0") + self.types + self.strings
