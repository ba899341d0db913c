# SPDX-License-Identifier: GPL-3.0-or-later
"""Make objects of a newer assembler fit for an older linker.

A relocation of type R_X86_64_GOTPCRELX lets the linker replace the instruction that loads from the GOT. Newer
assemblers put it on ``push`` too; linkers that do not know this (binutils 2.40 for one) take the push for a call and
replace it by one. R_X86_64_GOTPCREL means the same without that permission.
"""

from __future__ import annotations

import io
import struct

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

GOTPCREL, RELAXABLE = 9, (41, 42)
PUSH = b"\xff\x35"
_INFO = struct.Struct("<Q")


def adapt_object(content: bytes) -> bytes:
    """Return an object file with no permission to replace a push; other machines' objects as they are."""
    elf = ELFFile(io.BytesIO(content))
    if elf.header["e_machine"] != "EM_X86_64":
        return content
    result = bytearray(content)
    for section in elf.iter_sections():
        if not isinstance(section, RelocationSection) or not section.is_RELA():
            continue
        code = elf.get_section(section["sh_info"])["sh_offset"]
        for number in range(section.num_relocations()):
            relocation = section.get_relocation(number)
            place = code + relocation["r_offset"]
            if relocation["r_info_type"] in RELAXABLE and content[place - 2 : place] == PUSH:
                # r_info is the second of three 64-bit words; its lower half is the type.
                where = section["sh_offset"] + number * section["sh_entsize"] + 8
                _INFO.pack_into(result, where, relocation["r_info_sym"] << 32 | GOTPCREL)
    return bytes(result)
