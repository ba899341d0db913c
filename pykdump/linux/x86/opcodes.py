# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of x86-64's opcodes: which ones have a ModRM byte, an immediate operand, or effects that no operand shows.

The facts are in Intel's Software Developer's Manual, volume 2, appendix A.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI = range(8)
R8, R9, R10, R11, R12, R13, R14, R15 = range(8, 16)
NAMES = ("ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")
CALLER_SAVED = (RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11)
CALLEE_SAVED = (RBX, RBP, R12, R13, R14, R15)
ARGUMENTS = (RDI, RSI, RDX, RCX, R8, R9)

# Sizes of immediate operands. Z: 4 bytes, or 2 with the prefix 66. V: as Z, but 8 with REX.W. A: an address of 8 bytes.
Z, V, A = -1, -2, -3


def _rows(*rows: tuple[Iterable[int], int]) -> dict[int, int]:
    return {opcode: size for opcodes, size in rows for opcode in opcodes}


_ALU = range(0x00, 0x40, 8)
PREFIXES = frozenset((0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65))
# Opcodes of one byte.
MODRM = frozenset(
    [base + low for base in _ALU for low in range(4)]
    + [0x62, 0x63, 0x69, 0x6B, *range(0x80, 0x90), 0xC0, 0xC1, 0xC6, 0xC7, *range(0xD0, 0xD4), *range(0xD8, 0xE0)]
    + [0xF6, 0xF7, 0xFE, 0xFF]
)
IMMEDIATE = _rows(
    ([base + 4 for base in _ALU], 1),
    ([base + 5 for base in _ALU], Z),
    ((0x68, 0x69, 0x81, 0xA9, 0xC7, 0xE8, 0xE9), Z),
    ((0x6A, 0x6B, *range(0x70, 0x81), 0x83, 0xA8, *range(0xB0, 0xB8), 0xC0, 0xC1, 0xC6, 0xCD), 1),
    ((*range(0xE0, 0xE8), 0xEB), 1),
    (range(0xA0, 0xA4), A),
    (range(0xB8, 0xC0), V),
    ((0xC2, 0xCA), 2),
    ((0xC8,), 3),
)
IMMEDIATE.update({0xE8: 4, 0xE9: 4})  # the prefix 66 does not shorten branches
# Opcodes that begin with 0F.
NO_MODRM_0F = frozenset(
    [
        0x05,
        0x06,
        0x07,
        0x08,
        0x09,
        0x0B,
        0x0E,
        *range(0x30, 0x38),
        0x77,
        *range(0x80, 0x90),
        0xA0,
        0xA1,
        0xA2,
        0xA8,
        0xA9,
        0xAA,
        *range(0xC8, 0xD0),
    ]
)
IMMEDIATE_0F = _rows(((*range(0x70, 0x74), 0xA4, 0xAC, 0xBA, 0xC2, 0xC4, 0xC5, 0xC6), 1), (range(0x80, 0x90), 4))

# Opcodes that write neither a register of ours nor memory.
READ_ONLY = frozenset(
    [
        *range(0x38, 0x3E),
        0x84,
        0x85,
        0x8E,
        0x90,
        0x9B,
        0x9C,
        0x9E,
        0xA8,
        0xA9,
        0xCC,
        0xE6,
        0xE7,
        0xEE,
        0xEF,
        0xF1,
        0xF5,
        *range(0xF8, 0xFE),
    ]
)
READ_ONLY_0F = frozenset((0x06, 0x08, 0x09, 0x0B, 0x0D, *range(0x18, 0x20), 0x22, 0x23, 0x30, 0xA3, 0xB9, 0xFF))
# Opcodes whose ModRM has a part of the opcode in the place of a register.
GROUPS = frozenset((0xC0, 0xC1, *range(0xD0, 0xD4)))
GROUPS_0F = frozenset((0x00, 0x01, *range(0x90, 0xA0), 0xAE, 0xBA, 0xC7))
# Opcodes that only write the register of ModRM: imul, cmov, bsf and the like.
TO_REGISTER = frozenset((0x69, 0x6B))
TO_REGISTER_0F = frozenset(
    (0x02, 0x03, 0x2C, 0x2D, *range(0x40, 0x51), 0xAF, *range(0xB6, 0xB9), *range(0xBC, 0xC0), 0xC5, 0xD7)
)
# Opcodes on vectors, which write no register of ours.
VECTORS_0F = frozenset(
    [
        *range(0x10, 0x18),
        *range(0x28, 0x2C),
        0x2E,
        0x2F,
        *range(0x51, 0x77),
        0x7C,
        0x7D,
        0x7F,
        0xC2,
        0xC4,
        0xC6,
        *range(0xD0, 0xD7),
        *range(0xD8, 0xFF),
    ]
)
# Registers that an instruction writes without naming them.
IMPLICIT = {
    0x98: (RAX,), 0x99: (RDX,), 0x9F: (RAX,), 0xD7: (RAX,), 0xC8: (RSP, RBP),
    **dict.fromkeys((0xE4, 0xE5, 0xEC, 0xED, 0xA0, 0xA1), (RAX,)),
    **dict.fromkeys((*range(0x6C, 0x70), *range(0xA4, 0xA8), *range(0xAA, 0xB0)), (RAX, RCX, RSI, RDI)),
    **dict.fromkeys((0xE0, 0xE1, 0xE2), (RCX,)),
}  # fmt: skip
IMPLICIT_0F = {
    0x01: (RAX, RCX, RDX), 0x31: (RAX, RDX), 0x32: (RAX, RDX), 0x33: (RAX, RDX), 0x37: (RAX, RBX, RCX),
    0x05: (RAX, RCX, R11), 0xA2: (RAX, RBX, RCX, RDX), 0xB0: (RAX,), 0xB1: (RAX,), 0xC7: (RAX, RDX),
}  # fmt: skip
# Instructions that write memory which no operand names: the string instructions.
STRING_WRITES = frozenset((0x6C, 0x6D, 0xA4, 0xA5, 0xAA, 0xAB))
# After these, the next instruction is not executed. (After ud2 it may be: WARN() returns there.)
ENDS = frozenset((0xC2, 0xC3, 0xCA, 0xCB, 0xCF, 0xF4))
ENDS_0F = frozenset((0x07, 0x35))
