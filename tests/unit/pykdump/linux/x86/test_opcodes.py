# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of opcodes do not contradict each other."""

from __future__ import annotations

from pykdump.linux.x86 import opcodes


def test_registers_are_saved_by_one_side() -> None:
    saved = {*opcodes.CALLER_SAVED, *opcodes.CALLEE_SAVED, opcodes.RSP}
    assert saved == set(range(16))
    assert len(opcodes.CALLER_SAVED) + len(opcodes.CALLEE_SAVED) + 1 == 16
    assert [opcodes.NAMES[number] for number in opcodes.ARGUMENTS] == ["di", "si", "dx", "cx", "r8", "r9"]


def test_an_opcode_has_one_meaning() -> None:
    assert not opcodes.READ_ONLY & opcodes.ENDS
    assert not opcodes.READ_ONLY & set(opcodes.IMPLICIT)
    assert not opcodes.PREFIXES & opcodes.MODRM
    assert not opcodes.VECTORS_0F & (opcodes.READ_ONLY_0F | opcodes.NO_MODRM_0F | opcodes.GROUPS_0F)
