# SPDX-License-Identifier: GPL-3.0-or-later
"""meminfo: lines as in /proc/meminfo, and findings."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import meminfo  # noqa: E402


def test_lines() -> None:
    assert list(meminfo._line(meminfo.Counter("MemTotal", 732840, "kB"))) == ["MemTotal:         732840 kB"]
    assert list(meminfo._line(meminfo.Counter("HugePages_Total", 0, ""))) == ["HugePages_Total:       0"]


@pytest.mark.parametrize(
    ("values", "identifiers"),
    [
        ({"MemTotal": 1000, "MemAvailable": 20, "HardwareCorrupted": 0}, []),
        ({"MemTotal": 1000, "MemAvailable": 19}, ["memory-low"]),
        ({"MemTotal": 1000, "MemAvailable": 500, "HardwareCorrupted": 4}, ["memory-corrupted"]),
        ({"MemTotal": 1000}, []),
    ],
)
def test_findings(values: dict[str, int], identifiers: list[str]) -> None:
    assert [finding.identifier for finding in meminfo.findings(values)] == identifiers
