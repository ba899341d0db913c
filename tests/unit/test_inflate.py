# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/inflate.c against zlib: every kind of block, and streams that are broken in every way."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterable, Sequence

import pytest

from mpykbuild.paths import PROJECT

SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
PAGE = 4096
Probe = Callable[[Sequence[tuple[bytes, int]]], list["bytes | None"]]


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Probe:
    """Decompress streams, each with the size of its content; the contents, None for what is refused."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs gcc")
    folder = tmp_path_factory.mktemp("inflate")
    program = folder / "probe"
    ours = [PROJECT / "tests/unit/inflate_probe.c", PROJECT / "ext/inflate.c"]
    flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", f"-I{PROJECT / 'ext'}"]
    subprocess.run([compiler, *flags, *SANITIZE, "-o", program, *ours], check=True)

    def run(streams: Sequence[tuple[bytes, int]]) -> list[bytes | None]:
        file = folder / "streams"
        file.write_bytes(b"".join(struct.pack("=II", len(data), size) + data for data, size in streams))
        done = subprocess.run([program, file], capture_output=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
        found: list[bytes | None] = []
        at = 0
        for _, size in streams:
            good = done.stdout[at : at + 1] == b"+"
            found.append(done.stdout[at + 1 : at + 1 + size] if good else None)
            at += 1 + size if good else 1
        assert at == len(done.stdout)
        return found

    return run


def contents(size: int = PAGE) -> Iterable[bytes]:
    """Pages of many kinds: none, one, a few and all byte values, periods of 1 to 20, skewed codes, far repetitions."""
    chance = random.Random(1)
    yield bytes(size)
    yield bytes([7]) * size
    yield chance.randbytes(size)
    for period in range(1, 21):
        yield (chance.randbytes(period) * size)[:size]
    for values in (2, 3, 5, 16, 60, 200):
        yield bytes(chance.randrange(values) for _ in range(size))
    # Frequencies that halve: codes of all lengths up to 15.
    yield bytes(min(int(chance.expovariate(0.7)), 40) for _ in range(size))
    for _ in range(20):
        pieces = [chance.randbytes(chance.randrange(1, 60)) for _ in range(12)]
        yield b"".join(chance.choice(pieces) for _ in range(size))[:size]
    words = [struct.pack("<Q", 0xFFFF888000000000 + chance.randrange(1 << 24) * 8) for _ in range(60)]
    for _ in range(20):
        yield b"".join(chance.choice([*words, bytes(8), bytes(16)]) for _ in range(size))[:size]


def streams(content: bytes) -> Iterable[bytes]:
    """The content, compressed in every way that zlib has."""
    for level in (0, 1, 6, 9):
        yield zlib.compress(content, level)
    for strategy in (zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED):
        for memory in (1, 9):
            maker = zlib.compressobj(9, zlib.DEFLATED, 15, memory, strategy)
            yield maker.compress(content) + maker.flush()
    for bits in (9, 12):
        maker = zlib.compressobj(6, zlib.DEFLATED, bits)
        parts = [content[at : at + 700] for at in range(0, len(content), 700)]
        yield b"".join(maker.compress(part) + maker.flush(zlib.Z_FULL_FLUSH) for part in parts) + maker.flush()


def expected(stream: bytes, size: int) -> bytes | None:
    """What zlib's uncompress() makes of it."""
    decompressor = zlib.decompressobj()
    try:
        found = decompressor.decompress(stream)
    except zlib.error:
        return None
    return found if decompressor.eof and len(found) == size else None


def test_reads_what_zlib_writes(probe: Probe) -> None:
    cases = [(stream, content) for content in contents() for stream in streams(content)]
    assert len(cases) > 800
    assert probe([(stream, len(content)) for stream, content in cases]) == [content for _, content in cases]


@pytest.mark.parametrize("size", [0, 1, 2, 15, 16, 17, 258, 259, 4095, 65536, 200000])
def test_any_size(probe: Probe, size: int) -> None:
    chance = random.Random(size)
    content = bytes(255 if chance.random() < 0.9 else chance.randrange(256) for _ in range(size))
    found = probe([(stream, size) for stream in streams(content)])
    assert set(found) == {content}


def test_what_follows_the_stream_is_of_no_account(probe: Probe) -> None:
    content = b"the content" * 20
    assert probe([(zlib.compress(content) + b"more", len(content))]) == [content]


def test_refuses_another_size(probe: Probe) -> None:
    content = b"0123456789abcdef" * 16
    cases = [(stream, len(content) + off) for stream in streams(content) for off in (-200, -1, 1, 300)]
    assert set(probe(cases)) == {None}


def test_refuses_a_stream_cut_off_anywhere(probe: Probe) -> None:
    content = next(iter(contents(300))) + random.Random(5).randbytes(200) + b"tail" * 9
    cases = [(stream[:at], len(content)) for stream in streams(content) for at in range(len(stream))]
    assert set(probe(cases)) == {None}


def test_a_broken_stream_is_what_zlib_says(probe: Probe) -> None:
    """Wrong bits, in the head of the block above all: hardly any stream survives, and none reads out of bounds."""
    chance = random.Random(9)
    cases = []
    for content in contents(700):
        for stream in streams(content):
            for _ in range(8):
                broken = bytearray(stream)
                for _ in range(chance.randrange(1, 4)):
                    where = chance.choice((chance.randrange(min(90, len(broken))), chance.randrange(len(broken))))
                    broken[where] = chance.choice((broken[where] ^ 1 << chance.randrange(8), chance.randrange(256)))
                cases.append((bytes(broken), len(content)))
    found = probe(cases)
    assert found == [expected(stream, size) for stream, size in cases]
    assert found.count(None) > 0.9 * len(cases)


def test_refuses_noise(probe: Probe) -> None:
    chance = random.Random(11)
    cases = [(b"\x78\x9c" + chance.randbytes(chance.randrange(300)), PAGE) for _ in range(5000)]
    assert set(probe(cases)) == {None}
