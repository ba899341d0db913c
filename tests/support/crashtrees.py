# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the trimmed crash trees. A copy can have a crash program, which the fixtures do not have."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "crashtrees"
E_MACHINE = {"x86_64": 62, "aarch64": 183, "s390x": 22, "i386": 3}


def elf_program(machine: str) -> bytes:
    """Return an ELF program for ``machine`` that consists only of its header."""
    order = ">" if machine == "s390x" else "<"
    bits = 1 if machine == "i386" else 2
    ident = b"\x7fELF" + bytes([bits, 2 if order == ">" else 1, 1]) + bytes(9)
    size, word = (52, "I") if bits == 1 else (64, "Q")
    layout = f"{order}HHI{word}{word}{word}IHHHHHH"
    return ident + struct.pack(layout, 2, E_MACHINE[machine], 1, 0, 0, 0, 0, size, 0, 0, 0, 0, 0)


def copy_tree(name: str, folder: Path, program: str = "") -> Path:
    """Copy a fixture to ``folder``. If ``program`` is given, the copy has a crash program for that machine."""
    root = folder / name
    shutil.copytree(FIXTURES / name, root)
    if program:
        (root / "crash").write_bytes(elf_program(program))
    return root
