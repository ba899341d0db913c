# SPDX-License-Identifier: GPL-3.0-or-later
"""filelock on the real dump: the guest's /proc/locks, field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]


def as_in_proc(row: dict[str, Any]) -> list[str]:
    """The words of the line that /proc/locks has for a record."""
    end = "EOF" if row["end"] is None else str(row["end"])
    pid = "-1" if row["lock_kind"] == "OFDLCK" else str(row["pid"])
    inode = f"{row['device']}:{row['inode']}" if row["device"] else "<none>:0"
    words = [f"{row['number']}:", *["->"] * min(row["depth"], 1), row["lock_kind"], row["state"], row["mode"]]
    return [*words, pid, inode, str(row["start"]), end]


def test_locks_equal_those_of_the_guest(document: Document, truth: Truth) -> None:
    found = document("filelock")
    expected = [line.split() for line in truth.lines("proc/locks")]
    assert [as_in_proc(row) for row in found["records"]] == expected
    assert len(expected) >= 3
    assert any(row["depth"] for row in found["records"])
    assert not found["problems"]


def test_who_has_them_and_where(document: Document, truth: Truth) -> None:
    rows = document("filelock")["records"]
    for row in rows:
        assert row["comm"] == truth.by_pid[row["pid"]].comm
        # The process has the file open under this path. One that waits for a lease has no file yet.
        assert (row["path"] in truth.links(row["pid"], "fds").values()) == (row["state"] != "BREAKER")


def test_each_that_waits_is_a_finding(document: Document) -> None:
    found = document("filelock --waiting")
    assert {row["number"] for row in found["records"]} == {row["number"] for row in found["records"] if row["depth"]}
    waiting = [(row["pid"], row["address"]) for row in found["records"] if row["depth"]]
    assert [(f["pids"][0], f["addresses"][0]) for f in found["findings"]] == waiting
    assert {f["id"] for f in found["findings"]} == {"file-lock-wait"}


def test_one_process(document: Document, truth: Truth) -> None:
    pid = truth.named("lock-waiter").pid
    rows = document(f"filelock --pid {pid}")["records"]
    assert pid in {row["pid"] for row in rows}
    assert len({row["number"] for row in rows}) == 1
    assert document("filelock --pid 1")["records"] == []


@pytest.mark.parametrize("options", ["", "--waiting", "--pid 1", "--findings"])
def test_each_option(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"filelock {options}")
    assert "Traceback" not in output
    assert "Cannot tell" not in output
