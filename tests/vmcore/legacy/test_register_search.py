# SPDX-License-Identifier: GPL-3.0-or-later
"""LinuxDump.fregsapi on the real dump, compared with the arguments that the test module recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support import hangs
from support.truth import Truth

Inside = Callable[[str, str], Any]
SEARCH = """
from LinuxDump.BTstack import exec_bt
from LinuxDump.fregsapi import *
def search(pid):
    with DisasmFlavor("att"):
        stack = exec_bt(f"bt {pid}")[0]
        search_for_registers(stack)
    return {f.func: [f.reg, f.from_func] for f in stack.frames}
"""


def test_arguments_of_the_test_module(inside: Inside, truth: Truth) -> None:
    known = hangs.load(truth)
    role = next(role for role in known.roles.values() if role.name == "mpyk-calls")
    found = inside(SEARCH, f"search({role.pid})")
    arguments = [a for a in known.arguments if a.role == role.name and a.number == 2 and a.ctype == "unsigned long"]
    assert len(arguments) > 1
    for argument in arguments:
        registers, caller = found[argument.function]
        assert registers["RSI"][0] == argument.value
        assert registers["RSI"][1] == 0 or not argument.kept
        assert "called from 0x" in caller
