# SPDX-License-Identifier: GPL-3.0-or-later
"""Take pages out of a kdump-compressed dump, as makedumpfile does when it excludes them.

The layout is that of makedumpfile's IMPLEMENTATION file: the header, the sub-header, two bitmaps (pages that exist,
pages that are in the dump), and a descriptor for each bit of the second one.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Collection
from pathlib import Path

BLOCK_SIZE_OFFSET = 428
DESCRIPTOR_SIZE = 24


def without_pages(dump: Path, out: Path, frames: Collection[int]) -> int:
    """Copy ``dump`` to ``out`` without the pages of these frame numbers. Return how many pages were removed."""
    shutil.copyfile(dump, out)
    with out.open("r+b") as file:
        file.seek(BLOCK_SIZE_OFFSET)
        block, sub_header, bitmaps = struct.unpack("<iiI", file.read(12))
        bitmap_at, size = (1 + sub_header) * block + bitmaps // 2 * block, bitmaps // 2 * block
        file.seek(bitmap_at)
        bitmap = bytearray(file.read(size))
        there = sorted(frame for frame in frames if bitmap[frame // 8] >> frame % 8 & 1)
        count = int.from_bytes(bitmap, "little").bit_count()
        table = bytearray(file.read(count * DESCRIPTOR_SIZE))
        for frame in reversed(there):
            before = int.from_bytes(bitmap[: frame // 8], "little").bit_count()
            before += (bitmap[frame // 8] & (1 << frame % 8) - 1).bit_count()
            del table[before * DESCRIPTOR_SIZE : (before + 1) * DESCRIPTOR_SIZE]
            bitmap[frame // 8] &= ~(1 << frame % 8)
        file.seek(bitmap_at)
        file.write(bytes(bitmap) + bytes(table))
    return len(there)
