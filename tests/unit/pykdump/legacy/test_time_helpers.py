# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as old programs show them. The fake kernel has 250 ticks a second."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import time_helpers  # noqa: E402


@pytest.mark.parametrize(
    ("ts", "jiffies", "text"),
    [
        (1000, 1000, "    0.00 s"), (1000, 1250, "    1.00 s"), (1250, 1000, "   -1.00 s"),
        (0, 250 * 600, "   10.00 m"), (0, 250 * 3600 * 21, "       n/a"), (0xFFFFFF83, 125, "    1.00 s"),
        ((1 << 32) + 10, (1 << 32) + 260, "    1.00 s"),
    ],
)  # fmt: skip
def test_delays(ts: int, jiffies: int, text: str) -> None:
    assert time_helpers.j_delay(ts, jiffies) == text


def test_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = SimpleNamespace(realtime=1_800_000_000_999_999_999, uptime=5_900_000_000)
    monkeypatch.setattr(time_helpers, "clocks", lambda: now)
    assert (time_helpers.get_seconds(), time_helpers.seconds_since_boot()) == (1_800_000_000, 5)
