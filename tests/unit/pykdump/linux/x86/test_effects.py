# SPDX-License-Identifier: GPL-3.0-or-later
"""What single instructions do to registers and to the stack."""

from __future__ import annotations

import pytest

from pykdump.linux.x86.decode import decode
from pykdump.linux.x86.effects import UNKNOWN, Facts, State, apply
from pykdump.linux.x86.opcodes import R12, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP
from pykdump.linux.x86.values import Value, constant, entry, maybe


def run(code: str, facts: Facts | None = None, state: State | None = None) -> State:
    """Apply instructions, one after the other, to the state at the start of a function."""
    raw, at = bytes.fromhex(code), 0
    state = state or State.at_entry()
    while at < len(raw):
        instruction = decode(raw, at, at)
        apply(state, instruction, facts or Facts())
        at += instruction.size
    return state


@pytest.mark.parametrize(
    ("code", "register", "value"),
    [
        ("48 89 fb", RBX, entry(RDI)),
        ("89 f5", RBP, ("zx", entry(RSI), 4)),
        ("48 63 f6", RSI, ("sx", entry(RSI), 4)),
        ("0f b6 c2", RAX, ("zx", entry(RDX), 1)),
        ("31 ff", RDI, constant(0)),
        ("48 8d 7b 04", RDI, ("add", entry(RBX), 4)),
        ("48 8d 14 40", RDX, ("def", 0, RDX)),  # lea (%rax,%rax,2)
        ("48 8b 7d 10", RDI, ("load", 0, entry(RBP), 0x10, 8)),
        ("65 48 8b 04 25 28 00 00 00", RAX, ("gs", 0x28)),
        ("48 8b 05 10 00 00 00", RAX, ("load", 0, constant(0), 0x17, 8)),
        ("48 f7 d2", RDX, ("def", 0, RDX)),
        ("e8 00 00 00 00", RCX, ("def", 0, RCX)),
        ("e8 00 00 00 00", R12, entry(R12)),
        ("53 41 5c", R12, entry(RBX)),  # push %rbx; pop %r12
        ("6a 12 41 5c", R12, constant(0x12)),
        ("55 48 89 e5 48 83 ec 40 c9", RBP, entry(RBP)),  # push %rbp; mov %rsp,%rbp; sub; leave
        ("55 48 89 e5 48 83 ec 40 c9", RSP, ("cfa", -8)),
        ("48 83 e4 f0", RSP, ("def", 0, RSP)),
    ],
)
def test_registers(code: str, register: int, value: Value) -> None:
    assert run(code).registers[register] == value


def test_slots() -> None:
    store = "48 89 7c 24 f0"  # mov %rdi,-0x10(%rsp)
    assert run(store).slots == {-0x18: (8, entry(RDI))}
    assert run(store + "c6 44 24 f4 01").slots == {-0x14: (1, constant(1))}  # movb $1,-0xc(%rsp)
    assert run(store + "8b 44 24 f0").registers[RAX] == ("zx", entry(RDI), 4)
    assert run(store + "8b 44 24 f4").registers[RAX][0] == "def"
    assert run(store + "ff 44 24 f0").slots == {}  # incl -0x10(%rsp)
    assert run(store + "e8 00 00 00 00").slots == {}  # the called function may use what is below rsp


def test_a_slot_that_is_read_first_keeps_its_value() -> None:
    state = run("48 83 ec 10 48 8b 04 24")  # sub $0x10,%rsp; mov (%rsp),%rax
    assert state.registers[RAX] == state.slots[-0x18][1]


def test_arguments_on_the_stack_are_unknown_after_an_unknown_write() -> None:
    state = run("ff 44 24 08")  # incl 8(%rsp)
    assert state.slots == {0: (4, UNKNOWN)}
    assert state.load(0, 8) is None and state.load(0, 4) is None and state.load(8, 8) == ("arg", 8)


@pytest.mark.parametrize(
    "code",
    [
        "48 8d 7c 24 08",  # lea 8(%rsp),%rdi
        "48 89 e7",  # mov %rsp,%rdi
        "48 89 65 00",  # mov %rsp,0(%rbp)
        "48 8b 44 cc 08",  # mov 8(%rsp,%rcx,8),%rax
        "48 8d 6c 24 08",  # lea 8(%rsp),%rbp
    ],
)
def test_addresses_on_the_stack_are_noticed(code: str) -> None:
    facts = Facts()
    run(code, facts)
    assert facts.shared


def test_frame_pointers_are_not_shared_addresses() -> None:
    facts = Facts()
    run("55 48 89 e5 48 83 ec 10 48 89 7d f8", facts)
    assert not facts.shared


def test_pushed_registers_stay_sure_where_the_stack_is_shared() -> None:
    facts = Facts(shared=True)
    state = run("53 48 83 ec 10 48 89 3c 24 e8 00 00 00 00", facts)
    assert state.slots == {-0x10: (8, entry(RBX)), -0x20: (8, maybe(entry(RDI)))}
