# SPDX-License-Identifier: GPL-3.0-or-later
"""pstree on the real dump, compared with /proc/PID/stat of the guest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support import schemas
from support.session import CrashSession
from support.truth import Truth, differences

LETTERS = {"RU": "R", "IN": "S", "UN": "D", "ST": "T", "TR": "t", "DE": "X", "ZO": "Z", "PA": "P", "ID": "I"}


def records(crash_session: CrashSession, command: str) -> list[dict[str, Any]]:
    found = json.loads(crash_session.run(f"{command} --json"))["records"]
    assert isinstance(found, list)
    return found


def shown(comm: str) -> str:
    """A recorded name as our strings show it: bytes that are no UTF-8 as escapes."""
    return comm.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def test_parents_and_threads_equal_the_guests_record(crash_session: CrashSession, truth: Truth) -> None:
    found = {}
    for row in records(crash_session, "pstree"):
        task = truth.by_pid.get(row["pid"])
        same = task is not None and shown(task.comm) == row["comm"]
        found[row["pid"]] = {
            "ppid": row["parent"], "threads": row["threads"], "state": LETTERS[row["state"]],
            "comm": task.comm if task is not None and same else row["comm"],
        }  # fmt: skip
    expected = Truth(truth.folder, tuple(task for task in truth.tasks if task.leader))
    assert len(expected.tasks) > 200
    assert differences(expected, found) == []


def test_a_parent_comes_before_its_children(crash_session: CrashSession) -> None:
    depths: dict[int, int] = {}
    for row in records(crash_session, "pstree"):
        if row["parent"] is not None:
            assert row["depth"] == depths[row["parent"]] + 1
        depths[row["pid"]] = row["depth"]
    assert max(depths.values()) > 1
    assert [pid for pid, depth in depths.items() if not depth] == [0]


def test_a_part_of_the_tree(crash_session: CrashSession) -> None:
    rows = records(crash_session, "pstree")
    parent = next(row["parent"] for row in reversed(rows) if row["depth"] == 2)
    expected = {parent} | {row["pid"] for row in rows if row["parent"] == parent}
    assert expected <= {row["pid"] for row in records(crash_session, f"pstree -t {parent}")}
    assert "there is no process with PID 999999" in crash_session.run("pstree -t 999999")


def test_the_text_shows_the_same_tree(crash_session: CrashSession) -> None:
    rows = records(crash_session, "pstree")
    lines = crash_session.run("pstree -p -g -s").splitlines()
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows):
        assert f" ({row['pid']}) [{row['state']}]" in line
        assert (line.rstrip().endswith("threads}")) == (row["threads"] > 1)
        branch = line[: len("|- ") * row["depth"]]
        assert set(branch) <= set("|`- ") and branch[-3:] in ("|- ", "`- ", "")


@pytest.mark.parametrize("options", ["", "-p", "-g", "-s", "-p -g -s -t 1"])
def test_the_documents_are_valid(crash_session: CrashSession, options: str) -> None:
    schemas.validate("pstree", json.loads(crash_session.run(f"pstree {options} --json")))
    assert "Traceback" not in crash_session.run(f"pstree {options}")
