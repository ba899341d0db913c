# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of ``bt``, as crash 8.0.6 and 9.0.2 print it for four tasks of one dump, and other forms of its lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import btstack  # noqa: E402

TRANSCRIPTS = Path(__file__).parents[3] / "fixtures" / "transcripts"
SYSCALL = ["__schedule", "schedule", "__x64_sys_pause", "do_syscall_64", "entry_SYSCALL_64_after_hwframe"]


@pytest.fixture(params=["8.0.6", "9.0.2"])
def stacks(request: pytest.FixtureRequest) -> list[btstack.BTStack]:
    """The transcripts of both releases are of the same tasks: 543 was running, 329 has a newline in its name."""
    text = (TRANSCRIPTS / f"bt-{request.param}.txt").read_text()
    return list(btstack.parse_bt(text, live=False))


def test_tasks(stacks: list[btstack.BTStack]) -> None:
    assert [(stack.pid, stack.addr, stack.cpu, stack.cmd) for stack in stacks] == [
        (543, 0xFFFF8BFEC5ECA100, 0, "mpyk-truth"),
        (1, 0xFFFF8BFEC1240000, 0, "mpyk-init"),
        (2, 0xFFFF8BFEC1242100, 1, "kthreadd"),
        (329, 0xFFFF8BFEC4E84200, 1, "new\nline"),
    ]


def test_frames(stacks: list[btstack.BTStack]) -> None:
    running, init, kthreadd, named = ([frame.func for frame in stack.frames] for stack in stacks)
    assert (len(running), running[0], running[11]) == (12, "__pm_runtime_suspend", "asm_sysvec_apic_timer_interrupt")
    assert init == named == SYSCALL
    assert kthreadd == ["__schedule", "schedule", "kthreadd", "ret_from_fork", "ret_from_fork_asm"]
    last = stacks[2].frames[4]
    assert (last.level, last.frame, last.addr) == (4, 0xFFFFCED24001BF50, 0xFFFFFFFF9E60826A)


def test_registers_belong_to_the_frame_above_them(stacks: list[btstack.BTStack]) -> None:
    lines = [[len(frame.data) for frame in stack.frames] for stack in stacks]
    assert lines == [[0] * 11 + [7], [0, 0, 0, 0, 7], [0] * 5, [0, 0, 0, 0, 7]]
    assert stacks[1].frames[4].data[0].split() == [
        "RIP:", "000000000043aa80", "RSP:", "00007ffdb7999df8", "RFLAGS:", "00000202",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "func", "stack", "addr", "via", "module"),
    [
        # Formats of x86_64_print_stack_entry() and of others in crash's sources.
        (" #3 [ffffc9000001] run at ffffffffc0001 [mod]", "run", 0xFFFFC9000001, 0xFFFFFFFFC0001, "", "mod"),
        ("#10 [ffffc9000001] lock at ffffffff81 (via down) *", "lock", 0xFFFFC9000001, 0xFFFFFFFF81, "down", None),
        (" #0 [ffffc9000001] wait+23 at ffffffff81", "wait+23", 0xFFFFC9000001, 0xFFFFFFFF81, "", None),
        ("    START: thread_return at ffffffff81", "thread_return", None, 0xFFFFFFFF81, "", None),
        (" #1 [BSP:e000001] ia64_do at a00000", "ia64_do", 0xE000001, 0xA00000, "", None),
    ],
)
def test_forms_of_a_frame(line: str, func: str, stack: int | None, addr: int, via: str, module: str | None) -> None:
    heading = 'PID: 5  TASK: ffff8880  CPU: 1  COMMAND: "x"\n'
    (found,) = btstack.parse_bt(heading + line + "\n", live=False)
    (frame,) = found.frames
    assert (frame.func, frame.frame, frame.addr, frame.via, frame.module) == (func, stack, addr, via, module)


def test_the_place_of_an_exception() -> None:
    text = 'PID: 5  TASK: ff  CPU: 1  COMMAND: "x"\n #0 [ff01] f at ff02\n    [exception RIP: f+77]\n    RIP: ff02\n'
    (found,) = btstack.parse_bt(text, live=False)
    assert [(f.level, f.func, f.offset, len(f.data)) for f in found.frames] == [(0, "f", -1, 0), (-1, "f", 77, 1)]
