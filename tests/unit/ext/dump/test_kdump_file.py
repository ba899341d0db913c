# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/dump/kdump_file.c over dumps made by hand: every form of a page, and files that are broken or not for us."""

from __future__ import annotations

import random
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support import cprobe
from support.libdeflate import built_libdeflate

PAGE = 4096
RAW, ZLIB, LZO, ZSTD = 0, 1, 2, 0x20
Probe = Callable[..., "dict[int, bytes | None] | None"]


@dataclass
class Dump:
    """A kdump-compressed dump; ``pages``: how each page number is stored, (flags, content)."""

    pages: Mapping[int, tuple[int, bytes]]
    size: int = PAGE
    version: int = 6
    split: int = 0
    end: int = 0
    signature: bytes = b"KDUMP   "
    one_bitmap: bool = False
    not_ram: frozenset[int] = frozenset()
    without_offset: frozenset[int] = frozenset()
    sub_blocks: int = field(default=2)

    def bitmap(self, numbers: set[int], blocks: int) -> bytes:
        bits = bytearray(blocks * self.size)
        for number in numbers:
            bits[number // 8] |= 1 << number % 8
        return bytes(bits)

    def header(self, end: int, blocks: int) -> bytes:
        head = self.signature + struct.pack("=i390x6xqq", self.version, 0, 0)
        old_end = end if self.version < 6 else 0
        head += struct.pack("=IiiII", 0, self.size, self.sub_blocks, blocks, old_end)
        new_end = end if self.version >= 6 else 0
        sub = struct.pack("=QiiQQ48xQQQ", 0, 31, self.split, 0, 0, 0, 0, new_end)
        return head.ljust(self.size, b"\0") + sub.ljust(self.size * self.sub_blocks, b"\0")

    def file(self) -> bytes:
        end = self.end or max(self.pages) + 1
        half = (end + 8 * self.size - 1) // (8 * self.size)
        ram = self.bitmap(set(self.pages) - self.not_ram, half)
        both = ram if self.one_bitmap else ram + self.bitmap(set(self.pages), half)
        head = self.header(end, len(both) // self.size) + both
        at = len(head) + 24 * len(self.pages)
        descriptors, data = b"", b""
        for number in sorted(self.pages):
            flags, content = self.pages[number]
            offset = 0 if number in self.without_offset else at + len(data)
            descriptors += struct.pack("=qIIQ", offset, len(content), flags, 0)
            data += content
        return head + descriptors + data


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Probe:
    """``probe(file, numbers, size) -> {number: page or None}``; None when the file is refused."""
    libdeflate = built_libdeflate()
    folder = tmp_path_factory.mktemp("kdump")
    library = ["-isystem", str(libdeflate / "include"), str(libdeflate / "lib/libdeflate.a")]
    program = cprobe.build(folder, "dump/kdump_file_probe.c", "dump/kdump_file.c", options=library)

    def run(file: bytes, numbers: list[int], size: int = PAGE) -> dict[int, bytes | None] | None:
        path = Path(folder / "dump")
        path.write_bytes(file)
        words = [program, path, str(size), *map(str, numbers)]
        done = subprocess.run(words, capture_output=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
        if done.stdout == b"!":
            return None
        found: dict[int, bytes | None] = {}
        at = 0
        for number in numbers:
            good = done.stdout[at : at + 1] == b"+"
            found[number] = done.stdout[at + 1 : at + 1 + size] if good else None
            at += 1 + size if good else 1
        assert at == len(done.stdout)
        return found

    return run


def content(number: int, size: int = PAGE) -> bytes:
    """A page that no other is like."""
    return (random.Random(number).randbytes(40) * size)[:size]


def packed(number: int, size: int = PAGE) -> tuple[int, bytes]:
    return ZLIB, zlib.compress(content(number, size), 1)


def test_pages_are_found_wherever_they_are(probe: Probe) -> None:
    """Far apart and dense: the number of pages before one is counted over sections and words."""
    chance = random.Random(3)
    numbers = {0, 1, 63, 64, 65, 4095, 4096, 4097, 70000, 131071, 131072}
    numbers |= {chance.randrange(140000) for _ in range(900)} | set(range(8190, 8500))
    dump = Dump({number: packed(number) for number in numbers})
    asked = [*sorted(numbers), *({2, 66, 131073, 140000, 10**9, 2**60} - numbers)]
    expected = {number: content(number) if number in numbers else None for number in asked}
    for order in (asked, asked[::-1]):
        assert probe(dump.file(), order) == expected


@pytest.mark.parametrize("changes", [{"version": 5}, {"version": 1}, {"one_bitmap": True}, {"sub_blocks": 1}])
def test_variants_of_the_header(probe: Probe, changes: dict[str, int]) -> None:
    dump = Dump({number: packed(number) for number in (3, 5, 700)}, **changes)  # type: ignore[arg-type]
    assert probe(dump.file(), [3, 4, 5, 700]) == {3: content(3), 4: None, 5: content(5), 700: content(700)}


def test_larger_pages(probe: Probe) -> None:
    dump = Dump({number: packed(number, 65536) for number in (3, 5)}, size=65536)
    assert probe(dump.file(), [3, 5], 65536) == {3: content(3, 65536), 5: content(5, 65536)}


def test_only_plain_pages_are_ours(probe: Probe) -> None:
    pages = {
        1: (RAW, content(1)), 2: packed(2), 3: (LZO, b"lzo"), 4: (ZSTD, content(4)), 5: (RAW, b"short"),
        6: (ZLIB, zlib.compress(content(6)[:-1])), 7: (ZLIB, packed(7)[1][:-1]), 8: (ZLIB | LZO, packed(8)[1]),
        9: (ZLIB, packed(9)[1].ljust(PAGE + 1, b"\0")), 10: packed(10), 11: packed(11), 12: packed(12),
    }  # fmt: skip
    dump = Dump(pages, not_ram=frozenset({10}), without_offset=frozenset({11}))
    found = probe(dump.file(), list(pages))
    assert found == {number: content(number) if number in (1, 2, 12) else None for number in pages}


def streams(page: bytes) -> Iterator[bytes]:
    """The page, compressed in every way that zlib has."""
    for level in (0, 1, 6, 9):
        yield zlib.compress(page, level)
    for strategy in (zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED):
        maker = zlib.compressobj(9, zlib.DEFLATED, 15, 9, strategy)
        yield maker.compress(page) + maker.flush()
    for bits in (9, 12):
        maker = zlib.compressobj(6, zlib.DEFLATED, bits)
        parts = [page[at : at + 700] for at in range(0, len(page), 700)]
        yield b"".join(maker.compress(part) + maker.flush(zlib.Z_FULL_FLUSH) for part in parts) + maker.flush()


def read_streams(probe: Probe, given: list[bytes]) -> list[bytes | None]:
    """What becomes of pages that are stored as these streams."""
    found = probe(Dump({number: (ZLIB, stream) for number, stream in enumerate(given)}).file(), list(range(len(given))))
    assert found is not None
    return list(found.values())


def a_page() -> bytes:
    """Every kind of block finds something in it: a part without order, a long repetition, few values."""
    chance = random.Random(5)
    few = bytes(chance.randrange(16) for _ in range(1500))
    return (chance.randbytes(100) + bytes(1000) + few + b"tail" * PAGE)[:PAGE]


def test_every_way_to_compress_a_page(probe: Probe) -> None:
    given = [stream for stream in streams(a_page()) if len(stream) <= PAGE]
    assert len(given) == 9, "all but the one that is only stored, which is longer than the page"
    assert set(read_streams(probe, given)) == {a_page()}


def test_what_follows_the_stream_is_of_no_account(probe: Probe) -> None:
    assert read_streams(probe, [zlib.compress(a_page()) + b"more"]) == [a_page()]


def test_another_size_than_a_page_is_refused(probe: Probe) -> None:
    page = a_page()
    assert set(read_streams(probe, [zlib.compress(page[:-1]), zlib.compress(page + b"x"), zlib.compress(b"")])) == {
        None
    }


def test_a_stream_that_is_cut_off_anywhere_is_refused(probe: Probe) -> None:
    cut = [
        stream[:at] for stream in streams(bytes(3000) + a_page()[:1096]) for at in range(0, min(len(stream), PAGE), 7)
    ]
    assert len(cut) > 800
    assert set(read_streams(probe, cut)) == {None}


def test_a_broken_stream_is_what_zlib_says(probe: Probe) -> None:
    """Wrong bits anywhere, the checksum included: hardly any stream survives, and none reads out of bounds."""
    chance = random.Random(9)
    broken: list[bytes] = []
    for stream in streams(a_page()):
        for _ in range(200):
            where = chance.choice((chance.randrange(90), chance.randrange(len(stream)), len(stream) - 1))
            other = chance.choice((stream[where] ^ 1 << chance.randrange(8), chance.randrange(256)))
            broken += [stream[:where] + bytes([other]) + stream[where + 1 :]]
    broken = [stream for stream in broken if len(stream) <= PAGE]
    expected: list[bytes | None] = []
    for stream in broken:
        reader = zlib.decompressobj()
        try:
            page = reader.decompress(stream)
        except zlib.error:
            page = b""
        expected.append(page if reader.eof and len(page) == PAGE else None)
    assert read_streams(probe, broken) == expected
    assert expected.count(None) > 0.9 * len(broken)


@pytest.mark.parametrize(
    "changes", [{"signature": b"DISKDUMP"}, {"signature": b"makedump"}, {"split": 1}, {"version": 0}, {"end": 2**40}]
)
def test_other_dumps_are_left_alone(probe: Probe, changes: dict[str, int]) -> None:
    dump = Dump({1: packed(1)}, **{"end": 0, **changes})  # type: ignore[arg-type]
    file = dump.file() if dump.end == 0 else Dump({1: packed(1)}).file()
    if dump.end:
        file = file[: PAGE + 96] + struct.pack("=Q", dump.end) + file[PAGE + 104 :]
    assert probe(file, [1]) is None


def test_size_of_pages_must_be_the_machines(probe: Probe) -> None:
    assert probe(Dump({1: packed(1)}).file(), [1], 8192) is None


def test_file_that_ends_early_gives_what_it_has(probe: Probe) -> None:
    pages = {number: packed(number) for number in range(300)}
    file = Dump(pages).file()
    assert probe(b"", [1]) is None
    assert probe(file[:100], [1]) is None
    assert probe(file[: PAGE * 3], [1]) is None
    assert set((probe(file[: PAGE * 5 + 100], list(pages)) or {}).values()) == {None}
    found = probe(file[:-20], list(pages))
    assert found == {number: content(number) if number < 299 else None for number in pages}


def test_wild_numbers_are_harmless(probe: Probe) -> None:
    chance = random.Random(8)
    file = Dump({number: packed(number) for number in range(50)}).file()
    for _ in range(150):
        broken = bytearray(file)
        for _ in range(4):
            where = chance.choice((chance.randrange(464), PAGE + chance.randrange(104), chance.randrange(len(file))))
            broken[where] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
        for number, page in (probe(bytes(broken), list(range(50))) or {}).items():
            assert page is None or len(page) == PAGE, number
