# SPDX-License-Identifier: GPL-3.0-or-later
"""The flow of values through small functions."""

from __future__ import annotations

from pykdump.linux.x86.effects import State
from pykdump.linux.x86.flow import Flow, analyse
from pykdump.linux.x86.opcodes import RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP
from pykdump.linux.x86.values import constant, entry, maybe

from .assembled import FAULTS, KEEPS, LOOPS, ON_STACK, SHARES, START, SWITCHES, Assembled


def state(flow: Flow, offset: int) -> State:
    found = flow.state_at(START + offset)
    assert found is not None
    return found


def test_what_a_function_keeps_during_a_call() -> None:
    flow = analyse(KEEPS)
    call = flow.call_before(START + 0x28)
    assert call is not None and call.address == START + 0x23
    before = state(flow, 0x23).registers
    assert (before[RDI], before[RSI], before[RDX]) == (("add", entry(RDI), 4), ("zx", entry(RCX), 4), constant(7))
    after = state(flow, 0x28)
    assert flow.complete and not flow.facts.shared
    assert after.registers[RBX] == entry(RDI)
    assert after.registers[RDI] == ("def", START + 0x23, RDI)
    assert after.registers[RBP] == ("phi", START + 0x18, RBP)  # rdx or r8
    assert after.registers[RSP] == ("cfa", -0x30)
    assert after.slots == {-0x10: (8, entry(RBP)), -0x18: (8, entry(RBX)), -0x28: (8, entry(RSI))}


def test_slots_are_uncertain_when_the_stack_is_shared() -> None:
    flow = analyse(SHARES)
    assert flow.facts.shared
    assert state(flow, 0x13).slots[-0x20] == (8, maybe(entry(RDI)))
    assert state(flow, 0x18).registers[RSI] == maybe(entry(RDI))


def test_a_loop_ends_and_keeps_what_it_does_not_change() -> None:
    flow = analyse(LOOPS)
    inside = state(flow, 0x10).registers
    assert inside[RBP] == entry(RDI)
    assert inside[RBX] == ("phi", START + 8, RBX)
    assert state(flow, 0xB).registers[RDI] == inside[RBX]
    assert state(flow, 0x1A).registers[RDI] == ("load", START + 0x16, entry(RDI), 0x10, 8)
    assert [jump.address for jump in flow.jumps_to(START + 0x26 + 0x2000)] == [START + 0x21]


def test_a_switch_may_go_anywhere() -> None:
    assert not analyse(SWITCHES).complete
    assert analyse(KEEPS).complete


def test_a_fault_goes_on_at_its_fixup() -> None:
    flow = analyse(FAULTS)
    assert state(flow, 7).registers[RDI] == entry(RDI)
    # The instruction may or may not have written its register.
    assert state(flow, 7).registers[RAX] == ("phi", START + 7, RAX)
    assert state(flow, 12).registers[RAX] == constant(0xFFFFFFF2)
    assert analyse(Assembled("48 8b 07 c3 c3")).state_at(START + 4) is None


def test_arguments_on_the_stack() -> None:
    after = state(analyse(ON_STACK), 0x13)
    assert after.load(0, 8) == ("arg", 0)
    assert after.load(8, 8) == constant(0)
    assert after.load(16, 8) == ("arg", 16)
    assert after.load(4, 8) is None
    assert state(analyse(ON_STACK), 5).registers[RDI] == ("arg", 0)


def test_paths_that_overwrite_an_argument_on_the_stack() -> None:
    # test %edi,%edi; je 1f; movq $0,8(%rsp); 1: ret
    flow = analyse(Assembled("85 ff 74 09 48 c7 44 24 08 00 00 00 00 c3"))
    assert state(flow, 13).load(0, 8) is None
    assert state(flow, 13).load(8, 8) == ("arg", 8)


def test_code_that_cannot_be_decoded_makes_all_uncertain() -> None:
    flow = analyse(Assembled("74 01 c3 06"))
    assert not flow.complete
    assert flow.state_at(START + 2) is not None


def test_a_call_that_does_not_return() -> None:
    class Short(Assembled):
        def contains(self, address: int) -> bool:
            return 0 <= address - self.start < 5

    flow = analyse(Short("e8 00 00 00 00 53 c3"))
    assert flow.complete and list(flow.instructions) == [START]
