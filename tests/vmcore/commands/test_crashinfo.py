# SPDX-License-Identifier: GPL-3.0-or-later
"""crashinfo on the real dump, compared with the guest's own record."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from support import hangs as hang_record
from support.session import CrashSession, Vmcore
from support.truth import Truth

from .conftest import Document

LETTERS = {"RU": "R", "IN": "S", "UN": "D", "ST": "T", "TR": "t", "DE": "X", "ZO": "Z", "PA": "P", "ID": "I"}
STALLS = {"soft-lockup": "soft lockup - CPU#", "rcu-stall": "rcu: INFO: rcu_"}
OPTIONS = [
    "--workqueues", "--keventd_wq", "--kblockd_wq", "--lws", "--runq", "--blkreq", "--filelock", "--sysctl", "--pci",
    "--umem",
    "-v", "-q", "--fast", "--findings", "--stacksummary", "--findstacks schedule", "--checkstacks",
    "--decodesyscalls read", "--blkdevs", "--ext3", "--devmapper", "--ls /etc",
]  # fmt: skip


@pytest.fixture(scope="module")
def page(document: Document) -> dict[str, Any]:
    return document("crashinfo")


def records(page: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [record for record in page["records"] if record["kind"] == kind]


def read(vmcore: Vmcore, path: str) -> str:
    return (vmcore.truth / "proc" / path).read_text().strip()


def is_excluded(problem: dict[str, Any]) -> bool:
    return bool(problem["reason"].endswith("excluded from the dump"))


def test_nothing_is_left_out(page: dict[str, Any], vmcore: Vmcore) -> None:
    assert vmcore.scenario == "filtered" or page["problems"] == []
    assert all(is_excluded(problem) for problem in page["problems"])


def test_what_is_worst_comes_first(page: dict[str, Any], document: Document) -> None:
    severities = ["critical", "error", "warning", "info"]
    found = [severities.index(finding["severity"]) for finding in page["findings"]]
    assert found == sorted(found)
    assert document("crashinfo --findings")["findings"] == page["findings"]


def test_findings_of_other_commands_are_there_once(page: dict[str, Any], document: Document) -> None:
    for finding in document("hanginfo --findings")["findings"]:
        if finding["id"] != "hung-task":  # crashinfo sums these up in one of its own
            assert page["findings"].count(finding) == 1


def test_the_machine_is_the_guest(page: dict[str, Any], vmcore: Vmcore) -> None:
    (system,) = records(page, "system")
    assert system["nodename"] == read(vmcore, "sys/kernel/hostname")
    assert system["release"] == read(vmcore, "sys/kernel/osrelease")
    assert system["version"] == read(vmcore, "sys/kernel/version")
    assert system["command_line"] == read(vmcore, "cmdline")
    assert system["cpus_online"] == len(re.findall(r"^processor\s*:", read(vmcore, "cpuinfo"), re.M))
    total = re.search(r"^MemTotal: +(\d+) kB", read(vmcore, "meminfo"), re.M)
    assert total
    assert system["memory_bytes"] == int(total[1]) * 1024


def test_the_times_are_those_of_the_record(page: dict[str, Any], vmcore: Vmcore) -> None:
    (system,) = records(page, "system")
    recorded = float(read(vmcore, "uptime").split()[0])
    assert recorded <= system["uptime_s"] <= recorded + 10, "the dump follows the record within seconds"
    boot = re.search(r"^btime (\d+)", read(vmcore, "stat"), re.M)
    assert boot
    assert abs(system["dumped_at"] - system["uptime_s"] - int(boot[1])) <= 2
    assert len(system["load"]) == 3


def test_the_taints_are_those_of_the_record(page: dict[str, Any], vmcore: Vmcore) -> None:
    mask = vmcore.taints(int(read(vmcore, "sys/kernel/tainted")))
    letters = "PFSRMBUDAWCIOELKXTN"
    expected = "".join(letter for bit, letter in enumerate(letters) if mask >> bit & 1)
    (system,) = records(page, "system")
    assert system["taints"] == expected
    assert [finding["id"] for finding in page["findings"] if finding["id"] == "tainted"] == ["tainted"] * bool(mask)


@pytest.mark.dumps("live")
def test_a_machine_that_was_stopped_has_no_panic(page: dict[str, Any], crash_session: CrashSession) -> None:
    (cause,) = records(page, "panic-cause")
    assert (cause["cause"], cause["message"], cause["cpu"]) == (None, None, None)
    found = {finding["id"] for finding in page["findings"]}
    # A host that stops the emulated CPUs for long makes the kernel report a stall or a lockup, rightly.
    log = crash_session.run("log")
    for kind, words in STALLS.items():
        assert (kind in found) == (words in log), kind
    assert not found & {"kernel-panic", "hard-lockup", "oops-reported"}


def test_the_threads_are_counted_as_in_proc(page: dict[str, Any], truth: Truth) -> None:
    counted = {LETTERS[record["state"]]: record["threads"] for record in records(page, "state-threads")}
    recorded = Counter(task.state for task in truth.tasks)
    for letter in "DTtZ":
        assert counted.get(letter, 0) == recorded[letter], letter
    assert sum(counted.values()) >= len(truth.tasks)


def test_those_that_wait_longest_are_in_state_d(page: dict[str, Any], truth: Truth) -> None:
    stacks = [stack for stack in records(page, "thread-stack") if stack["state"] == "UN"]
    waiting = {task.pid for task in truth.tasks if task.state == "D"}
    assert {stack["tid"] for stack in stacks} <= waiting
    assert len(stacks) == min(3, len(waiting))
    for stack in stacks:
        assert "schedule" in [frame["function"] for frame in stack["frames"]]


def test_equal_stacks_are_grouped(document: Document, truth: Truth) -> None:
    groups = document("crashinfo --stacksummary")["records"]
    tids = [tid for group in groups for tid in group["tids"] if tid]
    assert len(tids) == len(set(tids))
    assert {task.pid for task in truth.tasks} <= set(tids)
    assert all(group["threads"] == len(group["tids"]) for group in groups)
    signatures = [tuple(frame["function"] for frame in group["frames"]) for group in groups]
    assert len(signatures) == len(set(signatures))


def test_stacks_are_found_by_a_function(document: Document, crash_session: CrashSession) -> None:
    found = {stack["tid"] for stack in document("crashinfo --findstacks ^do_epoll_wait$")["records"]}
    expected = set()
    for text in crash_session.run("foreach bt").split("\nPID: ")[1:]:
        if re.search(r"\] do_epoll_wait at ", text):
            expected.add(int(text.split()[0]))
    assert found == expected
    assert found


def test_disks_are_those_of_proc(document: Document, vmcore: Vmcore) -> None:
    found = [
        [str(disk["major"]), str(disk["minor"]), str(disk["size_bytes"] // 1024), disk["name"]]
        for disk in document("crashinfo --blkdevs")["records"]
        if disk["size_bytes"]
    ]
    recorded = [line.split() for line in read(vmcore, "partitions").splitlines()[2:]]
    assert sorted(found) == sorted(row for row in recorded if row[2] != "0")


def test_file_systems_are_those_of_proc(document: Document, vmcore: Vmcore) -> None:
    found = {each["mounted_at"]: each["type"] for each in document("crashinfo --ext3")["records"]}
    first: dict[str, list[str]] = {}
    for row in map(str.split, read(vmcore, "mounts").splitlines()):
        first.setdefault(row[0], row)  # a bind mount shows the same file system again
    assert found == {row[1]: row[2] for row in first.values() if row[2] in ("ext2", "ext3", "ext4")}


def test_a_directory_is_listed(document: Document, truth: Truth) -> None:
    found = document("crashinfo --ls /etc")["records"]
    assert any(entry["line"].endswith(" guest-name") for entry in found)
    missing = document("crashinfo --ls /no/such/path")
    assert [problem["part"] for problem in missing["problems"]] == ["/no/such/path"]


def test_threads_in_a_system_call_are_those_of_proc(document: Document, vmcore: Vmcore, truth: Truth) -> None:
    found = {record["tid"]: record for record in document("crashinfo --decodesyscalls read")["records"]}
    recorded = {}
    for path in vmcore.truth.glob("proc/*/task/*/syscall"):
        words = path.read_text().split()
        tid = int(path.parent.name)
        # Kernel threads have no user stack. The recorder was reading this file.
        if words[0] == "0" and words[7] != "0x0" and tid != truth.recorder.pid:
            recorded[tid] = words[1:7]
    if "x86_64" in read(vmcore, "sys/kernel/arch"):
        assert {tid: record["arguments"] for tid, record in found.items()} == recorded
    assert found


@pytest.mark.parametrize("kind", ["mutex", "rwsem", "semaphore"])
def test_a_lock_has_the_holder_and_the_waiters_that_the_module_says(
    kind: str, document: Document, truth: Truth
) -> None:
    hangs = hang_record.load(truth)
    options = {"mutex": "--mutex", "rwsem": "--rwsemaphore", "semaphore": "--semaphore"}
    locks = [lock for lock in hangs.locks.values() if lock.kind == kind]
    assert locks
    for lock in locks:
        (state,) = document(f"crashinfo {options[kind]} {lock.address:x}")["records"]
        assert state["waiters"] == [role.pid for role in hangs.waiters(lock.name)], lock
        if kind == "mutex":
            assert [holder["tid"] for holder in state["holders"]] == [r.pid for r in hangs.holders(lock.name)], lock


def test_no_stack_has_overflowed(document: Document) -> None:
    assert document("crashinfo --checkstacks")["records"] == []


@pytest.mark.parametrize(
    "words",
    ["crashinfo --mutex zzz", "crashinfo --findstacks (", "crashinfo --radix_tree_element 1", "crashinfo --nonsense"],
)
def test_a_wrong_command_line_is_one_line(words: str, crash_session: CrashSession) -> None:
    output = crash_session.run(words)
    assert output.startswith("crashinfo: ")
    assert len(output.strip().splitlines()) == 1


@pytest.mark.parametrize("options", OPTIONS)
def test_each_option_gives_a_valid_document(
    options: str, document: Document, crash_session: CrashSession, vmcore: Vmcore
) -> None:
    problems = document(f"crashinfo {options}")["problems"]
    assert all(vmcore.scenario == "filtered" and is_excluded(problem) for problem in problems)
    text = crash_session.run(f"crashinfo {options}")
    assert text
    assert "Traceback" not in text
