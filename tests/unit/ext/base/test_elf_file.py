# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/base/elf_file.c over files made by hand (both classes, both byte orders, damaged) and by a compiler."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support import cprobe

PAYLOAD = bytes(range(1, 12))
BUILD_ID = bytes.fromhex("0123456789abcdef0123456789abcdef01234567")
NOTE, PROGBITS, STRTAB, COMPRESSED = 7, 1, 3, 1 << 11
Probe = Callable[..., list[str]]


@pytest.fixture(scope="module", params=cprobe.MACHINES)
def probe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Probe:
    program = cprobe.build(
        tmp_path_factory.mktemp("elf"), "base/elf_file_probe.c", "base/elf_file.c", machine=request.param
    )
    return lambda name, *files: cprobe.run(program, name, *files)


def note(order: str) -> bytes:
    other = struct.pack(order + "III", 6, 5, 1) + b"Linux\0\0\0" + b"12345\0\0\0"
    return other + struct.pack(order + "III", 4, len(BUILD_ID), 3) + b"GNU\0" + BUILD_ID


def elf(bits: int = 64, order: str = "<", flags: int = 0, with_note: bool = True) -> bytes:
    """An ELF file with the sections .BTF, .notes and .shstrtab."""
    names = b"\0.BTF\0.notes\0.shstrtab\0"
    parts = [(1, PROGBITS, flags, PAYLOAD), (6, NOTE, 0, note(order)), (13, STRTAB, 0, names)]
    start = offset = 64 if bits == 64 else 52
    headers, body = [bytes(64 if bits == 64 else 40)], b""
    for name, kind, flag, data in parts if with_note else [parts[0], parts[2]]:
        row = (name, kind, flag, 0, offset, len(data), 0, 0, 1, 0)
        headers.append(struct.pack(order + ("IIQQQQIIQQ" if bits == 64 else "10I"), *row))
        body += data
        offset += len(data)
    ident = b"\x7fELF" + bytes([2 if bits == 64 else 1, 1 if order == "<" else 2, 1]).ljust(12, b"\0")
    words = (2, 62, 1, 0, 0, offset, 0, start, 0, 0, len(headers[0]), len(headers), len(headers) - 1)
    head = ident + struct.pack(order + ("HHIQQQIHHHHHH" if bits == 64 else "HHIIIIIHHHHHH"), *words)
    assert len(head) == start
    return head + body + b"".join(headers)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
def test_each_class_and_byte_order(probe: Probe, tmp_path: Path, bits: int, order: str) -> None:
    path = tmp_path / "vmlinux"
    path.write_bytes(elf(bits, order))
    assert probe(".BTF", path) == [f"{PAYLOAD.hex()} id={BUILD_ID.hex()}"]
    path.write_bytes(elf(bits, order, with_note=False))
    assert probe(".BTF", path) == [f"{PAYLOAD.hex()} id="]


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("with_count", [False, True])
def test_numbers_too_large_for_the_header(
    probe: Probe, tmp_path: Path, bits: int, order: str, with_count: bool
) -> None:
    """System V ABI: the first section has the number of sections in sh_size, that of the names in sh_link."""
    data, path = bytearray(elf(bits, order)), tmp_path / "vmlinux"
    count_at, table_at, link_at, size_at = (60, 40, 40, 32) if bits == 64 else (48, 32, 24, 20)
    count, names = struct.unpack_from(order + "HH", data, count_at)
    (table,) = struct.unpack_from(order + ("Q" if bits == 64 else "I"), data, table_at)
    struct.pack_into(order + "HH", data, count_at, 0 if with_count else count, 0xFFFF)
    struct.pack_into(order + "I", data, table + link_at, names)
    struct.pack_into(order + ("Q" if bits == 64 else "I"), data, table + size_at, count if with_count else 0)
    path.write_bytes(data)
    assert probe(".BTF", path) == [f"{PAYLOAD.hex()} id={BUILD_ID.hex()}"]


def test_what_is_not_there(probe: Probe, tmp_path: Path) -> None:
    path, empty, packed = tmp_path / "vmlinux", tmp_path / "empty", tmp_path / "packed"
    path.write_bytes(elf())
    empty.write_bytes(b"")
    packed.write_bytes(elf(flags=COMPRESSED))
    assert probe(".BT", path) == [f"refused: it has no such section id={BUILD_ID.hex()}"]
    assert probe(".BTF", packed) == [f"refused: it has no such section id={BUILD_ID.hex()}"]
    assert probe(".BTF", empty, tmp_path, tmp_path / "nowhere", "/dev/null") == [
        "refused: it is not an ELF file id=", "refused: it cannot be opened id=", "refused: it cannot be opened id=",
        "refused: it cannot be opened id=",
    ]  # fmt: skip


def test_no_damage_leads_astray(probe: Probe, tmp_path: Path) -> None:
    rng = random.Random(3)
    data = elf()
    files = []
    for number in range(len(data) + 400):
        copy = bytearray(data[: number + 1] if number < len(data) else data)
        for _ in range(rng.randint(1, 4) if number % 2 else 0):
            copy[rng.randrange(len(copy))] = rng.choice((0, 1, 0x7F, 0xFF, rng.randrange(256)))
        files.append(tmp_path / str(number))
        files[-1].write_bytes(copy)
    lines = probe(".BTF", *files)
    assert len(lines) == len(files)
    assert any(PAYLOAD.hex() in line for line in lines)
    assert any("refused" in line for line in lines)


@pytest.mark.parametrize("word", [0, 4, 32, 36])
@pytest.mark.parametrize("value", [0xFFFFFFFF, 0xFFFFFFFC, 0x1000, 60])
def test_notes_that_lie_about_their_size(probe: Probe, tmp_path: Path, word: int, value: int) -> None:
    """Both notes' sizes of the name and of the text."""
    data, path = bytearray(elf()), tmp_path / "vmlinux"
    struct.pack_into("<I", data, data.index(note("<")) + word, value)
    path.write_bytes(data)
    assert probe(".BTF", path) == [f"{PAYLOAD.hex()} id="]


def test_what_the_compiler_makes(probe: Probe, tmp_path: Path) -> None:
    compiler, objcopy = shutil.which("gcc"), shutil.which("objcopy")
    if compiler is None or objcopy is None:
        pytest.skip("needs gcc and objcopy")
    (tmp_path / "payload").write_bytes(PAYLOAD)
    (tmp_path / "x.c").write_text("int main(void) { return 0; }\n")
    program = tmp_path / "x"
    wanted = f"-Wl,--build-id=0x{BUILD_ID.hex()}"
    subprocess.run([compiler, "-o", program, tmp_path / "x.c", wanted], check=True)
    subprocess.run([objcopy, "--add-section", f".BTF={tmp_path / 'payload'}", program], check=True)
    assert probe(".BTF", program) == [f"{PAYLOAD.hex()} id={BUILD_ID.hex()}"]
