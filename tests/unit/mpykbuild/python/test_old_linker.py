# SPDX-License-Identifier: GPL-3.0-or-later
"""An older linker must not replace a push that the assembler marked as replaceable."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from mpykbuild.python import old_linker

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or shutil.which("gcc") is None, reason="needs gcc for x86_64"
)
# The output of assemblers since about binutils 2.41 for: push target@GOTPCREL(%rip); pop %rax; ret
PUSHES = """
    .text
    .globl address
address:
    .byte 0xff, 0x35
    .reloc ., R_X86_64_GOTPCRELX, target - 4
    .long 0
    pop %rax
    ret
    .section .note.GNU-stack,"",@progbits
"""
CALLS = PUSHES.replace("0xff, 0x35", "0xff, 0x15")
MAIN = "int target; int *address(void);\nint main(void) { return address() != &target; }\n"


def assembled(folder: Path, text: str) -> Path:
    (folder / "pushes.s").write_text(text)
    subprocess.run(["gcc", "-c", "pushes.s", "-o", "pushes.o"], cwd=folder, check=True)
    return folder / "pushes.o"


def test_a_push_stays_a_push(tmp_path: Path) -> None:
    made = assembled(tmp_path, PUSHES)
    made.write_bytes(old_linker.adapt_object(made.read_bytes()))
    (tmp_path / "main.c").write_text(MAIN)
    subprocess.run(["gcc", "main.c", "pushes.o", "-o", "main"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "main"], check=False).returncode == 0


def test_only_relocations_of_pushes_change(tmp_path: Path) -> None:
    before = assembled(tmp_path, PUSHES).read_bytes()
    after = old_linker.adapt_object(before)
    assert len(after) == len(before)
    assert after != before
    assert old_linker.adapt_object(after) == after
    call = assembled(tmp_path, CALLS).read_bytes()
    assert old_linker.adapt_object(call) == call
