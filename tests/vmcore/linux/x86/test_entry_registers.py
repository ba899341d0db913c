# SPDX-License-Identifier: GPL-3.0-or-later
"""Registers at the entry of functions, compared with what the test module passed, with the registers of system calls,
and with the call-frame information of the compiler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support import hangs
from support.truth import Truth

pytestmark = pytest.mark.dumps
Inside = Callable[[str, str], Any]
RECOVER = """
from pykdump.linux.stacks import all_stacks, stack_of
from pykdump.linux.x86 import entry_registers
from pykdump.linux.x86.entry_registers import recover
entries = [(s, recover(s)) for s in all_stacks()]
"""
REGISTERS = ("di", "si", "dx", "cx", "r8", "r9")


def known(entry: str) -> str:
    return f"{{n: [k.value, k.width, k.sure] for n, k in {entry}.registers.items()}}"


def test_the_arguments_that_the_test_module_passed(inside: Inside, truth: Truth) -> None:
    arguments = hangs.load(truth).arguments
    assert arguments
    rows = f"[s.comm, e.frame.function, {known('e')}, [e.stack_argument(n) for n in range(2)]]"
    found = inside(RECOVER, f"[{rows} for s, es in entries for e in es if (e.frame.module or '') == 'mpyk_testmod']")
    by_name = {(comm, function): (registers, stack) for comm, function, registers, stack in found}
    missing = []
    for argument in arguments:
        registers, stack = by_name[argument.role, argument.function]
        if argument.number > len(REGISTERS):
            value, width, sure = stack[argument.number - len(REGISTERS) - 1]
        elif REGISTERS[argument.number - 1] in registers:
            value, width, sure = registers[REGISTERS[argument.number - 1]]
        else:
            missing.append(argument)
            continue
        size = {"int": 4, "unsigned int": 4, "unsigned char": 1, "bool": 1, "unsigned short": 2}.get(argument.ctype, 8)
        assert width >= size and value & ((1 << 8 * size) - 1) == argument.value, argument
        assert sure or not argument.kept, argument
    assert missing == []


# {function: the register of the system call that each argument has; None: it is computed}
SYSTEM_CALLS = {
    "ksys_read": ("di", "si", "dx"),
    "ksys_write": ("di", "si", "dx"),
    "do_futex": ("di", "si", "dx"),
    "do_sys_poll": ("di", "si"),
    "do_epoll_wait": ("di", "si", "dx"),
    "do_wait": (),
    "kernel_wait4": ("di", "si", "dx", "r10"),
    "__sys_recvfrom": ("di", "si", "dx", "r10", "r8", "r9"),
    "__sys_recvmsg": ("di", "si", "dx"),
    "__sys_connect": ("di", "si", "dx"),
    "__sys_accept4": ("di", "si", "dx"),
    "do_sys_openat2": ("di", "si"),
    "do_mq_timedreceive": ("di", "si", "dx"),
    "ksys_msgrcv": ("di", "si", "dx"),
    "do_semtimedop": ("di",),
}


def test_no_sure_value_differs_from_the_registers_of_the_system_call(inside: Inside) -> None:
    row = f"[s.user_registers, s.frames[-1].exception.address, [[e.frame.function, {known('e')}] for e in es]]"
    found = inside(RECOVER, f"[{row} for s, es in entries if s.user_registers]")
    wrong, compared, pointers = [], 0, 0
    for user, address, entries in found:
        for function, registers in entries:
            if str(function).startswith("__x64_sys_") and "di" in registers:
                assert registers["di"] == [address, 8, True], function
                pointers += 1
            for name, source in zip(REGISTERS, SYSTEM_CALLS.get(function, ())):
                value, width, sure = registers.get(name, (0, 0, False))
                if sure:
                    compared += 1
                    mask = (1 << 8 * min(width, 4)) - 1
                    wrong += [(function, name, value, user)] if (value ^ user[source]) & mask else []
    assert wrong == []
    assert compared > 50 and pointers > 50


def test_the_code_says_the_same_as_the_compiler(inside: Inside) -> None:
    program = (
        RECOVER
        + """
from pykdump.linux.x86.opcodes import CALLEE_SAVED, NAMES
def saved():
    return {(s.task, n): {r: k.value for r, k in e.registers.items() if r in ("bx", "bp", "r12", "r13", "r14", "r15")}
            for s in all_stacks() if s.source == "orc"
            for n, e in enumerate(recover(s)) if e.frame.module is None}
with_information = saved()
information, entry_registers._frame_info = entry_registers._frame_info, lambda: None
try:
    without = saved()
finally:
    entry_registers._frame_info = information
pairs = [(with_information[p][r], v) for p, rs in without.items() for r, v in rs.items() if r in with_information[p]]
"""
    )
    found = inside(program, "[information() is not None, len(pairs), [p for p in pairs if p[0] != p[1]]]")
    assert found[0] and found[1] > 5000
    assert found[2] == []
