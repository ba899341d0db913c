# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of exec_bt() with registers."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import register_search  # noqa: E402
from pykdump.linux.btstack import BTFrame, BTStack, parse_bt  # noqa: E402
from pykdump.linux.unwind.frames import Frame  # noqa: E402
from pykdump.linux.x86.entry_registers import Entry, Known  # noqa: E402
from pykdump.linux.x86.values import entry  # noqa: E402

TEXT = """\
PID: 7  TASK: ffff8102d6551d50  CPU: 3   COMMAND: "sh"
 #0 [ffffc90000003d58] vfs_read at ffffffff81234567
 #1 [ffffc90000003df8] ksys_read at ffffffff81c00b62
    [exception RIP: fault+22]
 #2 [ffffc90000003e50] entry at ffffffff8140a1b2
"""


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> BTStack:
    (found,) = parse_bt(TEXT, live=False)

    def entries(task: int) -> list[Entry]:
        assert task == found.addr
        registers = {"di": Known(5, 8, True), "r12": Known(6, 8, False)}
        first = Frame("vfs_read", 0, None, 0xFFFFFFFF81234567, 0xFFFFC90000003D58, 0, False, {}, None)
        return [Entry(first, 0, registers, lambda number: None)]

    monkeypatch.setattr(register_search, "_entries", entries)
    return found


def attributes(frame: BTFrame) -> tuple[object, object, object]:
    return frame.reg, frame.lookup_regs, frame.from_func  # type: ignore[attr-defined]


def test_frames_get_registers_and_callers(stack: BTStack) -> None:
    register_search.search_for_registers(stack)
    first, second, exception, last = map(attributes, stack.frames)
    assert first == ({"RDI": (5, 0), "R12": (6, 1)}, True, "called from 0xffffffff81c00b62 <ksys_read+-1>")
    assert second == ({}, False, "entered by exception at <fault+22>")
    assert exception[1] is True and last == ({}, False, "")


def test_only_some_functions(stack: BTStack) -> None:
    register_search.search_for_registers(stack, "ksys")
    assert attributes(stack.frames[0])[0] == {}


def test_a_task_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(task: int) -> None:
        raise LookupError

    monkeypatch.setattr(register_search, "stack_of", gone)
    assert register_search._entries(5) == []


def test_the_flavour_is_set_and_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = []

    def gdb(command: str) -> str:
        commands.append(command)
        return 'The disassembly flavor is "intel".\n'

    monkeypatch.setattr(register_search, "exec_gdb_command", gdb)
    with register_search.DisasmFlavor("att"):
        assert register_search.disasm("schedule", 3)
    assert commands[1:] == [
        "set disassembly-flavor att", "x/3i schedule", "set disassembly-flavor intel",
    ]  # fmt: skip


def test_names_of_parts_of_registers() -> None:
    names = (register_search.REG64, register_search.REG32, register_search.REG16, register_search.REG8)
    assert [row[5] for row in names] == ["RDI", "EDI", "DI", "DIL"]
    assert [row[15] for row in names] == ["R15", "R15D", "R15W", "R15B"]


def test_a_pattern_chooses_functions(stack: BTStack) -> None:
    found = register_search.search_for_registers(stack, re.compile("^(vfs|entry)"))
    assert [frame.func for frame in found] == ["vfs_read"], "the outermost function is no result"
    assert attributes(stack.frames[0])[0] != {}
    assert stack.frames[0].sp == 0xFFFFC90000003DF8  # type: ignore[attr-defined]
    assert stack.frames[-1].sp is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(("complete", "confidence"), [(True, 0), (False, 1)])
def test_registers_that_the_function_has_saved(
    stack: BTStack, monkeypatch: pytest.MonkeyPatch, complete: bool, confidence: int
) -> None:
    # In the slots are RBX, the low half of RSI, R12 and something else; the return address is at CFA - 8.
    slots = {-16: (8, entry(3)), -24: (4, entry(6)), -32: (8, entry(12)), -40: (8, ("const", 5))}
    state = SimpleNamespace(slots=slots)
    flow = SimpleNamespace(
        complete=complete, call_before=lambda address: SimpleNamespace(address=1), state_at=lambda address: state
    )
    monkeypatch.setattr(register_search, "flow_of", lambda start: flow)
    monkeypatch.setattr(register_search, "function_start", lambda name, address, offset: address - offset)
    frame = stack.frames[0]
    frame.reg, frame.sp = {}, 0x1000  # type: ignore[attr-defined]
    register_search.extract_registers(frame, {0xFF8: 0xB, 0xFF0: 0xA, 0xFE0: 0xD})
    assert frame.reg == {"RBX": (0xB, confidence)}, "the word of R12 is not in the table"  # type: ignore[attr-defined]
    register_search.extract_registers(frame, {0xFE8: 0xC})
    assert frame.reg["R12"] == (0xC, confidence)  # type: ignore[attr-defined]


def test_a_function_whose_code_is_unknown(stack: BTStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_search, "function_start", lambda name, address, offset: None)
    frame = stack.frames[0]
    frame.reg = {}  # type: ignore[attr-defined]
    register_search.extract_registers(frame, {})
    assert frame.reg == {}  # type: ignore[attr-defined]
