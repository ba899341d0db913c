# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks unwound by the ORC tables, compared with crash's bt and with the registers that the guest recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.truth import Truth

pytestmark = pytest.mark.dumps
Inside = Callable[[str, str], Any]
STACKS = "from pykdump.linux.stacks import all_stacks, stack_of"
BT = "from LinuxDump.BTstack import parse_bt"


def test_all_stacks_are_those_of_bt(inside: Inside, truth: Truth) -> None:
    one = "(f.level, f.func, f.offset, f.addr, f.frame, f.module)"
    bt = f"{{s.addr: [{one} for f in s.frames] for s in parse_bt(exec_crash_command('foreach bt'))}}"
    frame = "(n, f.function, f.offset, f.address, f.stack, f.module)"
    ours = f"{{s.task: (s.pid, s.source, s.problem, [{frame} for n, f in enumerate(s.frames)]) for s in all_stacks()}}"
    expected, found = inside(f"{STACKS}\n{BT}", f"[{bt}, {ours}]")
    assert len(found) > 300
    assert found.keys() == expected.keys()
    # Of a stopped task bt also prints functions that have returned; the kernel's own record does not have them.
    stopped = {task.pid for task in truth.tasks if task.state in "Tt"}
    walked = {t: frames for t, (pid, source, _, frames) in found.items() if source == "orc" and pid not in stopped}
    assert len(walked) > 300
    assert {task: frames for task, frames in walked.items() if frames != expected[task]} == {}
    assert [problem for _, _, problem, frames in found.values() if frames and problem] == []


def test_waiting_tasks_have_the_stacks_that_the_kernel_printed(inside: Inside, truth: Truth) -> None:
    found = inside(STACKS, "{s.pid: [f.offset for f in s.frames] for s in all_stacks() if s.source == 'orc'}")
    compared = 0
    for task in truth.user_tasks:
        # "[<0>] do_nanosleep+0x67/0x190". The kernel leaves out functions of the scheduler and of locks. Names are not
        # compared: some functions have two.
        lines = truth.lines(f"proc/{task.tgid}/task/{task.pid}/stack")
        recorded = [int(line.partition("+")[2].partition("/")[0], 16) for line in lines]
        if len(recorded) > 2 and not task.spins and task != truth.recorder:
            ours = iter(found[str(task.pid)])
            assert [offset for offset in recorded if offset in ours] == recorded, task
            compared += 1
    assert compared > 50


def test_the_registers_of_the_user_are_those_of_the_system_call(inside: Inside, truth: Truth) -> None:
    names = "('orig_ax', 'di', 'si', 'dx', 'r10', 'r8', 'r9', 'sp', 'ip')"
    registers = f"{{s.pid: [s.user_registers[n] for n in {names}] for s in all_stacks() if s.user_registers}}"
    found = inside(STACKS, f"{registers}")
    compared = 0
    for task in truth.user_tasks:
        recorded = truth.text(f"proc/{task.tgid}/task/{task.pid}/syscall").split()
        if len(recorded) == 9 and str(task.pid) in found and not task.spins:
            assert found[str(task.pid)] == [int(word, 0) for word in recorded], task
            compared += 1
    assert compared > 50


def test_every_frame_knows_its_place(inside: Inside, truth: Truth) -> None:
    pid = truth.named("d-frozen-write").pid
    frames = "[[f.function, f.registers['ip'], f.address, f.registers['sp'], f.cfa] for f in s.frames]"
    found = inside(STACKS, f"(lambda s: [s.comm, {frames}])(stack_of(pid_to_task({pid})))")
    assert found[0] == "d-frozen-write"
    assert "percpu_rwsem_wait" in [row[0] for row in found[1]]
    for (_, ip, address, sp, cfa), following in zip(found[1], found[1][1:]):
        assert ip == address and sp < cfa == following[3]


def test_a_task_that_runs_has_its_stack_from_bt(inside: Inside, truth: Truth) -> None:
    running = inside(STACKS, "[[s.pid, s.source, len(s.frames)] for s in all_stacks() if is_task_active(s.task)]")
    assert running and all(source == "bt" and frames for _, source, frames in running)
    quiet = inside(STACKS, "[s.pid for s in all_stacks() if s.source == 'bt' and not is_task_active(s.task)]")
    assert quiet == []
