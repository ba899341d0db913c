# SPDX-License-Identifier: GPL-3.0-or-later
"""Instructions as GNU as encodes them, with what Intel's manual says that they do."""

from __future__ import annotations

from typing import Any

import pytest

from pykdump.linux.x86 import decode as kinds
from pykdump.linux.x86.decode import RIP, Immediate, Memory, Undecodable, decode
from pykdump.linux.x86.opcodes import R8, R9, R10, R11, R12, R15, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP

AT = 0xFFFFFFFF81000000
ALL = (1 << 64) - 1


def memory(base: int | None, offset: int, scaled: int | None = None, scale: int = 1, segment: int = 0) -> Memory:
    return Memory(base, scaled, scale, offset, segment)


# (bytes, kind, destination, source, width)
OPERANDS: list[tuple[str, str, Any, Any, int]] = [
    ("53", kinds.PUSH, RBX, None, 8),
    ("41 57", kinds.PUSH, R15, None, 8),
    ("41 5c", kinds.POP, R12, None, 8),
    ("6a 12", kinds.PUSH, Immediate(0x12), None, 8),
    ("48 89 fb", kinds.MOVE, RBX, RDI, 8),  # mov %rdi,%rbx
    ("89 f5", kinds.MOVE, RBP, RSI, 4),
    ("4c 89 4c 24 18", kinds.MOVE, memory(RSP, 0x18), R9, 8),
    ("4c 8b 44 8d 10", kinds.MOVE, R8, memory(RBP, 0x10, RCX, 4), 8),  # 0x10(%rbp,%rcx,4)
    ("65 48 8b 04 25 28 00 00 00", kinds.MOVE, RAX, memory(None, 0x28, segment=0x65), 8),
    ("48 8b 05 10 00 00 00", kinds.MOVE, RAX, memory(RIP, AT + 0x17), 8),  # 0x10(%rip)
    ("c7 44 24 08 ff ff ff ff", kinds.MOVE, memory(RSP, 8), Immediate(0xFFFFFFFF), 4),
    ("b8 ff ff ff ff", kinds.MOVE, RAX, Immediate(0xFFFFFFFF), 8),  # the upper half becomes 0
    ("48 c7 c7 ff ff ff ff", kinds.MOVE, RDI, Immediate(-1), 8),
    ("49 ba 88 77 66 55 44 33 22 11", kinds.MOVE, R10, Immediate(0x1122334455667788), 8),
    ("31 ff", kinds.MOVE, RDI, Immediate(0), 8),  # xor %edi,%edi
    ("48 8d 7c 24 08", kinds.LEA, RDI, memory(RSP, 8), 8),
    ("48 83 ec 40", kinds.ADD, RSP, Immediate(-0x40), 8),
    ("48 81 c4 48 01 00 00", kinds.ADD, RSP, Immediate(0x148), 8),
    ("0f b6 c2", kinds.EXTEND, RAX, RDX, 1),
    ("0f b7 4f 06", kinds.EXTEND, RCX, memory(RDI, 6), 2),
    ("48 63 f6", kinds.SIGN_EXTEND, RSI, RSI, 4),
    ("ff d0", kinds.CALL, None, RAX, 8),
    ("ff 53 20", kinds.CALL, None, memory(RBX, 0x20), 8),
    ("ff e1", kinds.JUMP, None, RCX, 8),
    ("c9", kinds.LEAVE, None, None, 8),
    ("c3", kinds.END, None, None, 8),
    ("48 cf", kinds.END, None, None, 8),  # iretq
    ("0f 0b", kinds.NONE, None, None, 8),  # ud2, after which WARN() goes on
    ("90", kinds.NONE, None, None, 8),
    ("66 0f 1f 04 00", kinds.NONE, None, None, 8),
    ("f3 0f 1e fa", kinds.NONE, None, None, 8),  # endbr64
    ("85 c0", kinds.NONE, None, None, 8),
    ("48 83 fa 05", kinds.NONE, None, None, 8),
    ("0f 30", kinds.NONE, None, None, 8),
]


@pytest.mark.parametrize(("code", "kind", "destination", "source", "width"), OPERANDS)
def test_operands(code: str, kind: str, destination: Any, source: Any, width: int) -> None:
    raw = bytes.fromhex(code)
    found = decode(raw + b"\xcc" * 8, 0, AT)
    assert found[:6] == (AT, len(raw), kind, destination, source, width)
    assert found.writes == ()


# (bytes, registers that are written)
WRITES = [
    ("0f a2", {RAX, RBX, RCX, RDX}),  # cpuid
    ("0f 31", {RAX, RDX}),
    ("48 c1 e0 04", {RAX}),  # shl
    ("0f 94 c7", {RBX}),  # sete %bh
    ("0f ba ea 03", {RDX}),
    ("49 91", {RAX, R9}),
    ("49 0f cb", {R11}),
    ("49 f7 e0", {RAX, RDX}),  # mul %r8
    ("48 ff c1", {RCX}),
    ("48 f7 d2", {RDX}),
    ("b4 01", {RAX}),  # mov $1,%ah
    ("88 d9", {RCX}),
    ("66 89 c2", {RDX}),
    ("48 83 e4 f0", {RSP}),  # and $-16,%rsp
    ("0f 20 df", {RDI}),  # mov %cr3,%rdi
    ("48 6b fe 64", {RDI}),  # imul $100,%rsi,%rdi
    ("c4 e2 e0 f2 c8", {RCX}),  # andn %rax,%rbx,%rcx
    ("0f be f8", {RDI}),  # movsbl
    ("f3 48 a5", {RCX, RSI, RDI}),
]


@pytest.mark.parametrize(("code", "registers"), WRITES)
def test_other_instructions_write_at_least_their_registers(code: str, registers: set[int]) -> None:
    raw = bytes.fromhex(code)
    found = decode(raw + b"\xcc" * 8, 0, AT)
    assert (found.kind, found.size) == (kinds.OTHER, len(raw))
    assert registers <= set(found.writes)


@pytest.mark.parametrize("code", ["66 0f 6e e1", "c4 c1 59 ef df", "0f 11 4c 24 10", "48 c1 e0 04", "0f ba ea 03"])
def test_vectors_and_parts_of_opcodes_are_not_taken_for_the_stack_pointer(code: str) -> None:
    assert RSP not in decode(bytes.fromhex(code), 0, AT).writes


@pytest.mark.parametrize(
    ("code", "register"),
    [("4c 0f af ea", 13), ("48 0f 45 fe", RDI), ("48 6b fe 64", RDI), ("48 0f bc 44 24 08", RAX)],
)
def test_imul_and_cmov_only_write_their_destination(code: str, register: int) -> None:
    found = decode(bytes.fromhex(code), 0, AT)
    assert (found.writes, found.destination) == ((register,), None)


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("48 0f b1 4c 24 08", memory(RSP, 8)),
        ("f0 ff 43 04", memory(RBX, 4)),
        ("0f 11 4c 24 10", memory(RSP, 0x10)),
        ("f3 48 a5", memory(RDI, 0)),
    ],
)
def test_memory_that_may_be_written(code: str, written: Memory) -> None:
    assert decode(bytes.fromhex(code), 0, AT).destination == written


@pytest.mark.parametrize(
    ("code", "kind", "target"),
    [
        ("e8 00 10 00 00", kinds.CALL, AT + 0x1005),
        ("e9 fb ff ff ff", kinds.JUMP, AT),
        ("eb 10", kinds.JUMP, AT + 0x12),
        ("74 03", kinds.BRANCH, AT + 5),
        ("0f 84 00 00 00 80", kinds.BRANCH, AT + 6 - 0x80000000),
        ("e3 05", kinds.BRANCH, AT + 7),
    ],
)
def test_targets(code: str, kind: str, target: int) -> None:
    found = decode(bytes.fromhex(code), 0, AT)
    assert (found.kind, found.target, found.next) == (kind, target, AT + len(bytes.fromhex(code)))


@pytest.mark.parametrize("code", ["48", "48 8b", "e8 00 00", "06", ""])
def test_what_is_no_instruction(code: str) -> None:
    with pytest.raises(Undecodable):
        decode(bytes.fromhex(code), 0, AT)
