# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's tick rate on made-up kernels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import kernel_clock, sysinfo  # noqa: E402

TICK, SOURCE = 0x1000, 0x2000


@pytest.fixture
def kernel() -> fake_crash.Kernel:
    kernel = fake_crash.install()
    kernel.hz = 1000
    return kernel


@pytest.mark.parametrize(
    ("nanoseconds", "rate"),
    [
        (4_000_000, 250), (10_000_000, 100), (1_000_000, 1000), (3_333_333, 300), (5_000_000, 200),
        # As adjtimex() left it, and rates that no configuration has.
        (1_000_503, 1000), (3_998_077, 250), (4_036_000, 250), (976_562, 1024), (41_666_667, 24),
    ],
)  # fmt: skip
def test_the_length_of_a_tick_tells(kernel: fake_crash.Kernel, nanoseconds: int, rate: int) -> None:
    kernel.symbols["tick_nsec"] = TICK
    kernel.write_pointer(TICK, nanoseconds)
    assert kernel_clock.kernel_hz() == rate


def test_the_clocksource_tells(kernel: fake_crash.Kernel) -> None:
    kernel.define("struct clocksource", mask="u64", mult="u32", shift="u32")
    kernel.symbols["clocksource_jiffies"] = SOURCE
    kernel.make("struct clocksource", SOURCE, mult=4_000_000 << 8, shift=8)
    assert kernel_clock.kernel_hz() == 250


def test_crash_is_believed_if_the_dump_does_not_tell(kernel: fake_crash.Kernel) -> None:
    assert kernel_clock.kernel_hz() == 1000
    kernel.symbols["tick_nsec"] = TICK  # but the page is not in the dump
    assert kernel_clock.kernel_hz() == 1000


@pytest.fixture
def module(kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module crash without HZ, as C makes it."""
    names = vars(kernel_clock.crash)
    monkeypatch.delitem(names, "HZ")
    monkeypatch.setitem(names, "__getattr__", None)
    kernel_clock.install()
    yield kernel_clock.crash
    names.pop("HZ", None)


def test_the_dump_is_read_when_a_program_asks(module: Any, kernel: fake_crash.Kernel) -> None:
    assert "HZ" not in vars(module)
    kernel.symbols["tick_nsec"] = TICK
    kernel.write_pointer(TICK, 4_000_000)
    given: dict[str, Any] = {}
    exec("from crash import *", given)
    assert (given["HZ"], module.HZ, "readSU" in given, "_redirected" in given) == (250, 250, True, False)
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        _ = module.nonesuch


def test_uptime_of_sys_is_corrected(kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysinfo, "get_uptime", lambda: 250 * 3661)
    text = "UPTIME: 12 days, 00:00:00\nRELEASE: 6.12.0\n"
    assert sysinfo.system_facts(text)["UPTIME"] == "01:01:01"
    kernel.hz = sysinfo.HZ
    assert sysinfo.system_facts(text)["UPTIME"] == "12 days, 00:00:00"


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "00:00:00"), (3_723_999, "01:02:03"), (3 * 86_400_000 + 3_723_000, "3 days, 01:02:03")]
)
def test_uptime_as_text(ms: int, text: str) -> None:
    assert kernel_clock.ms2uptime(ms) == text
