# SPDX-License-Identifier: GPL-3.0-or-later
"""Call-frame information of functions that GNU as has assembled, and by hand where compilers rarely write it."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from pykdump.linux.unwind.frame_info import FrameInfo, Malformed, Saved, open_vmlinux, sleb, uleb
from pykdump.linux.x86.opcodes import RBP, RBX, RSP

START = 0x1000
CIE = bytes([3, 0, 1, 0x78, 16, 0x0C, 7, 8, 0x90, 1])  # version 3, factors 1 and -8; CFA = sp + 8


def entry(body: bytes) -> bytes:
    padded = body + bytes(-(len(body) + 4) % 8)
    return struct.pack("<I", len(padded)) + padded


def info(instructions: bytes, cie: bytes = CIE, shift: int = 0) -> FrameInfo:
    first = entry(b"\xff\xff\xff\xff" + cie)
    return FrameInfo(first + entry(struct.pack("<IQQ", 0, START, 0x40) + instructions), shift)


# push %rbp; push %rbx; sub; … add; pop %rbx; pop %rbp
PUSHES = bytes([0x41, 0x0E, 16, 0x86, 2, 0x41, 0x0E, 24, 0x83, 3, 0x44, 0x0E, 48, 0x60, 0x0E, 24, 0x41, 0xC3, 0x0E, 16])


@pytest.mark.parametrize(
    ("offset", "row"),
    [
        (0, Saved(RSP, 8, {})),
        (1, Saved(RSP, 16, {RBP: -16})),
        (2, Saved(RSP, 24, {RBP: -16, RBX: -24})),
        (6, Saved(RSP, 48, {RBP: -16, RBX: -24})),
        (0x25, Saved(RSP, 48, {RBP: -16, RBX: -24})),
        (0x27, Saved(RSP, 16, {RBP: -16})),
    ],
)
def test_rows(offset: int, row: Saved) -> None:
    assert info(PUSHES).saved(START + offset) == row
    assert info(PUSHES, shift=0x5000).saved(START + 0x5000 + offset) == row


def test_addresses_without_information() -> None:
    found = info(PUSHES)
    assert found.saved(START - 1) is None and found.saved(START + 0x40) is None


def test_remembered_rows_frame_pointers_and_long_steps() -> None:
    # def_cfa_register bp; advance_loc1 16; remember; def_cfa sp 8; advance_loc2 16; restore
    program = bytes([0x0D, 6, 0x02, 16, 0x0A, 0x0C, 7, 8, 0x03, 16, 0, 0x0B])
    assert info(program).saved(START) == Saved(RBP, 8, {})
    assert info(program).saved(START + 16) == Saved(RSP, 8, {})
    assert info(program).saved(START + 32) == Saved(RBP, 8, {})


def test_expressions_are_not_evaluated() -> None:
    program = bytes([0x0F, 2, 0x77, 8, 0x41, 0x0C, 7, 16])
    assert info(program).saved(START) is None
    assert info(program).saved(START + 1) == Saved(RSP, 16, {})


def test_what_is_malformed() -> None:
    with pytest.raises(Malformed):
        info(bytes([0x3F, 1])).saved(START)
    with pytest.raises(Malformed):
        info(b"", cie=bytes([9]) + CIE[1:]).saved(START)
    with pytest.raises(Malformed):
        FrameInfo(b"\xff" * 16)


def test_leb128() -> None:
    assert uleb(bytes([0xE5, 0x8E, 0x26]), 0) == (624485, 3)
    assert sleb(bytes([0x78]), 0) == (-8, 1)
    assert sleb(bytes([0xC0, 0xBB, 0x78]), 0) == (-123456, 3)


SOURCE = """
    .cfi_sections .debug_frame
    .text
f:  .cfi_startproc
    push %rbx
    .cfi_def_cfa_offset 16
    .cfi_offset %rbx, -16
    ret
    .cfi_endproc
"""


@pytest.mark.parametrize("compress", ["none", "zlib"])
def test_the_section_of_a_file(tmp_path: Path, compress: str) -> None:
    if shutil.which("as") is None or shutil.which("ld") is None:
        pytest.skip("binutils is not installed")
    (tmp_path / "f.s").write_text(SOURCE + "    .fill 4096, 1, 0x90\n")
    subprocess.run(["as", "--64", "f.s", "-o", "f.o"], cwd=tmp_path, check=True)
    subprocess.run(
        ["ld", f"--compress-debug-sections={compress}", "-Ttext=0x10000", "-e", "0x10000", "f.o", "-o", "f"],
        cwd=tmp_path, check=True,
    )  # fmt: skip
    found = open_vmlinux(str(tmp_path / "f"), 0x30000)
    assert found is not None
    assert found.saved(0x30001) == Saved(RSP, 16, {RBX: -16})


def test_files_without_the_section(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no ELF file")
    assert open_vmlinux(str(tmp_path / "text"), 0) is None
    with pytest.raises(OSError, match="No such file"):
        open_vmlinux(str(tmp_path / "missing"), 0)
