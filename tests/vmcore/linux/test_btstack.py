# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks parsed from the output of bt, compared with its text and with the known work of the tasks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from support.session import CrashSession
from support.truth import Truth

Inside = Callable[[str, str], Any]
BT = "from LinuxDump.BTstack import exec_bt, parse_bt"


def test_every_line_of_every_stack_is_understood(inside: Inside, truth: Truth) -> None:
    # Text and frames of one run: when crash walks the stack of a stopped task again, it may print other frames.
    one = "[s.addr, s.pid, s.cmd, len([f for f in s.frames if f.level >= 0])]"
    program = f"{BT}\ntext = exec_crash_command('foreach bt')"
    text, found = inside(program, f"[text, [{one} for s in parse_bt(text)]]")
    expected = {}
    for block in re.split(r"^(?=PID: )", text, flags=re.M)[1:]:
        levels = re.findall(r"^ *#\d+ .*? at [0-9a-f]{8,}", block, re.M)
        expected[int(block.split()[3], 16)] = len(levels)
    assert len(found) > 300
    assert {addr: levels for addr, _, _, levels in found} == expected
    comms = {pid: cmd for _, pid, cmd, _ in found}
    wrong = [t for t in truth.user_tasks if t.comm.isascii() and comms.get(t.pid) != t.comm]
    assert wrong == []


def test_functions_and_offsets(inside: Inside, truth: Truth, drgn_program: Any) -> None:
    task = next(t for t in truth.tasks if t.comm == "d-frozen-write")
    found = inside(BT, f"[[f.func, f.offset, f.addr, f.module] for f in exec_bt('bt {task.pid}')[0].frames]")
    functions = [row[0] for row in found]
    # drgn knows inlined functions as well.
    names = [frame.name for frame in drgn_program.stack_trace(task.pid)]
    assert [name for name in names if name in functions and name != "__schedule"] == [
        name for name in functions if name in names and name != "__schedule"
    ]
    assert "percpu_rwsem_wait" in functions
    for name, offset, address, _ in found:
        symbols = drgn_program.symbol(address)
        if symbols.name == name:
            assert address - symbols.address == offset


def test_searching_stacks(inside: Inside, crash_session: CrashSession, truth: Truth) -> None:
    waiting = inside(BT, "[s.pid for s in exec_bt('foreach bt') if s.hasfunc('percpu_rwsem_wait')]")
    assert sorted(waiting) == sorted(t.pid for t in truth.tasks if t.comm.startswith(("d-frozen", "mpyk-pcpu-late")))
    first = inside(BT, "[(lambda s: [s.hasfunc('^schedule$'), s.hasfunc('no such'), s.getSimpleSignature(),"
                       " s.simplerepr(), str(s)])(exec_bt('bt 1')[0])][0]")  # fmt: skip
    assert first[0][1] == "schedule" and first[1] is False
    expected = re.findall(r"^ *#\d+ \[\w+\] (\S+) at", crash_session.run("bt 1"), re.M)
    assert "schedule" in expected
    assert first[2].split("/")[:3] == expected[:3]
    assert first[3].splitlines()[0].split() == ["#0", expected[0]]
    assert first[4].startswith("\nPID=1  CPU=")


def test_texts_of_other_crashes_are_understood(inside: Inside) -> None:
    text = (
        'PID: 7  TASK: ffff8102d6551d50  CPU: 3   COMMAND: \\"a b\\"\\n'
        " #0 [ffff8102d6551d50] nlm_lookup_host at ffffffff88639781 [lockd]\\n"
        " #1 [f2035f20] error_code (via page_fault) at c02d1ba9\\n    EAX: 0\\n"
        " #2 [103edef1f80] tracesys at ffffffff8011045a (via system_call)\\n"
        "    [exception RIP: sysrq_handle_crash+22]\\n"
    )
    found = inside(
        BT, f'[[f.level, f.func, f.via, f.module, f.offset, f.data] for f in exec_bt(text="{text}")[0].frames]'
    )
    assert found == [
        [0, "nlm_lookup_host", "", "lockd", -1, []],
        [1, "error_code", "page_fault", None, -1, ["    EAX: 0"]],
        [2, "tracesys", "system_call", None, -1, []],
        [-1, "sysrq_handle_crash", "", None, 22, []],
    ]


def test_who_is_in_a_function(inside: Inside, truth: Truth) -> None:
    module = "from LinuxDump.BTstack import *"
    names = "fastSubroutineStacks().find_pids_byfuncname('schedule | do_nanosleep')"
    found = set(inside(module, f"sorted({names})"))
    assert {task.pid for task in truth.tasks if task.comm.startswith("sleeper-")} & found
    same = "fastSubroutineStacks().find_pids_byfuncname(re.compile('do_nanosleep$'))"
    check = f"(lambda s: [sorted(s), verifyFastSet(s, 'do_nanosleep'), sorted(s)])({same})"
    before, _, after = inside(module, check)
    assert before == after != []
    assert inside(module, f"(lambda s: [verifyFastSet(s, 'no_such_function'), len(s)])({same})") == [None, 0]
    assert inside(module, "len(fastSubroutineStacks().alltaskaddrs)") > 300
