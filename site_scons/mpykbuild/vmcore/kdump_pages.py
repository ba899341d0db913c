# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the pages of a kdump-compressed file, and write a copy that lacks some of them.

The layout is that of makedumpfile's IMPLEMENTATION file: the header, the sub-header, two bitmaps (pages that exist,
pages that are in the dump), and a descriptor for each bit of the second one. Each block is a page, as reblock.py makes
them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore import kdump
from mpykbuild.vmcore.reblock import DESCRIPTOR, GEOMETRY, ZLIB

# The place of dump_level in struct kdump_sub_header.
DUMP_LEVEL_OFFSET = 8
# QEMU stores all pages of zeros once, so a page that was read is likely to be read again.
KEPT_PAGES = 4096


class KdumpPages:
    """The pages of a dump, by frame number. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        header = self._file.read(kdump.BLOCK_SIZE_OFFSET + GEOMETRY.size)
        self.page_size, sub_blocks, bitmap_blocks, _ = GEOMETRY.unpack_from(header, kdump.BLOCK_SIZE_OFFSET)
        self.sub_header = self.page_size
        half = bitmap_blocks // 2 * self.page_size
        self.bitmap_place = self.page_size * (1 + sub_blocks) + half
        self._file.seek(self.bitmap_place)
        self.bitmap = self._file.read(half)
        self.descriptors = {frame: self._file.read(DESCRIPTOR.size) for frame in self._frames()}
        self._kept: dict[bytes, bytes] = {}

    def _frames(self) -> Iterator[int]:
        for place, byte in enumerate(self.bitmap):
            yield from (place * 8 + bit for bit in range(8) if byte >> bit & 1)

    def __enter__(self) -> KdumpPages:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def page(self, frame: int) -> bytes:
        """Return the content of a page. Raises BuildError if the dump does not have it."""
        row = self.descriptors.get(frame)
        if row is None:
            raise BuildError(f"The dump {self.path} has no page {frame:#x}.")
        if row not in self._kept:
            if len(self._kept) >= KEPT_PAGES:
                self._kept.clear()
            stored, flags = self.stored(row)
            self._kept[row] = zlib.decompress(stored) if flags & ZLIB else stored
        return self._kept[row]

    def stored(self, row: bytes) -> tuple[bytes, int]:
        """Return the bytes of a page as they are in the file, and the flags of its descriptor."""
        offset, size, flags, _ = DESCRIPTOR.unpack(row)
        self._file.seek(offset)
        return self._file.read(size), flags

    def write_without(self, out: Path, drop: Callable[[int], bool], dump_level: int) -> int:
        """Write ``out``, a copy without the pages for which ``drop(frame)`` is true. Return how many these are.

        ``dump_level`` is what the copy's header says about the pages that are left out.
        """
        kept = [frame for frame in self.descriptors if not drop(frame)]
        bitmap = bytearray(len(self.bitmap))
        for frame in kept:
            bitmap[frame // 8] |= 1 << frame % 8
        with out.open("wb") as target:
            self._file.seek(0)
            target.write(self._file.read(self.bitmap_place))
            target.write(bitmap)
            self._write_pages(target, kept)
            target.seek(self.sub_header + DUMP_LEVEL_OFFSET)
            target.write(struct.pack("<i", dump_level))
        return len(self.descriptors) - len(kept)

    def _write_pages(self, target: BinaryIO, kept: list[int]) -> None:
        """Write the descriptors and behind them the pages. Pages with the same descriptor are written once."""
        begin = target.tell()
        place = begin + len(kept) * DESCRIPTOR.size
        target.seek(place)
        moved: dict[bytes, bytes] = {}
        for row in (self.descriptors[frame] for frame in kept):
            if row not in moved:
                _, size, flags, page_flags = DESCRIPTOR.unpack(row)
                target.write(self.stored(row)[0])
                moved[row] = DESCRIPTOR.pack(place, size, flags, page_flags)
                place += size
        target.seek(begin)
        target.write(b"".join(moved[self.descriptors[frame]] for frame in kept))
