# SPDX-License-Identifier: GPL-3.0-or-later
"""tslog on the real dump: text against crash's log, dates against the guest's clock."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from support import schemas
from support.session import CrashSession
from support.truth import Truth


def document(crash_session: CrashSession, command: str) -> dict[str, Any]:
    found = json.loads(crash_session.run(command))
    assert isinstance(found, dict)
    return found


def test_the_lines_are_those_of_crashs_log(crash_session: CrashSession) -> None:
    theirs = crash_session.run("log").rstrip("\n").split("\n")
    ours = crash_session.run("tslog").rstrip("\n").split("\n")
    assert len(ours) == len(theirs) > 300
    for our, their in zip(ours, theirs):
        assert our.partition("] ")[2] == their[len("[    0.000000] ") :]


def test_the_dates_follow_the_guests_clock(crash_session: CrashSession, truth: Truth) -> None:
    found = document(crash_session, "tslog --utc --json")
    assert not found["problems"]
    (boot,) = (int(line.split()[1]) for line in truth.lines("proc/stat") if line.startswith("btime "))
    for row in found["records"]:
        assert boot <= row["epoch"] - row["timestamp"] < boot + 1.1
        assert abs(datetime.fromisoformat(row["date"]).timestamp() - row["epoch"]) < 1e-5
    (clock,) = document(crash_session, "tslog --clock --json")["records"]
    assert abs(datetime.fromisoformat(clock["boot_date"]).timestamp() - boot - 0.5) <= 0.5


def test_filters(crash_session: CrashSession) -> None:
    records = document(crash_session, "tslog --json")["records"]
    assert document(crash_session, "tslog --tail 5 --json")["records"] == records[-5:]
    worse = [row for row in records if row["level"] <= 4]
    assert 0 < len(worse) < len(records)
    assert document(crash_session, "tslog --level 4 --json")["records"] == worse


@pytest.mark.parametrize("options", ["", "--clock", "--utc --tail 3"])
def test_the_documents_are_valid(crash_session: CrashSession, options: str) -> None:
    schemas.validate("tslog", document(crash_session, f"tslog {options} --json"))
