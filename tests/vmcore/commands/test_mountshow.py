# SPDX-License-Identifier: GPL-3.0-or-later
"""mountshow on the real dump, compared with what /proc/PID/mounts, mountinfo and mountstats showed in the guest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support import schemas
from support.session import CrashSession
from support.truth import Mount, Truth


def document(crash_session: CrashSession, command: str) -> dict[str, Any]:
    found = json.loads(crash_session.run(command))
    assert isinstance(found, dict)
    return found


def lines_of(crash_session: CrashSession, command: str) -> list[str]:
    """The lines of a command's output, without findings and problems."""
    return [line for line in crash_session.run(command).splitlines() if not line.startswith(("[", "Cannot tell "))]


def completed(found: list[str], expected: list[str]) -> list[str]:
    """Lines of /proc/mounts, with the options that a filtered dump does not have: its pages of ext4's super block."""
    made = []
    for ours, theirs in zip(found, expected):
        known, dots, _ = ours.partition(",... ")
        whole = dots and " ext4 " in ours and set(known.split(",")) <= set(theirs.removesuffix(" 0 0").split(","))
        made.append(theirs if whole else ours)
    return made + found[len(expected) :]


def as_mountinfo(row: dict[str, Any]) -> Mount:
    return Mount(
        row["mount_id"], row["parent_id"], row["device"], row["root"], row["mount_point"],
        ",".join(row["mount_options"]), tuple(row["propagation"]), row["type"], row["source"],
        ",".join(row["super_options"]),
    )  # fmt: skip


def test_lines_equal_proc_mounts(crash_session: CrashSession, truth: Truth) -> None:
    expected = truth.lines("proc/mounts")
    assert len(expected) > 15
    assert completed(lines_of(crash_session, "mountshow"), expected) == expected
    assert completed(lines_of(crash_session, "mountshow --mounts"), expected) == expected


def test_statistics_equal_mountstats(crash_session: CrashSession, truth: Truth) -> None:
    expected = truth.lines("proc/1/mountstats")
    assert lines_of(crash_session, "mountshow --stats") == expected
    chosen = lines_of(crash_session, "mountshow --stats /mnt/small '/mnt/ram'")
    assert chosen == [line for line in expected if " /mnt/small " in line or " /mnt/ram " in line]


def test_every_process_sees_what_mountinfo_showed(crash_session: CrashSession, truth: Truth) -> None:
    pids: dict[str, int] = {}
    for task in truth.tasks:
        path = truth.folder / f"proc/{task.tgid}/mountinfo"
        if task.leader and path.is_file() and task.state not in "ZX":
            pids.setdefault(path.read_text(), task.pid)
    assert len(pids) > 2
    for pid in pids.values():
        found = document(crash_session, f"mountshow --pid {pid} --json")
        assert all("excluded from the dump" in problem["reason"] for problem in found["problems"])
        expected = truth.mounts(pid)
        for number, row in enumerate(found["records"]):
            if not row["options_complete"] and found["problems"]:
                assert set(row["super_options"]) <= set(expected[number].super_options.split(","))
                row["super_options"] = expected[number].super_options.split(",")
        assert [as_mountinfo(row) for row in found["records"]] == expected


def test_all_namespaces(crash_session: CrashSession, truth: Truth) -> None:
    rows = document(crash_session, "mountshow --all --json")["records"]
    expected = {
        truth.links(task.pid, "namespaces").get("mnt") for task in truth.tasks if task.leader and task.state not in "ZX"
    }
    assert {f"mnt:[{row['namespace']}]" for row in rows} | {None} >= expected
    assert len(expected - {None}) > 1


def test_an_address_chooses_a_mount(crash_session: CrashSession) -> None:
    rows = document(crash_session, "mountshow --json")["records"]
    row = next(row for row in rows if row["mount_point"] == "/mnt/overlay")
    for address in (row["mount"], row["super_block"]):
        (line,) = lines_of(crash_session, f"mountshow --stats {address}")
        assert line == "device overlay mounted on /mnt/overlay with fstype overlay"


def test_a_frozen_file_system_is_a_finding(crash_session: CrashSession, truth: Truth) -> None:
    found = document(crash_session, "mountshow --json")
    frozen = [row["super_block"] for row in found["records"] if row["frozen"]]
    assert any(task.comm.startswith("d-frozen") for task in truth.tasks) == bool(frozen)
    assert [each["addresses"] for each in found["findings"] if each["id"] == "filesystem-frozen"] == [
        [address] for address in dict.fromkeys(frozen)
    ]


@pytest.mark.parametrize("options", ["", "-v", "--stats", "--mounts --stats", "--all"])
def test_the_documents_are_valid(crash_session: CrashSession, options: str) -> None:
    schemas.validate("mountshow", document(crash_session, f"mountshow {options} --json"))
    assert "Traceback" not in crash_session.run(f"mountshow {options}")


def test_a_process_that_is_not_there(crash_session: CrashSession) -> None:
    assert "there is no process with PID 999999" in crash_session.run("mountshow --pid 999999")
