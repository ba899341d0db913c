# SPDX-License-Identifier: GPL-3.0-or-later
"""timers: findings about a wheel, and columns."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import timers  # noqa: E402


def timer(seconds: float) -> timers.Timer:
    return timers.Timer(3, "local", 0x1000, 0, seconds, "tick", None, "")


@pytest.mark.parametrize(
    ("base", "online", "seconds", "identifiers"),
    [
        ("local", True, [-0.5, 4.0], []),
        ("local", True, [-11.0, -10.5, 4.0], ["timers-overdue"]),
        ("deferrable", True, [-11.0], []),
        ("local", False, [-11.0], ["timers-offline-cpu"]),
    ],
)
def test_findings(base: str, online: bool, seconds: list[float], identifiers: list[str]) -> None:
    found = list(timers._about_wheel(3, base, [timer(each) for each in seconds], {3} if online else set()))
    assert [finding.identifier for finding in found] == identifiers
    if identifiers == ["timers-overdue"]:
        assert found[0].message == "2 timers of CPU 3 are overdue; the first one, tick, by 11 s."


def test_columns() -> None:
    sleeper = timers.Timer(0, "local", 0, 0, 1.0, "process_timeout", 7, "sleep")
    assert (sleeper.sleeper, timer(1.0).sleeper) == ("7 sleep", "")
    precise = timers.HighResolutionTimer(0, "tai", True, 0, 0, 0, 0.0, "tick", 1, None, "")
    assert precise.clock_text == "tai soft"
