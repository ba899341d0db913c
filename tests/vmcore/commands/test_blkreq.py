# SPDX-License-Identifier: GPL-3.0-or-later
"""blkreq on the real dump: the guest's disks and drgn's counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]


def kind(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [row for row in document["records"] if row["kind"] == name]


def test_disks_equal_those_of_the_guest(document: Document, truth: Truth) -> None:
    rows = [line.split() for line in truth.lines("proc/diskstats")]
    found = kind(document("blkreq --all"), "disk")
    # /proc/diskstats has partitions too.
    disks = [row[2] for row in rows if row[2] in {each["name"] for each in found}]
    assert [row["name"] for row in found] == disks
    assert len(disks) > 4
    quiet = {row[2]: int(row[11]) for row in rows if row[2].startswith(("loop1", "nullb"))}
    assert quiet
    assert {row["name"]: row["reads"] + row["writes"] for row in found if row["name"] in quiet} == quiet


def test_disks_equal_those_of_crash(document: Document, crash_session: CrashSession) -> None:
    rows = re.findall(r"^ *\d+ ([0-9a-f]{16}) +(\S+) +([0-9a-f]{16}) +(\d+)", crash_session.run("dev -d"), re.M)
    found = {row["name"]: row for row in kind(document("blkreq --all"), "disk")}
    assert rows
    for disk, name, queue, total in rows:
        row = found[name]
        assert [row["disk"], row["queue"], row["requests"]] == [f"0x{disk}", f"0x{queue}", int(total)]


def test_queues_equal_those_of_drgn(document: Document, drgn_program: Any) -> None:
    from drgn.helpers.linux.block import for_each_disk

    theirs = {}
    for disk in for_each_disk(drgn_program):
        queue = disk.queue
        elevator = queue.elevator.type.elevator_name.string_().decode() if queue.elevator else "none"
        theirs[disk.disk_name.string_().decode()] = [
            queue.nr_hw_queues.value_(), queue.mq_freeze_depth.value_(), queue.quiesce_depth.value_(), elevator,
        ]  # fmt: skip
    keys = ("hw_queues", "frozen", "quiesced", "scheduler")
    found = kind(document("blkreq --all"), "disk")
    assert {row["name"]: [row[key] for key in keys] for row in found} == theirs


@pytest.mark.parametrize("options", ["", "--all", "-v", "vda vdb", "--findings"])
def test_each_option(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"blkreq {options}")
    assert "Traceback" not in output
    assert "Cannot tell" not in output


def test_an_unknown_disk(document: Document) -> None:
    assert document("blkreq sdz")["problems"] == [{"part": "the disk sdz", "reason": "there is no such disk"}]
    assert [row["name"] for row in document("blkreq vda")["records"] if row["kind"] == "disk"] == ["vda"]
