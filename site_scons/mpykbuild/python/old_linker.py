# SPDX-License-Identifier: GPL-3.0-or-later
"""Change objects of a newer assembler so that an older linker links them correctly.

A relocation of type R_X86_64_GOTPCRELX allows the linker to replace the instruction that loads from the GOT. Newer
assemblers use this type for ``push`` too. Older linkers (binutils 2.40, for example) do not expect that: they replace
the push with a call. R_X86_64_GOTPCREL has the same meaning, but does not allow the replacement.
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
    """Return the object file, changed so that no linker replaces a push. Objects for other machines are not changed."""
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
                # r_info is the second of three 64-bit words. Its lower half is the type of the relocation.
                where = section["sh_offset"] + number * section["sh_entsize"] + 8
                _INFO.pack_into(result, where, relocation["r_info_sym"] << 32 | GOTPCREL)
    return bytes(result)
