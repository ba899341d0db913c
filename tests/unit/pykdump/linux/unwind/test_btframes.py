# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames made of what bt prints, on x86-64 and on arm64."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.btstack import parse_bt  # noqa: E402
from pykdump.linux.unwind import btframes  # noqa: E402

KERNEL_FAULT = """\
PID: 7  TASK: ffff8102d6551d50  CPU: 3   COMMAND: "sh"
 #0 [ffffc90000003d58] oops_end at ffffffff81234567
 #1 [ffffc90000003df8] asm_exc_page_fault at ffffffff81c00b62
    [exception RIP: sysrq_handle_crash+22]
    RIP: ffffffff81600016  RSP: ffffc90000003e48  RFLAGS: 00010246
    RAX: 0000000000000001   R8: 0000000000000008  ORIG_RAX: ffffffffffffffff
    CS: 0010  SS: 0018
 #2 [ffffc90000003e50] ksys_write at ffffffff8140a1b2 [some_module]
    RIP: 00007f0000000001  RSP: 00007ffc00000002  CS: 0033  SS: 002b
"""
ARM = """\
PID: 9  TASK: ffff0000c1234500  CPU: 0   COMMAND: "sleep"
 #0 [ffff800080003d58] __switch_to at ffffa00081234567
 #1 [ffff800080003ea0] el0t_64_sync at ffffa00081212345
     PC: 0000ffff9ab01234   LR: 0000ffff9ab01220   SP: 0000ffffe0001110  PSTATE: 60001000
    X29: 0000ffffe0001111  X28: 0000000000000000
"""


@pytest.fixture(autouse=True)
def no_symbols(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(btframes, "addr2sym", lambda address, loose: ("f", address & 0xFFF))


def bt(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(btframes, "exec_bt", lambda command: list(parse_bt(text, live=False)))


def test_an_exception_in_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    bt(monkeypatch, KERNEL_FAULT)
    frames, problem = btframes.frames_of(0xFFFF8102D6551D50)
    assert problem is None
    assert [f.function for f in frames] == ["oops_end", "asm_exc_page_fault", "sysrq_handle_crash", "ksys_write"]
    assert (frames[0].offset, frames[0].stack, frames[0].exact) == (0x567, 0xFFFFC90000003D58, False)
    # The frame of a function ends at the return address of its caller. It is not known at an exception.
    assert [f.cfa for f in frames] == [0xFFFFC90000003E00, 0, 0xFFFFC90000003E58, 0]
    interrupted = frames[2]
    assert (interrupted.exact, interrupted.offset, interrupted.address) == (True, 22, 0xFFFFFFFF81600016)
    assert interrupted.registers["orig_ax"] == (1 << 64) - 1
    assert (interrupted.registers["ax"], interrupted.registers["r8"], interrupted.registers["flags"]) == (1, 8, 0x10246)
    last = frames[3].exception
    assert frames[3].module == "some_module" and last is not None and last.user
    assert last.registers == {"ip": 0x7F0000000001, "sp": 0x7FFC00000002, "cs": 0x33, "ss": 0x2B}


def test_arm64(monkeypatch: pytest.MonkeyPatch) -> None:
    bt(monkeypatch, ARM)
    frames, _ = btframes.frames_of(0xFFFF0000C1234500)
    last = frames[1].exception
    assert last is not None and last.user
    assert (last.registers["pc"], last.registers["x29"]) == (0xFFFF9AB01234, 0xFFFFE0001111)


def test_no_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    bt(monkeypatch, KERNEL_FAULT)
    assert btframes.frames_of(0x1234) == ([], "bt shows no stack")
