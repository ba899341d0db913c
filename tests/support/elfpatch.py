# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of a crash program with other exports. crash works as before, because it does not use its own exports."""

from __future__ import annotations

from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

# Offsets in an Elf64_Sym.
ST_NAME, ST_SIZE = 0, 16
# The targets of the tested programs. A new name must not be longer than the shortest of them.
TARGETS = ("X86_64", "ARM64")


def patched(
    program: Path, copy: Path, without: str = "", sizes: dict[str, int] | None = None, target: str = ""
) -> Path:
    """Copy ``program`` without the export ``without``. ``sizes`` are new sizes of variables.

    If ``target`` is given, the copy says that it is a crash for ``target``.
    """
    data = bytearray(program.read_bytes())
    with program.open("rb") as stream:
        section = ELFFile(stream).get_section_by_name(".dynsym")
        assert isinstance(section, SymbolTableSection)
        rows = {symbol.name: number for number, symbol in enumerate(section.iter_symbols())}
        start, step = section["sh_offset"], section["sh_entsize"]
    assert step == 24, "a 64-bit program"
    for name, size in (sizes or {}).items():
        place = start + rows[name] * step + ST_SIZE
        data[place : place + 8] = size.to_bytes(8, "little")
    if without:
        place = start + rows[without] * step + ST_NAME
        data[place : place + 4] = bytes(4)
    for machine in TARGETS if target else ():
        old = machine.encode() + b"\0"
        data = data.replace(b"\0" + old, b"\0" + target.encode().ljust(len(old), b"\0"))
    copy.write_bytes(data)
    copy.chmod(0o755)
    return copy
