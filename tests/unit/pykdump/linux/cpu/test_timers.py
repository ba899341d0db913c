# SPDX-License-Identifier: GPL-3.0-or-later
"""Timers: arithmetic of jiffies, names of functions, and the tasks that sleep."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.cpu import timers  # noqa: E402

TASK, TIMER = 0x9000, 0x1000


@pytest.mark.parametrize(
    ("later", "earlier", "left"),
    [(10, 3, 7), (3, 10, -7), (5, (1 << 64) - 5, 10), ((1 << 64) - 5, 5, -10), (1 << 32, (1 << 32) - 1, 1)],
)
def test_jiffies_wrap_around(later: int, earlier: int, left: int) -> None:
    assert timers.jiffies_between(later, earlier) == left


def test_names_of_functions() -> None:
    kernel = fake_crash.install()
    assert timers.function_name(0x100) == "0x100"
    kernel.symbols["process_timeout"] = 0x100
    assert timers.function_name(0x100) == "process_timeout"
    assert timers.function_name(0x110) == "process_timeout+0x10"


def test_the_task_that_sleeps() -> None:
    kernel = fake_crash.install()
    kernel.define("struct task_struct", pid="s32")
    kernel.define("struct timer_list", expires="u64")
    kernel.define("struct process_timer", timer="struct timer_list", task="ptr struct task_struct")
    kernel.make("struct task_struct", TASK, pid=7)
    kernel.make("struct process_timer", TIMER, task=TASK)
    timer = kernel.view("struct timer_list", TIMER)
    task = timers.timer_task(timer, "process_timeout")
    assert task is not None
    assert task.pid == 7
    assert timers.timer_task(timer, "delayed_work_timer_fn") is None
    assert timers.timer_task(timer, "hrtimer_wakeup") is None, "this kernel has no struct hrtimer_sleeper"


def test_the_clock_of_two_layouts() -> None:
    kernel = fake_crash.install()
    kernel.define("struct tk_read_base", xtime_nsec="u64", shift="u32", base="u64")
    kernel.define("struct timekeeper", tkr_mono="struct tk_read_base")
    kernel.define("struct core", seq="u32", timekeeper="struct timekeeper")
    values = {"timekeeper_DOT_tkr_mono_DOT_base": 10**9, "timekeeper_DOT_tkr_mono_DOT_xtime_nsec": 500 << 8}
    core = kernel.make("struct core", 0x2000, timekeeper_DOT_tkr_mono_DOT_shift=8, **values)
    kernel.variables["tk_core"] = core
    assert timers.monotonic_ns() == 10**9 + 500
    del kernel.variables["tk_core"]
    kernel.symbols["timekeeper_data"] = 0x2000
    kernel.variables["timekeeper_data"] = [core]
    assert timers.monotonic_ns() == 10**9 + 500


def test_an_old_kernel_says_so() -> None:
    fake_crash.install()
    with pytest.raises(TypeError, match=r"older than 4\.8"):
        list(timers.timer_bases())
