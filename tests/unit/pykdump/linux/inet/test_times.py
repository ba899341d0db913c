# SPDX-License-Identifier: GPL-3.0-or-later
"""Times in jiffies, with their wrap-around."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import times  # noqa: E402

NOW = (1 << 32) + 1000  # jiffies; the fake kernel has 250 a second


@pytest.fixture(autouse=True)
def dump(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: NOW)


def test_times_before_and_after_the_dump() -> None:
    assert times.seconds_until(NOW + 500) == 2.0
    assert times.seconds_until(NOW - 250) == -1.0
    assert times.seconds_since(NOW - 250) == 1.0


def test_the_low_bits_of_jiffies_wrap_around() -> None:
    assert times.ms_since(1000 - 250) == 1000
    assert times.ms_since((NOW - 2000) & 0xFFFFFFFF) == 8000
    assert times.ms_since(0) is None
