# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of ``epython -V``, made from facts about a crash that has everything and one that lacks something."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import programs, runner, version_report  # noqa: E402

FACTS: dict[str, Any] = {
    "machine": "X86_64",
    "gdb": "16.3",
    "target": "ARM64",
    "own_release": True,
    "gdb_major": 16,
    "from_crash": [("readmem", True, "7.0", None, None), ("get_uptime", True, "7.2", "NotImplementedError", "uptime")],
    "from_gdb": [("lookup", True, "9.0", None, None)],
    "structures": [("task_table", 100, 100, 60), ("kernel_table", 0, 200, 10)],
}


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found = dict(FACTS)
    monkeypatch.setattr(version_report.crash, "_version_facts", lambda: found)
    monkeypatch.setattr(version_report.crash, "source_id", "abc123", raising=False)
    return found


def test_a_crash_that_has_everything(facts: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main("command line", ["epython", "--version"]) == 0
    assert capsys.readouterr().out == (
        "mpykdump 0.0.0-fake (source abc123), built for crash fake, X86_64\n"
        f"Python {sys.version}\n"
        "crash fake, gdb 16.3, target ARM64\n"
        "from crash: 2 of 2 functions and variables are there\n"
        "from gdb 16: 1 of 1 functions and variables are there\n"
        f"loaded from {programs.BUNDLE}\n"
    )


def test_a_crash_that_assumes_another_tick_rate(facts: dict[str, Any]) -> None:
    kernel = fake_crash.install()
    kernel.hz = 1000
    line = "the kernel has HZ=250, crash assumes 1000: uptime and start times that crash prints are wrong"
    assert line in version_report.report().splitlines()
    for kernel.hz in (250, 0):
        assert "HZ" not in version_report.report()


def test_a_crash_that_lacks_something(facts: dict[str, Any]) -> None:
    facts["gdb"], facts["own_release"] = None, False
    facts["from_crash"] = [("get_uptime", False, "7.2", "NotImplementedError", "uptime"), *FACTS["from_crash"][:1]]
    facts["structures"] = [("task_table", 108, 100, 60)]
    lines = version_report.report().splitlines()
    assert "crash fake, gdb unknown, target ARM64" in lines
    assert "this file was built for another release of crash" in lines
    where = lines.index("from crash: 1 of 2 functions and variables are there")
    assert lines[where + 1] == "  without get_uptime (crash 7.2 has it): NotImplementedError; lost: uptime"
    assert "struct task_table: 108 bytes, 100 where this was built; the first 60 are used" in lines
