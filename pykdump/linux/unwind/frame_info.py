# SPDX-License-Identifier: GPL-3.0-or-later
"""Call-frame information in the vmlinux file (DWARF's .debug_frame): where functions save registers.

DWARF 5, section 6.4, describes the format. Only what compilers write for x86-64 is read here.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

# DWARF's numbers of registers to those of instructions: ax dx cx bx si di bp sp, then r8 to r15.
_NUMBERS = (0, 2, 1, 3, 6, 7, 5, 4, *range(8, 16))
_CIE_ID = 0xFFFFFFFF
_COMPRESSED = 0x800  # SHF_COMPRESSED
_ZLIB = 1  # ELFCOMPRESS_ZLIB


_FDE_HEADER = 24  # length, CIE, start, size


class Malformed(ValueError):
    """The file is not as expected."""


class Saved(NamedTuple):
    """Where a function's frame is at some address: CFA = ``register`` + ``offset``.

    ``slots`` is {register: offset from the CFA at which the caller's value is}. Registers have the numbers of
    instructions. A callee-saved register that is not there still has the caller's value.
    """

    register: int
    offset: int
    slots: Mapping[int, int]


class _Common(NamedTuple):
    """What several functions have in common (a CIE)."""

    code_factor: int
    data_factor: int
    start: int  # of its instructions
    end: int


def uleb(data: bytes, at: int) -> tuple[int, int]:
    """Read an unsigned LEB128 number; return it and the place behind it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def sleb(data: bytes, at: int) -> tuple[int, int]:
    """Read a signed LEB128 number; return it and the place behind it."""
    value, end = uleb(data, at)
    bits = 7 * (end - at)
    return (value - (1 << bits) if value >> (bits - 1) else value), end


_ADVANCE = {2: 1, 3: 2, 4: 4}  # advance_loc1, 2 and 4 with the sizes of their operands
# def_cfa, offset_extended, register; def_cfa_sf, offset_extended_sf, val_offset
_TWO_OPERANDS = {0x0C: uleb, 0x05: uleb, 0x09: uleb, 0x14: uleb, 0x12: sleb, 0x11: sleb}


class _Row(NamedTuple):
    """What the instructions have established: CFA = register + offset, and where registers are saved.

    ``simple`` is false where the information has expressions, which are not evaluated here.
    """

    register: int = 7
    offset: int = 8
    slots: Mapping[int, int] = {}
    simple: bool = True


class _Machine:
    """Executes the instructions of call-frame information."""

    def __init__(self, data: bytes, common: _Common) -> None:
        self._data, self._common = data, common
        self.row = self._initial = _Row()
        self._stack: list[_Row] = []

    def run(self, at: int, end: int, wanted: int) -> None:
        """Execute the instructions between two places, up to the row for the code offset ``wanted``."""
        location, data = 0, self._data
        while at < end:
            opcode = data[at]
            at += 1
            high, low = opcode >> 6, opcode & 0x3F
            if high == 1 or opcode in _ADVANCE:
                size = _ADVANCE.get(opcode, 0)
                step = int.from_bytes(data[at : at + size], "little") if size else low
                location += self._common.code_factor * step
                at += size
                if location > wanted:
                    return
            elif high == 2:
                factored, at = uleb(data, at)
                self._save(low, factored)
            elif high == 3:
                self._restore(low)
            else:
                at = self._extended(opcode, at)

    def begin_function(self) -> None:
        """The common instructions are done; what they established can be restored."""
        self._initial = self.row

    def _save(self, register: int, factored: int) -> None:
        slots = {**self.row.slots, register: factored * self._common.data_factor}
        self.row = self.row._replace(slots=slots)

    def _restore(self, register: int) -> None:
        slots = {number: offset for number, offset in self.row.slots.items() if number != register}
        if register in self._initial.slots:
            slots[register] = self._initial.slots[register]
        self.row = self.row._replace(slots=slots)

    def _extended(self, opcode: int, at: int) -> int:
        """Execute an instruction whose opcode has a whole byte; return the place behind it."""
        if opcode == 0x0A:  # remember_state
            self._stack.append(self.row)
        elif opcode == 0x0B:  # restore_state
            self.row = self._stack.pop()
        elif opcode in (0x0F, 0x10, 0x16):  # expressions
            if opcode != 0x0F:
                _, at = uleb(self._data, at)
            size, at = uleb(self._data, at)
            self.row = self.row._replace(simple=False)
            return at + size
        elif opcode:  # 0 is nop
            first, at = uleb(self._data, at)
            second = 0
            if opcode in _TWO_OPERANDS:
                second, at = _TWO_OPERANDS[opcode](self._data, at)
            self._operate(opcode, first, second)
        return at

    def _operate(self, opcode: int, first: int, second: int) -> None:
        """Execute an instruction with one or two numbers as operands."""
        if opcode in (0x0C, 0x12):  # def_cfa
            factor = self._common.data_factor if opcode == 0x12 else 1
            self.row = self.row._replace(register=first, offset=second * factor, simple=True)
        elif opcode == 0x0D:  # def_cfa_register
            self.row = self.row._replace(register=first, simple=True)
        elif opcode == 0x0E:  # def_cfa_offset
            self.row = self.row._replace(offset=first)
        elif opcode in (0x05, 0x11):  # offset_extended
            self._save(first, second)
        elif opcode in (0x06, 0x08):  # restore_extended, same_value
            self._restore(first)
        elif opcode in (0x07, 0x09, 0x14):  # undefined, register, val_offset
            self.row = self.row._replace(simple=False)
        else:
            raise Malformed(f"the information has an unknown instruction {opcode:#x}")


class FrameInfo:
    """The call-frame information of a file.

    ``shift`` is added to the addresses in the file: the kernel may have been relocated when it booted.
    """

    def __init__(self, data: bytes, shift: int = 0) -> None:
        self._data = data
        self._shift = shift
        self._common: dict[int, _Common] = {}
        self._saved: dict[int, Saved | None] = {}
        self._starts: list[int] = []
        self._places: list[int] = []
        self._index()

    def _index(self) -> None:
        """Note the start address and the place of each function's entry (FDE)."""
        data, at, found = self._data, 0, []
        unpack = struct.Struct("<IIQ").unpack_from
        while at + 16 <= len(data):
            length, cie, start = unpack(data, at)
            if length >= 0xFFFFFFF0:
                raise Malformed("the information has the 64-bit format")
            if cie != _CIE_ID and length:
                found.append((start, at))
            at += 4 + length
        found.sort()
        self._starts, self._places = [row[0] for row in found], [row[1] for row in found]

    def saved(self, address: int) -> Saved | None:
        """Return where the registers are at an address of the dump, None if the file does not say it simply."""
        if address not in self._saved:
            self._saved[address] = self._find(address - self._shift)
        return self._saved[address]

    def _find(self, address: int) -> Saved | None:
        number = bisect_right(self._starts, address) - 1
        if number < 0:
            return None
        at = self._places[number]
        length, cie, start, size = struct.unpack_from("<IIQQ", self._data, at)
        if not start <= address < start + size:
            return None
        common = self._common_of(cie)
        machine = _Machine(self._data, common)
        machine.run(common.start, common.end, 0)
        machine.begin_function()
        machine.run(at + _FDE_HEADER, at + 4 + length, address - start)
        row = machine.row
        if not row.simple or row.register >= len(_NUMBERS):
            return None
        slots = {_NUMBERS[number]: offset for number, offset in row.slots.items() if number < len(_NUMBERS)}
        return Saved(_NUMBERS[row.register], row.offset, slots)

    def _common_of(self, at: int) -> _Common:
        found = self._common.get(at)
        if found is None:
            length = struct.unpack_from("<I", self._data, at)[0]
            version = self._data[at + 8]
            augmentation = at + 9
            if version not in (1, 3, 4) or self._data[augmentation]:
                raise Malformed(f"the information has an unknown version ({version}) or augmentation")
            place = augmentation + (3 if version == 4 else 1)
            code, place = uleb(self._data, place)
            factor, place = sleb(self._data, place)
            _, place = uleb(self._data, place) if version > 1 else (0, place + 1)
            found = self._common[at] = _Common(code, factor, place, at + 4 + length)
        return found


def open_vmlinux(path: str, text_start: int) -> FrameInfo | None:
    """Return the information of a kernel's file, None if it has none.

    ``text_start`` is the address of the section .text in the dump (the symbol _stext). Raises OSError.
    """
    with open(path, "rb") as file:
        sections = _sections(file)
        if ".debug_frame" not in sections or ".text" not in sections:
            return None
        flags, _, offset, size = sections[".debug_frame"]
        file.seek(offset)
        data = file.read(size)
    if flags & _COMPRESSED:
        data = _decompressed(data)
    try:
        return FrameInfo(data, text_start - sections[".text"][1])
    except (Malformed, struct.error):
        return None


def _decompressed(data: bytes) -> bytes:
    """Return the content of a compressed section, or nothing if it is compressed in another way than by zlib."""
    import zlib  # most kernels have plain sections

    return zlib.decompress(data[24:]) if int.from_bytes(data[:4], "little") == _ZLIB else b""


def _sections(file: BinaryIO) -> dict[str, tuple[int, int, int, int]]:
    """Return {name: (flags, address, offset, size)} of the sections of a 64-bit little-endian ELF file."""
    header = file.read(64)
    if header[:6] != b"\x7fELF\x02\x01":
        return {}
    table = struct.unpack_from("<Q", header, 40)[0]
    size, count, names_index = struct.unpack_from("<HHH", header, 58)
    file.seek(table)
    raw = file.read(size * count)
    rows = [struct.unpack_from("<IIQQQQ", raw, size * number) for number in range(count)]
    if not rows or names_index >= count:
        return {}
    file.seek(rows[names_index][4])
    names = file.read(rows[names_index][5])
    return {names[row[0] :].split(b"\0", 1)[0].decode(): (row[2], row[3], row[4], row[5]) for row in rows}
