# SPDX-License-Identifier: GPL-3.0-or-later
"""Decodes instructions of x86-64 as far as the flow of values needs it.

Moves, additions of constants, pushes, pops and branches are understood. Of all other instructions it is only known
which registers and which memory they may write, rather one too many than one too few.
"""

from __future__ import annotations

from typing import NamedTuple, Union

from pykdump.linux.x86 import opcodes
from pykdump.linux.x86.opcodes import RAX, RDX, RSP

# What an instruction is.
MOVE, EXTEND, SIGN_EXTEND, LEA, ADD, PUSH, POP, LEAVE = "mov", "movzx", "movsx", "lea", "add", "push", "pop", "leave"
CALL, JUMP, BRANCH, END, NONE, OTHER = "call", "jmp", "jcc", "end", "none", "other"
RIP = 16  # as the base of a Memory
VECTOR_WIDTH = 64


class Memory(NamedTuple):
    """A memory operand. ``base`` and ``scaled`` (the index) are register numbers or None.

    With base RIP, ``offset`` is absolute.

    ``segment`` is the prefix 0x64 (fs) or 0x65 (gs), or 0.
    """

    base: int | None
    scaled: int | None
    scale: int
    offset: int
    segment: int


class Immediate(NamedTuple):
    """A constant operand, sign-extended."""

    value: int


# A register is an int.
Operand = Union[int, Memory, Immediate, None]


class Instruction(NamedTuple):
    """An instruction. ``width`` is the size of the operands in bytes (of the source, if it is extended).

    ``target`` is where a direct CALL, JUMP or BRANCH goes; it is None for an indirect one, whose operand is ``source``.
    ``writes`` are registers that OTHER may write; it may also write the memory in ``destination``.
    """

    address: int
    size: int
    kind: str
    destination: Operand = None
    source: Operand = None
    width: int = 8
    target: int | None = None
    writes: tuple[int, ...] = ()

    @property
    def next(self) -> int:
        return self.address + self.size


class Undecodable(ValueError):
    """The bytes are no instruction that is known here."""


class _Reader:
    """The bytes of one instruction: prefixes, opcode, ModRM with displacement, immediate."""

    def __init__(self, code: bytes, start: int, address: int) -> None:
        self.code, self.at, self.start, self.address = code, start, start, address
        self.rex = self.segment = 0
        self.short = self.repeated = False
        self.reg, self.rm, self.mod = 0, 0, 3
        self.operand: Operand = None
        self.immediate = 0
        self.extra: tuple[int, ...] = ()

    def byte(self) -> int:
        try:
            value = self.code[self.at]
        except IndexError:
            raise Undecodable("the code ends within an instruction") from None
        self.at += 1
        return value

    def number(self, size: int) -> int:
        if self.at + size > len(self.code):
            raise Undecodable("the code ends within an instruction")
        value = int.from_bytes(self.code[self.at : self.at + size], "little", signed=True)
        self.at += size
        return value

    def prefixes(self) -> int:
        """Read the prefixes and return the first byte of the opcode."""
        byte = self.byte()
        while byte in opcodes.PREFIXES:
            self.short |= byte == 0x66
            self.repeated |= byte in (0xF2, 0xF3)
            if byte in (0x64, 0x65):
                self.segment = byte
            byte = self.byte()
        if byte & 0xF0 == 0x40:
            self.rex = byte
            byte = self.byte()
        return byte

    @property
    def width(self) -> int:
        return 8 if self.rex & 8 else 2 if self.short else 4

    def modrm(self) -> None:
        """Read ModRM, SIB and displacement. RIP-relative addresses are completed by finish()."""
        byte = self.byte()
        self.mod, self.reg, self.rm = byte >> 6, (byte >> 3 & 7) | (self.rex & 4) << 1, byte & 7
        if self.mod == 3:
            self.rm |= (self.rex & 1) << 3
            self.operand = self.rm
            return
        base: int | None = self.rm | (self.rex & 1) << 3
        index, scale = None, 1
        if self.rm == 4:
            sib = self.byte()
            base, found = sib & 7 | (self.rex & 1) << 3, sib >> 3 & 7 | (self.rex & 2) << 2
            index, scale = (None if found == 4 else found), 1 << (sib >> 6)
            if sib & 7 == 5 and self.mod == 0:
                base = None
        elif self.rm == 5 and self.mod == 0:
            base = RIP
        size = {0: 4 if base in (None, RIP) else 0, 1: 1, 2: 4}[self.mod]
        self.operand = Memory(base, index, scale, self.number(size) if size else 0, self.segment)

    def read_immediate(self, size: int) -> None:
        if size == opcodes.Z:
            size = 2 if self.width == 2 else 4
        elif size == opcodes.V:
            size = self.width
        elif size == opcodes.A:
            size = 8
        self.immediate = self.number(size) if size else 0

    def byte_register(self, number: int) -> int:
        """Return the register of which an operand of 8 bits is a part: without REX, 4 to 7 are ah, ch, dh, bh."""
        return number if self.rex or number < 4 or number > 7 else number - 4

    @property
    def next(self) -> int:
        return self.address + self.at - self.start

    def finish(self, kind: str, *operands: Operand, width: int = 8, target: int | None = None) -> Instruction:
        """Return the instruction, with RIP-relative operands made absolute."""
        fixed = [
            operand._replace(offset=operand.offset + self.next)
            if isinstance(operand, Memory) and operand.base == RIP
            else operand
            for operand in operands
        ]
        destination, source = [*fixed, None, None][:2]
        return Instruction(self.address, self.at - self.start, kind, destination, source, width, target)

    def other(self, *registers: int, memory: bool = True, width: int = 0) -> Instruction:
        """Return an instruction that may write these registers and, with ``memory``, its memory operand."""
        written = self.operand if memory and isinstance(self.operand, Memory) else None
        return self.finish(OTHER, written, width=width or self.width)._replace(writes=(*registers, *self.extra))


def decode(code: bytes, start: int, address: int) -> Instruction:
    """Decode the instruction at ``code[start]``, whose address in the dump is ``address``. Raises Undecodable."""
    reader = _Reader(code, start, address)
    opcode = reader.prefixes()
    if opcode == 0x0F:
        return _two_bytes(reader, reader.byte())
    if opcode in (0xC4, 0xC5, 0x62):
        return _vector(reader, opcode)
    if opcode in opcodes.MODRM:
        reader.modrm()
    size = opcodes.IMMEDIATE.get(opcode, 0)
    if opcode in (0xF6, 0xF7) and reader.reg & 6 == 0:  # test
        size = 1 if opcode == 0xF6 else opcodes.Z
    reader.read_immediate(size)
    return _one_byte(reader, opcode)


def _one_byte(reader: _Reader, opcode: int) -> Instruction:
    for mask, value, make in _ONE_BYTE:
        if opcode & mask == value:
            found = make(reader, opcode)
            if found is not None:
                return found
    if opcode in opcodes.ENDS:
        return reader.finish(END)
    if opcode in opcodes.READ_ONLY:
        return reader.finish(NONE)
    if opcode in opcodes.STRING_WRITES:
        reader.operand = Memory(opcodes.RDI, None, 1, 0, 0)
        return reader.other(*opcodes.IMPLICIT[opcode])
    if opcode in opcodes.IMPLICIT:
        return reader.other(*opcodes.IMPLICIT[opcode])
    if opcode in opcodes.TO_REGISTER:
        return reader.other(reader.reg, memory=False)
    if opcode in opcodes.MODRM:
        return reader.other(*_named(reader, opcode & 1 == 0, opcode not in opcodes.GROUPS))
    raise Undecodable(f"unknown opcode {opcode:#x}")


def _named(reader: _Reader, bytes_only: bool = False, with_reg: bool = True) -> list[int]:
    """Return the registers that ModRM names; with ``bytes_only`` also those of which the bytes may be a part.

    No compiled instruction writes sp in the ways that this function is for, but the number 4 may mean xmm4.
    """
    registers = [reader.reg] if with_reg else []
    if reader.mod == 3:
        registers.append(reader.rm)
    if bytes_only:
        registers += map(reader.byte_register, list(registers))
    return [register for register in registers if register != RSP]


def _alu(reader: _Reader, opcode: int) -> Instruction | None:
    """add, or, adc, sbb, and, sub, xor (cmp is in READ_ONLY), in all directions."""
    operation, form = opcode >> 3, opcode & 7
    if form > 5 or operation == 7:
        return None
    if form > 3:
        return _alu_immediate(reader, operation, RAX, form == 5)
    if reader.mod == 3 and reader.reg == reader.rm and operation in (5, 6) and form & 1 and reader.width >= 4:
        return reader.finish(MOVE, reader.reg, Immediate(0))
    if form < 2:  # the destination is the operand of ModRM
        return reader.other(*_written(reader, form == 0))
    return reader.other(reader.reg, reader.byte_register(reader.reg), memory=False)


def _written(reader: _Reader, bytes_only: bool) -> tuple[int, ...]:
    if reader.mod != 3:
        return ()
    return (reader.byte_register(reader.rm),) if bytes_only else (reader.rm,)


def _alu_immediate(reader: _Reader, operation: int, register: int, wide: bool) -> Instruction:
    if operation in (0, 5) and wide and reader.width == 8:
        constant = reader.immediate if operation == 0 else -reader.immediate
        return reader.finish(ADD, register, Immediate(constant))
    return reader.other(register)


def _group1(reader: _Reader, opcode: int) -> Instruction:
    """Opcodes 80 to 83: the operations of _alu() with a constant."""
    operation = reader.reg & 7
    if operation == 7:
        return reader.finish(NONE)
    if reader.mod != 3:
        return reader.other()
    return _alu_immediate(reader, operation, _written(reader, opcode == 0x80)[0], opcode != 0x80)


def _push_pop(reader: _Reader, opcode: int) -> Instruction:
    return reader.finish(PUSH if opcode < 0x58 else POP, opcode & 7 | (reader.rex & 1) << 3)


def _branch(reader: _Reader, _opcode: int) -> Instruction:
    return reader.finish(BRANCH, target=reader.next + reader.immediate)


def _loop(reader: _Reader, opcode: int) -> Instruction | None:
    if opcode > 0xE3:
        return None
    found = reader.finish(BRANCH, target=reader.next + reader.immediate)
    return found._replace(writes=(opcodes.RCX,))


def _push_immediate(reader: _Reader, _opcode: int) -> Instruction:
    return reader.finish(PUSH, Immediate(reader.immediate))


def _move(reader: _Reader, opcode: int) -> Instruction | None:
    """Opcodes 88 to 8B."""
    register: Operand = reader.reg
    width = reader.width if opcode & 1 else 1
    if width < 4 and not (opcode < 0x8A and reader.mod != 3):
        number = reader.rm if opcode < 0x8A else reader.reg
        return reader.other(reader.byte_register(number) if width == 1 else number, memory=False)
    if opcode < 0x8A:
        return reader.finish(MOVE, reader.operand, register, width=width)
    return reader.finish(MOVE, register, reader.operand, width=width)


def _move_immediate(reader: _Reader, opcode: int) -> Instruction | None:
    """Opcodes B0 to BF, C6 and C7."""
    if opcode in (0xC6, 0xC7):
        width = reader.width if opcode == 0xC7 else 1
        if reader.mod == 3 and width < 4:
            return reader.other(*_written(reader, width == 1))
        value = reader.immediate & 0xFFFFFFFF if width == 4 else reader.immediate
        return reader.finish(MOVE, reader.operand, Immediate(value), width=width)
    if opcode & 0xF0 != 0xB0:
        return None
    register = opcode & 7 | (reader.rex & 1) << 3
    if opcode < 0xB8 or reader.width == 2:
        return reader.other(reader.byte_register(register) if opcode < 0xB8 else register)
    value = reader.immediate if reader.width == 8 else reader.immediate & 0xFFFFFFFF
    return reader.finish(MOVE, register, Immediate(value))


def _lea(reader: _Reader, _opcode: int) -> Instruction:
    if reader.mod == 3 or reader.width != 8:
        return reader.other(reader.reg, memory=False)
    return reader.finish(LEA, reader.reg, reader.operand)


def _call_jump(reader: _Reader, opcode: int) -> Instruction:
    kind = CALL if opcode == 0xE8 else JUMP
    return reader.finish(kind, target=reader.next + reader.immediate)


def _group5(reader: _Reader, opcode: int) -> Instruction:
    """Opcodes FE and FF: inc, dec, call, jmp, push."""
    operation = reader.reg & 7
    if opcode == 0xFF and operation in (2, 3, 4, 5):
        return reader.finish(CALL if operation < 4 else JUMP, None, reader.operand)
    if opcode == 0xFF and operation == 6:
        return reader.finish(PUSH, reader.operand)
    return reader.other(*_written(reader, opcode == 0xFE))


def _group3(reader: _Reader, opcode: int) -> Instruction:
    """Opcodes F6 and F7: test, not, neg, mul, div."""
    operation = reader.reg & 7
    if operation < 2:
        return reader.finish(NONE)
    if operation < 4:
        return reader.other(*_written(reader, opcode == 0xF6))
    return reader.other(RAX, RDX, memory=False)


def _exchange(reader: _Reader, opcode: int) -> Instruction | None:
    if opcode == 0x90 and not reader.rex & 1:
        return None  # nop
    return reader.other(RAX, opcode & 7 | (reader.rex & 1) << 3)


def _special(reader: _Reader, opcode: int) -> Instruction | None:
    if opcode == 0x63:
        return reader.finish(SIGN_EXTEND, reader.reg, reader.operand, width=4) if reader.width == 8 else None
    if opcode == 0xC9:
        return reader.finish(LEAVE)
    if opcode == 0x8F:
        return reader.finish(POP, reader.operand)
    if opcode == 0x9D:
        return reader.finish(POP)
    if opcode == 0x9C:
        return reader.finish(PUSH)
    if 0xD8 <= opcode < 0xE0:  # floating point: fnstsw writes ax
        return reader.other(RAX)
    return None


# (mask, value, function) for opcodes of one byte; the first function that gives a result decides.
_ONE_BYTE = (
    (0xC0, 0x00, _alu), (0xF0, 0x50, _push_pop), (0xF0, 0x70, _branch), (0xFD, 0x68, _push_immediate),
    (0xFC, 0x80, _group1), (0xFC, 0x88, _move), (0xFF, 0x8D, _lea), (0xF0, 0xB0, _move_immediate),
    (0xFE, 0xC6, _move_immediate), (0xFF, 0xE8, _call_jump), (0xFD, 0xE9, _call_jump), (0xFC, 0xE0, _loop),
    (0xFE, 0xFE, _group5), (0xFE, 0xF6, _group3), (0xF8, 0x90, _exchange), (0x00, 0x00, _special),
)  # fmt: skip


def _two_bytes(reader: _Reader, opcode: int) -> Instruction:
    """An opcode that begins with 0F."""
    if opcode in (0x38, 0x3A):
        reader.byte()
        reader.modrm()
        reader.read_immediate(opcode == 0x3A)
        return reader.other(*_named(reader), width=VECTOR_WIDTH)
    if opcode not in opcodes.NO_MODRM_0F:
        reader.modrm()
    reader.read_immediate(opcodes.IMMEDIATE_0F.get(opcode, 0))
    if 0x80 <= opcode < 0x90:
        return _branch(reader, opcode)
    if opcode in opcodes.ENDS_0F:
        return reader.finish(END)
    if opcode in opcodes.READ_ONLY_0F or (opcode == 0xBA and reader.reg & 7 == 4):
        return reader.finish(NONE)
    if opcode in (0xB6, 0xB7, 0xBE, 0xBF) and reader.width >= 4:
        return _extend(reader, opcode)
    if opcode in (0xA0, 0xA8, 0xA1, 0xA9):  # push and pop of fs and gs
        return reader.finish(PUSH if opcode in (0xA0, 0xA8) else POP)
    implicit = opcodes.IMPLICIT_0F.get(opcode, ())
    if opcode in opcodes.NO_MODRM_0F:
        return reader.other(*implicit, *((opcode & 7 | (reader.rex & 1) << 3,) if opcode >= 0xC8 else ()))
    if opcode in opcodes.TO_REGISTER_0F:
        return reader.other(reader.reg, memory=False)
    if opcode in opcodes.VECTORS_0F:
        return reader.other(width=VECTOR_WIDTH)
    width = VECTOR_WIDTH if opcode == 0xAE else 16 if opcode == 0xC7 else 0
    return reader.other(*implicit, *_named(reader, True, opcode not in opcodes.GROUPS_0F), width=width)


def _extend(reader: _Reader, opcode: int) -> Instruction:
    """movzx and movsx."""
    width = 2 if opcode & 1 else 1
    source = reader.operand
    if width == 1 and isinstance(source, int) and reader.byte_register(source) != source:
        return reader.other(reader.reg)  # from ah, ch, dh or bh
    if opcode < 0xB8:
        return reader.finish(EXTEND, reader.reg, source, width=width)
    if reader.width == 4:
        return reader.other(reader.reg, memory=False)
    return reader.finish(SIGN_EXTEND, reader.reg, source, width=width)


def _vector(reader: _Reader, opcode: int) -> Instruction:
    """VEX and EVEX: instructions on vectors, and some on general registers."""
    first = reader.byte()
    inverted = ~first
    reader.rex = (inverted >> 5 & 4) | (0 if opcode == 0xC5 else inverted >> 5 & 3)
    if opcode == 0xC5:
        group, third = 1, first
    else:
        group, third = first & (0x1F if opcode == 0xC4 else 7), reader.byte()
    if opcode == 0x62:
        reader.byte()
    second = ~third >> 3 & 0xF
    reader.extra = (second,) if second != RSP else ()
    code = reader.byte()
    if group == 1 and code == 0x77:  # vzeroupper
        return reader.finish(NONE)
    reader.modrm()
    has_immediate = group == 3 or (group == 1 and code in (*range(0x70, 0x74), 0xC2, 0xC4, 0xC5, 0xC6))
    reader.read_immediate(int(has_immediate))
    return reader.other(*_named(reader), width=VECTOR_WIDTH)
