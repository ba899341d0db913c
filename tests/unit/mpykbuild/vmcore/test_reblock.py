# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps with large blocks are rewritten with blocks of pages. The dumps are made by hand and read by this test."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore import kdump, reblock

BLOCK, PAGE = 16384, 4096
INFO = b"OSRELEASE=6.12.1-test\nPAGESIZE=4096\n"
NOTE = b"a note"
NOISE = random.Random(1).randbytes(BLOCK)
# The content of the memory, by block. A block that is None is not in the dump.
BLOCKS = [None, NOISE, (b"text " * 4000)[:BLOCK], bytes(BLOCK), None, NOISE[:PAGE] + bytes(PAGE) * 3, bytes(BLOCK)]


def bitmap(numbers: list[int], size: int) -> bytes:
    """Return a bitmap in the dump's format: the lowest bit of a byte comes first."""
    whole = sum(1 << number for number in numbers)
    return whole.to_bytes(size, "little")


def large_dump(path: Path, info: bytes = INFO) -> Path:
    """Write a kdump file as QEMU does: a block of header, a block of sub-header and notes, two bitmaps, pages."""
    header = bytearray(BLOCK)
    header[:12] = b"KDUMP   " + struct.pack("<i", 6)
    struct.pack_into("<iiiI", header, 428, BLOCK, 1, 2, len(BLOCKS))
    sub = bytearray(BLOCK)
    struct.pack_into("<QiiQQQQQQ", sub, 0, 0x1234, 1, 0, 0, 0, BLOCK + 200, len(info), BLOCK + 104, len(NOTE))
    struct.pack_into("<Q", sub, 96, len(BLOCKS))
    sub[104 : 104 + len(NOTE)] = NOTE
    sub[200 : 200 + len(info)] = info
    there = [number for number, block in enumerate(BLOCKS) if block is not None]
    rows, data, place, zeros = b"", b"", 4 * BLOCK + 24 * len(there), b""
    for number in there:
        content = BLOCKS[number] or b""
        packed = zlib.compress(content)[:BLOCK]
        flags = 1 if len(packed) < BLOCK else 0
        packed = packed if flags else content
        row = struct.pack("<QIIQ", place + len(data), len(packed), flags, 0)
        if content == bytes(BLOCK):
            if zeros:  # QEMU stores all blocks of zeros once
                rows += zeros
                continue
            zeros = row
        rows, data = rows + row, data + packed
    path.write_bytes(bytes(header) + sub + bitmap(there, BLOCK) * 2 + rows + data)
    return path


def read_pages(path: Path) -> dict[int, bytes]:
    """Return all pages of a kdump file by their numbers."""
    data = path.read_bytes()
    block, sub_blocks, bitmap_blocks, max_mapnr = struct.unpack_from("<iiiI", data, 428)
    half = block * bitmap_blocks // 2
    start = block * (1 + sub_blocks)
    first, second = data[start : start + half], data[start + half : start + 2 * half]
    assert first == second
    numbers = [n for n in range(half * 8) if second[n // 8] >> n % 8 & 1]
    assert all(number < max_mapnr for number in numbers)
    pages = {}
    for index, number in enumerate(numbers):
        offset, size, flags, _ = struct.unpack_from("<QIIQ", data, start + 2 * half + 24 * index)
        piece = data[offset : offset + size]
        pages[number] = zlib.decompress(piece) if flags & 1 else piece
        assert len(pages[number]) == block
    return pages


def test_the_rewritten_dump_has_the_same_memory(tmp_path: Path) -> None:
    dump = large_dump(tmp_path / "vmcore")
    reblock.reblock(dump)
    data = dump.read_bytes()
    assert struct.unpack_from("<iiiI", data, 428) == (PAGE, 1, 2, 28)
    expected = {
        4 * number + part: block[part * PAGE : (part + 1) * PAGE]
        for number, block in enumerate(BLOCKS)
        if block is not None
        for part in range(4)
    }
    assert read_pages(dump) == expected
    assert list(tmp_path.iterdir()) == [dump]


def test_the_sub_header_still_has_its_notes(tmp_path: Path) -> None:
    dump = large_dump(tmp_path / "vmcore")
    reblock.reblock(dump)
    assert kdump.vmcoreinfo(dump) == {"OSRELEASE": "6.12.1-test", "PAGESIZE": "4096"}
    data = dump.read_bytes()
    (phys_base,) = struct.unpack_from("<Q", data, PAGE)
    offset, size = struct.unpack_from("<QQ", data, PAGE + 48)
    (max_mapnr,) = struct.unpack_from("<Q", data, PAGE + 96)
    assert (phys_base, data[offset : offset + size], max_mapnr) == (0x1234, NOTE, 28)


@pytest.mark.parametrize("info", [b"PAGESIZE=16384\n", b"OSRELEASE=x\n"], ids=["pages already", "unknown"])
def test_other_dumps_are_not_changed(tmp_path: Path, info: bytes) -> None:
    dump = large_dump(tmp_path / "vmcore", info)
    before = dump.read_bytes()
    reblock.reblock(dump)
    assert dump.read_bytes() == before


def test_blocks_that_are_not_whole_pages(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="blocks of 16384 bytes, which are not whole pages of 3000"):
        reblock.reblock(large_dump(tmp_path / "vmcore", b"PAGESIZE=3000\n"))


def test_a_block_of_another_size(tmp_path: Path) -> None:
    dump = large_dump(tmp_path / "vmcore")
    data = bytearray(dump.read_bytes())
    struct.pack_into("<I", data, 4 * BLOCK + 8, BLOCK - 1)
    dump.write_bytes(data)
    with pytest.raises(BuildError, match="has 16383 bytes instead of 16384"):
        reblock.reblock(dump)
