# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's time, compared with the guest's record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.session import CrashSession
from support.truth import Truth

Inside = Callable[[str, str], Any]
CLOCK = "from pykdump.linux.clock import *"


def test_the_tick_is_that_of_the_kernel(inside: Inside, drgn_program: Any) -> None:
    assert inside(CLOCK, "kernel_hz()") == round(1e9 / drgn_program["tick_nsec"].value_())


def test_how_long_it_was_up(inside: Inside, truth: Truth) -> None:
    ms = inside("from LinuxDump.Tasks import jiffie_clock_base", "jiffie_clock_base()")
    assert truth.uptime <= ms / 1000 + 1 < truth.uptime + 30
    text = inside("from LinuxDump.Tasks import get_uptime", "get_uptime()")
    assert text == f"00:{ms // 60000:02d}:{ms // 1000 % 60:02d}"


def test_days(inside: Inside) -> None:
    assert inside(CLOCK, "ms2uptime(90061999)") == "1 days, 01:01:01"


def test_programs_find_the_true_rate_and_uptime(inside: Inside, truth: Truth, drgn_program: Any) -> None:
    rate = round(1e9 / drgn_program["tick_nsec"].value_())
    assert inside("", "[crash.HZ, HZ, sys_info.HZ]") == [rate] * 3
    hours, minutes, seconds = map(int, inside("", "sys_info.UPTIME").split(":"))
    assert truth.uptime <= hours * 3600 + minutes * 60 + seconds + 1 < truth.uptime + 30


def test_the_version_report_says_what_crash_assumes(crash_session: CrashSession, inside: Inside) -> None:
    assumed, rate = inside("", "[crash.sysfacts()['hz'], HZ]")
    report = crash_session.run("epython -V")
    assert (f"the kernel has HZ={rate}, crash assumes {assumed}: " in report) == (rate != assumed)
