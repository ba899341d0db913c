# SPDX-License-Identifier: GPL-3.0-or-later
"""Rewrite a kdump file so that its blocks have the size of the kernel's pages.

If an architecture has several page sizes, QEMU writes blocks of the largest size (64 KiB on arm64), even if the kernel
uses smaller pages. crash can read such dumps. Other readers, also ours, expect that a block is a page.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore import kdump

# struct disk_dump_header from its block_size on: block_size, sub_hdr_size, bitmap_blocks, max_mapnr.
GEOMETRY = struct.Struct("<iiiI")
# struct kdump_sub_header: offset_vmcoreinfo and offset_note are offsets in the file, max_mapnr_64 is in pages.
OFFSETS_IN_FILE = (32, 48)
MAX_MAPNR_64 = 96
SUB_HEADER_SIZE = 104
# struct page_desc: offset, size, flags, page_flags.
DESCRIPTOR = struct.Struct("<QIIQ")
ZLIB = 1
LEVEL = 1


@dataclass(frozen=True)
class _Layout:
    """The sizes in a dump's header. ``block`` and the properties are in bytes, the others in blocks."""

    block: int
    sub_blocks: int
    bitmap_blocks: int
    max_mapnr: int

    @property
    def bitmaps(self) -> int:
        return self.block * (1 + self.sub_blocks)

    @property
    def descriptors(self) -> int:
        return self.bitmaps + self.block * self.bitmap_blocks


def reblock(path: Path) -> None:
    """Rewrite the dump ``path`` with blocks of the page size in its vmcoreinfo, unless they have that size already.

    Raises BuildError if its blocks are not whole pages.
    """
    page = int(kdump.vmcoreinfo(path).get("PAGESIZE", "0"))
    with path.open("rb") as source:
        header = source.read(kdump.BLOCK_SIZE_OFFSET + GEOMETRY.size)
        old = _Layout(*GEOMETRY.unpack_from(header, kdump.BLOCK_SIZE_OFFSET))
        if page in (0, old.block):
            return
        if old.block % page or page % 8:
            raise BuildError(
                f"The dump {path} has blocks of {old.block} bytes, which are not whole pages of {page} bytes."
            )
        fresh = path.with_name(path.name + ".reblocked")
        with fresh.open("wb") as target:
            _rewrite(source, target, old, page)
    fresh.replace(path)


def _rewrite(source: BinaryIO, target: BinaryIO, old: _Layout, page: int) -> None:
    pages_per_block = old.block // page
    source.seek(0)
    header = bytearray(source.read(page))
    sub = _sub_header(source, old, page, pages_per_block)
    source.seek(old.bitmaps)
    half = old.block * old.bitmap_blocks // 2
    bitmaps = [_repeat_bits(source.read(half), pages_per_block, old.max_mapnr, page) for _ in range(2)]
    new = _Layout(page, len(sub) // page, sum(map(len, bitmaps)) // page, old.max_mapnr * pages_per_block)
    GEOMETRY.pack_into(header, kdump.BLOCK_SIZE_OFFSET, new.block, new.sub_blocks, new.bitmap_blocks, new.max_mapnr)
    target.write(bytes(header) + sub + b"".join(bitmaps))
    count = sum(byte.bit_count() for byte in bitmaps[1]) // pages_per_block
    _rewrite_pages(source, target, old, new, count)


def _sub_header(source: BinaryIO, old: _Layout, page: int, pages_per_block: int) -> bytes:
    """Return the new sub-header with the notes behind it, filled up to whole blocks."""
    source.seek(old.block)
    sub = bytearray(source.read(old.block * old.sub_blocks))
    end = SUB_HEADER_SIZE
    for place in OFFSETS_IN_FILE:
        offset, size = struct.unpack_from("<QQ", sub, place)
        if offset:
            end = max(end, offset - old.block + size)
            struct.pack_into("<Q", sub, place, offset - old.block + page)
    (max_mapnr,) = struct.unpack_from("<Q", sub, MAX_MAPNR_64)
    struct.pack_into("<Q", sub, MAX_MAPNR_64, max_mapnr * pages_per_block)
    return bytes(sub[:end]) + bytes(-end % page)


def _repeat_bits(bitmap: bytes, pages_per_block: int, bits: int, page: int) -> bytes:
    """Return the bitmap with each bit repeated ``pages_per_block`` times, filled up to whole blocks.

    ``bits`` is the number of bits to repeat, ``page`` the size of the new blocks.
    """
    unit = (1 << pages_per_block) - 1
    pieces = bytearray()
    for place, byte in enumerate(bitmap[: (bits + 7) // 8]):
        number = sum(unit << bit * pages_per_block for bit in range(8) if byte >> bit & 1 and place * 8 + bit < bits)
        pieces += number.to_bytes(pages_per_block, "little")
    return bytes(pieces) + bytes(-len(pieces) % page)


def _rewrite_pages(source: BinaryIO, target: BinaryIO, old: _Layout, new: _Layout, count: int) -> None:
    """Leave space for the descriptors, write the pages of ``count`` blocks behind it, then write the descriptors."""
    source.seek(old.descriptors)
    rows = source.read(count * DESCRIPTOR.size)
    written = bytearray()
    done: dict[bytes, bytes] = {}  # QEMU stores all blocks of zeros once, with the same descriptor
    place = new.descriptors + count * (old.block // new.block) * DESCRIPTOR.size
    target.seek(place)
    for start in range(0, len(rows), DESCRIPTOR.size):
        row = rows[start : start + DESCRIPTOR.size]
        if row not in done:
            done[row] = _rewrite_block(source, target, row, old.block, new.block)
        written += done[row]
    target.seek(new.descriptors)
    target.write(written)


def _rewrite_block(source: BinaryIO, target: BinaryIO, row: bytes, block: int, page: int) -> bytes:
    """Write the pages of one block at the end of ``target`` and return their descriptors."""
    offset, size, flags, page_flags = DESCRIPTOR.unpack(row)
    source.seek(offset)
    data = source.read(size)
    if flags & ZLIB:
        data = zlib.decompress(data)
    if len(data) != block:
        raise BuildError(f"A block of the dump {source.name} has {len(data)} bytes instead of {block}.")
    rows = b""
    kept: dict[bytes, bytes] = {}
    for start in range(0, block, page):
        piece = data[start : start + page]
        if piece not in kept:
            packed = zlib.compress(piece, LEVEL)
            packed, how = (packed, ZLIB) if len(packed) < page else (piece, 0)
            kept[piece] = DESCRIPTOR.pack(target.tell(), len(packed), how, page_flags)
            target.write(packed)
        rows += kept[piece]
    return rows
