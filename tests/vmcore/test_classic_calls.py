# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs in the manner of the classic's Time, Analysis and fregsapi say what the guest recorded."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from support import hangs
from support.truth import Truth

Run = Callable[..., str]
Inside = Callable[[str, str], Any]
NANOSECONDS = 1_000_000_000
WORD = (1 << 64) - 1


def test_clocks(run: Run, truth: Truth, drgn_program: Any) -> None:
    output = run("clocks")
    found = {words[0]: words[1:] for words in map(str.split, output.splitlines()) if words[0].isalpha()}
    (boot,) = (int(line.split()[1]) for line in truth.lines("proc/stat") if line.startswith("btime "))
    assert int(found["boot"][0]) == boot
    assert 0 <= int(found["boot"][1]) < NANOSECONDS
    assert found["since"] in (["0"], ["1"])
    assert truth.uptime - 0.02 <= float(found["uptime"][0]) < truth.uptime + 60
    last = drgn_program["last_jiffies_update"].value_()
    assert found["last"] == [str(last)] * 3
    base = drgn_program["tk_core"].timekeeper.tkr_mono
    assert found["keeper"] == [str(base.base.value_() + (base.xtime_nsec.value_() >> base.shift.value_()))]
    assert found["host"] == ["True"]
    assert "\ntimespec(tv_sec=4, tv_nsec=999999999) 2\n" in output
    assert found["delay"] == ["10.00", "s"]
    assert re.findall(r"^\d+$", output, re.M) == found["keeper"]


def role_of(truth: Truth) -> tuple[int, list[hangs.Argument]]:
    known = hangs.load(truth)
    role = next(role for role in known.roles.values() if role.name == "mpyk-calls")
    return role.pid, [argument for argument in known.arguments if argument.role == role.name]


def test_one_argument(run: Run, truth: Truth) -> None:
    pid, arguments = role_of(truth)
    seen = 0
    for argument in arguments:
        if argument.number <= 6 and argument.kept and argument.ctype in ("unsigned long", "struct mpyk_role *"):
            output = run("callargs", pid, argument.number - 1, argument.function)
            assert output == f"{argument.function} {argument.value & WORD:x}\n"
            seen += 1
    assert seen > 5
    assert run("callargs", pid, 0, "nonesuch") == "nonesuch None\n"
    assert run("callargs", 999999, 0, "mpyk_call_last") == "mpyk_call_last None\n"


def test_pointers_to_structs(run: Run, truth: Truth) -> None:
    pid, arguments = role_of(truth)
    rows = [line.split() for line in run("callargs", pid, "-s", "^mpyk_call_", "struct").splitlines()]
    found = {(words[0], " ".join(words[1:3]), int(words[3], 16)) for words in rows}
    expected = {
        (argument.function, argument.ctype.removesuffix(" *"), argument.value & WORD)
        for argument in arguments
        if argument.kept and argument.ctype.startswith("struct ")
    }
    assert len(expected) > 6
    assert expected <= found
    one = run("callargs", pid, "-s", "^mpyk_call_pointers", "dentry")
    (dentry,) = (a.value for a in arguments if a.function == "mpyk_call_pointers" and a.ctype == "struct dentry *")
    assert one == f"mpyk_call_pointers struct dentry {dentry:x}\n"


def test_registers_that_functions_have_saved(run: Run, truth: Truth) -> None:
    """A function that keeps its arguments has them in registers that the functions which it calls have to save."""
    pid, arguments = role_of(truth)
    lines = run("callargs", pid, "-x", "^mpyk_").splitlines()
    rows = re.findall(r"^(\w+) from <(\w+)\+\d+>:(.*)$", "\n".join(lines), re.M)
    assert [caller for _, caller, _ in rows[:-1]] == [function for function, _, _ in rows[1:]]
    values = {int(value, 16) for _, _, text in rows for value in re.findall(r"=(\w+)", text)}
    callers = {caller for _, caller, _ in rows}
    kept = [a for a in arguments if a.kept and a.number <= 6 and a.function in callers]
    assert len(kept) > 10
    # Small numbers may lie in a part of a register.
    assert sum((argument.value & WORD) in values for argument in kept) > len(kept) // 2
