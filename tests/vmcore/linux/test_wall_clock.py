# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's clocks, compared with what the guest recorded about them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from support.truth import Truth

Inside = Callable[[str, str], Any]
# The guest reads both clocks one after the other. A busy host may stop the emulated CPU between the two.
BETWEEN_READS = 0.03


def clocks(inside: Inside) -> dict[str, float]:
    names = ("uptime", "realtime", "drift", "printk")
    found = inside("from pykdump.linux.wall_clock import clocks\nc = clocks()", f"[getattr(c, n) for n in {names}]")
    return {name: value / 1e9 for name, value in zip(names, found)}


def test_the_date_of_the_boot_is_that_of_proc_stat(inside: Inside, truth: Truth) -> None:
    found = clocks(inside)
    (boot,) = (int(line.split()[1]) for line in truth.lines("proc/stat") if line.startswith("btime "))
    assert boot <= found["realtime"] - found["uptime"] < boot + 1
    assert truth.uptime - 0.02 <= found["uptime"] < truth.uptime + 60


def test_the_drift_is_that_of_the_guest(inside: Inside, truth: Truth) -> None:
    text = truth.text("sys/kernel/debug/sched/debug")
    ktime, cpu_clock = (
        float(re.search(rf"^{name} +: ([0-9.]+)$", text, re.M)[1]) / 1000  # type: ignore[index]
        for name in ("ktime", "cpu_clk")
    )
    assert abs(clocks(inside)["drift"] - (ktime - cpu_clock)) < BETWEEN_READS
