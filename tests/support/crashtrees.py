# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the trimmed crash trees, with the program that cannot be kept among the fixtures."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "crashtrees"
E_MACHINE = {"x86_64": 62, "aarch64": 183, "s390x": 22, "i386": 3}


def elf_program(machine: str) -> bytes:
    """Return the header of an ELF program for ``machine``, and nothing after it."""
    order = ">" if machine == "s390x" else "<"
    bits = 1 if machine == "i386" else 2
    ident = b"\x7fELF" + bytes([bits, 2 if order == ">" else 1, 1]) + bytes(9)
    size, word = (52, "I") if bits == 1 else (64, "Q")
    layout = f"{order}HHI{word}{word}{word}IHHHHHH"
    return ident + struct.pack(layout, 2, E_MACHINE[machine], 1, 0, 0, 0, 0, size, 0, 0, 0, 0, 0)


def copy_tree(name: str, folder: Path, program: str = "") -> Path:
    """Copy a fixture to ``folder``; ``program`` is the machine for which its crash program is, if it has one."""
    root = folder / name
    shutil.copytree(FIXTURES / name, root)
    if program:
        (root / "crash").write_bytes(elf_program(program))
    return root
