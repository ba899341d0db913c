# SPDX-License-Identifier: GPL-3.0-or-later
"""hanginfo on the real dump: the locks of the test module and the stuck tasks of the guest, as they recorded them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support import hangs
from support.hangs import Hangs
from support.session import CrashSession
from support.truth import Truth

from .conftest import Document

# {kind in the record: kind in hanginfo}
KINDS = {
    "mutex": "mutex", "rwsem": "rwsem", "semaphore": "semaphore", "percpu_rwsem": "percpu-rwsem", "bit": "bit",
    "completion": "completion", "folio": "folio", "waitqueue": "wait-queue", "timeout": "timeout",
    "hrtimeout": "timeout",
}  # fmt: skip
OPTIONS = ["-v", "-v -v", "--maxpids 3", "--sortbypid", "--syslogger", "--syslogger -v", "--tree", "--tree -v",
           "--saphana", "--version", "--findings", "--tree --maxpids 1 --sortbypid -v"]  # fmt: skip


@pytest.fixture(scope="module")
def hanging(truth: Truth) -> Hangs:
    found = hangs.load(truth)
    if not found.roles:
        pytest.skip("the module is left out of the vmcore of this kernel")
    return found


@pytest.fixture(scope="module")
def page(document: Document) -> dict[str, Any]:
    return document("hanginfo --tree")


def records(page: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [record for record in page["records"] if record["kind"] == kind]


@pytest.fixture(scope="module")
def group_of(page: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """{thread: its group}"""
    found: dict[int, dict[str, Any]] = {}
    for group in records(page, "wait-group"):
        for waiting in group["waiting"]:
            assert waiting["tid"] not in found
            found[waiting["tid"]] = group
    return found


def test_all_uninterruptible_tasks_are_there_once(
    page: dict[str, Any], group_of: dict[int, dict[str, Any]], truth: Truth
) -> None:
    assert page["problems"] == []
    expected = {task.pid: task for task in truth.tasks if task.state == "D"}
    assert len(expected) >= 6
    found = {w["tid"]: w for group in records(page, "wait-group") for w in group["waiting"]}
    assert {tid for tid, waiting in found.items() if waiting["state"] == "UN"} == expected.keys()
    assert {tid: found[tid]["comm"] for tid in expected} == {tid: task.comm for tid, task in expected.items()}
    assert {tid: found[tid]["pid"] for tid in expected} == {tid: task.tgid for tid, task in expected.items()}
    assert all(group["total"] == len(group["waiting"]) for group in records(page, "wait-group"))


def test_each_waiter_is_with_the_lock_that_it_waits_for(group_of: dict[int, dict[str, Any]], hanging: Hangs) -> None:
    waiting = [role for role in hanging.roles.values() if role.waits]
    assert len(waiting) > 30
    for role in waiting:
        assert role.waits
        group, lock = group_of[role.pid], role.waits.lock
        assert (role.name, group["what"]) == (role.name, KINDS[lock.kind])
        if KINDS[lock.kind] != "timeout":
            assert (role.name, group["address"]) == (role.name, f"{lock.address:#x}")
        (own,) = (each for each in group["waiting"] if each["tid"] == role.pid)
        assert own["task"] == f"{role.task:#x}"
        if lock.kind in ("rwsem", "percpu_rwsem"):
            assert (role.name, own["mode"]) == (role.name, role.waits.mode)


def test_a_group_has_the_waiters_of_the_lock_and_no_others(
    group_of: dict[int, dict[str, Any]], hanging: Hangs, truth: Truth
) -> None:
    worker, _, completion = hanging.worker
    assert group_of[worker]["address"] == f"{completion:#x}"
    for lock in hanging.locks.values():
        roles = hanging.waiters(lock.name)
        if roles and KINDS[lock.kind] != "timeout":
            group = group_of[roles[0].pid]
            assert sorted(each["tid"] for each in group["waiting"]) == sorted(role.pid for role in roles)


def test_locks_have_the_names_of_their_variables(group_of: dict[int, dict[str, Any]], hanging: Hangs) -> None:
    for role in hanging.roles.values():
        # Another variable, of no size, is at the address of mpyk_bit.
        if role.waits and role.waits.lock.kind not in ("bit", "folio", "timeout", "hrtimeout"):
            assert group_of[role.pid]["name"] == f"{role.waits.lock.name} [mpyk_testmod]"
    _, index, path = hanging.folio
    (waiter, *_) = hanging.waiters("mpyk_folio")
    found = re.fullmatch(r"page (\d+) of (\S+) of tmpfs tmpfs on (\S+)", group_of[waiter.pid]["name"])
    assert found
    assert (int(found[1]), found[3] + found[2]) == (index, path)


def test_owners_are_those_that_hold_the_lock(group_of: dict[int, dict[str, Any]], hanging: Hangs) -> None:
    for role in hanging.roles.values():
        if not role.waits:
            continue
        lock, group = role.waits.lock, group_of[role.pid]
        blockers = {(each["tid"], each["certainty"]) for each in group["blockers"]}
        holders = {(holder.pid, holder.holds.mode) for holder in hanging.holders(lock.name) if holder.holds}
        if lock.kind in ("mutex", "rwsem"):
            sure = {"write": "known", "read": "hint"}
            assert (role.name, blockers) == (role.name, {(pid, sure[mode]) for pid, mode in holders})
        elif lock.kind == "percpu_rwsem":
            (writer,) = (each for each in hanging.waiters(lock.name) if each.waits and each.waits.mode == "write")
            assert {each for each in blockers if each[1] == "known"} == {(writer.pid, "known")}
            assert "readers are not recorded" in group["note"]
        else:
            assert {each for each in blockers if each[1] != "possible"} == set()
            assert "not record" in group["note"] or lock.kind in ("timeout", "hrtimeout")


def test_the_deadlocks_are_found_and_no_others(page: dict[str, Any], hanging: Hangs) -> None:
    expected = set()
    for cycle in hanging.deadlocks:
        kinds = {role.waits.lock.kind for role in cycle if role.waits}
        expected.add((f"{kinds.pop() if len(kinds) == 1 else 'mixed'}-deadlock", frozenset(role.pid for role in cycle)))
    assert len(expected) == 3
    found = [each for each in page["findings"] if each["id"].endswith("deadlock")]
    assert {(each["id"], frozenset(each["pids"])) for each in found} == expected
    assert len(found) == len(expected)
    for each in found:
        assert each["severity"] == "critical"
        roles = {role.pid: role for role in hanging.roles.values()}
        locks = [roles[pid].waits.lock.address for pid in each["pids"] if roles[pid].waits]  # type: ignore[union-attr]
        assert each["addresses"] == [f"{address:#x}" for address in locks]


def test_a_deadlock_shows_the_stack_of_every_member(page: dict[str, Any], hanging: Hangs) -> None:
    stacks = {stack["tid"]: stack["functions"] for stack in records(page, "task-stack")}
    assert stacks.keys() == {role.pid for cycle in hanging.deadlocks for role in cycle}
    for functions in stacks.values():
        assert "mpyk_wait" in functions
        assert not {"schedule", "__schedule"} & set(functions)


def test_the_forest_has_each_waiter_below_its_owner(page: dict[str, Any], hanging: Hangs) -> None:
    parents: dict[int, int | None] = {}
    trail: list[int | None] = []
    for node in records(page, "tree-node"):
        del trail[node["depth"] :]
        trail.append(node["tid"])
        if node["depth"]:
            assert node["tid"] not in parents
            parents[node["tid"]] = trail[-2]
    in_circles = {role.pid for cycle in hanging.deadlocks for role in cycle}
    checked = 0
    for role in hanging.roles.values():
        if role.waits and role.waits.lock.kind in ("mutex", "rwsem") and role.pid not in in_circles:
            (holder,) = hanging.holders(role.waits.lock.name)
            assert (role.name, parents[role.pid]) == (role.name, holder.pid)
            checked += 1
    assert checked > 8
    for cycle in hanging.deadlocks:
        below = {role.pid: parents.get(role.pid) for role in cycle}
        assert list(below.values()).count(None) == 1, "the circle is broken at one place"


def test_the_first_blockers_block_most(page: dict[str, Any], hanging: Hangs) -> None:
    roots = {root["tid"]: root["blocks"] for root in records(page, "root-blocker")}
    assert list(roots.values()) == sorted(roots.values(), reverse=True)
    assert roots[hanging.roles["mpyk-tree-root"].pid] == 3
    assert roots[hanging.roles["mpyk-calm-owner"].pid] == 2
    assert hanging.roles["mpyk-tree-mid"].pid not in roots


def test_tasks_wait_since_the_recorded_time(group_of: dict[int, dict[str, Any]], hanging: Hangs) -> None:
    ends = []
    for role in hanging.roles.values():
        if role.waits:
            (own,) = (each for each in group_of[role.pid]["waiting"] if each["tid"] == role.pid)
            ends.append(own["waited"] + role.waits.since / 1e9)
    assert max(ends) - min(ends) < 0.5


def test_who_waited_longer_than_the_kernels_limit_is_hung(page: dict[str, Any], truth: Truth) -> None:
    path = truth.folder / "proc/sys/kernel/hung_task_timeout_secs"
    limit = (int(path.read_text()) if path.exists() else 0) or 120
    waiting = [each for group in records(page, "wait-group") for each in group["waiting"]]
    expected = {each["tid"] for each in waiting if each["state"] == "UN" and each["waited"] > limit}
    assert {pid for each in page["findings"] if each["id"] == "hung-task" for pid in each["pids"]} == expected


def who_ran_last(program: Any, tids: list[int]) -> list[int]:
    """Return the threads, with the one that ran last first, by the kernel's own clock."""
    from drgn.helpers.linux.pid import find_task

    return sorted(tids, key=lambda tid: -int(find_task(program, tid).sched_info.last_arrival))


def test_the_frozen_file_system_and_who_waits_for_it(
    page: dict[str, Any], group_of: dict[int, dict[str, Any]], truth: Truth, drgn_program: Any
) -> None:
    (mount,) = (mount for mount in truth.mounts() if mount.mount_point == "/mnt/frozen")
    device = mount.source.rpartition("/")[2]
    tasks = sorted(task.pid for task in truth.tasks if task.comm.startswith("d-frozen-"))
    (finding,) = (each for each in page["findings"] if each["id"] == "filesystem-frozen")
    assert finding["pids"] == tasks
    assert finding["message"].startswith(f"{mount.fs_type} {device} on /mnt/frozen is frozen")
    (group,) = (group_of[tasks[0]],)
    assert group["what"] == "freeze"
    waiting = group["waiting"]
    assert [each["tid"] for each in waiting] == who_ran_last(drgn_program, tasks)
    assert [each["waited"] for each in waiting] == sorted(each["waited"] for each in waiting)
    assert group["blockers"] == []


def test_a_vfork_waits_for_its_child(group_of: dict[int, dict[str, Any]], truth: Truth) -> None:
    parent, child = truth.named("d-vfork-parent"), truth.named("vfork-child")
    assert child.ppid == parent.pid
    group = group_of[parent.pid]
    assert group["what"] == "vfork"
    assert [(each["tid"], each["certainty"]) for each in group["blockers"]] == [(child.pid, "known")]


def test_the_lock_of_a_folder_leads_to_the_file_server(
    page: dict[str, Any], group_of: dict[int, dict[str, Any]], truth: Truth
) -> None:
    owner, server = truth.named("s-fuse-mkdir"), truth.named("fuse-server")
    waiting = {task.pid for task in truth.tasks if task.comm.startswith("d-lock-")}
    group = group_of[min(waiting)]
    assert {each["tid"]: each["mode"] for each in group["waiting"]} == {
        truth.named("d-lock-mkdir").pid: "write",
        truth.named("d-lock-open").pid: "read",
    }
    assert group["name"] == "i_rwsem of / of fuse.hung fuse on /mnt/hung"
    assert [(each["tid"], each["certainty"], each["state"]) for each in group["blockers"]] == [
        (owner.pid, "known", "IN")
    ]
    roots = {root["tid"]: root["blocks"] for root in records(page, "root-blocker")}
    assert roots[server.pid] == 1 + len(waiting)


def test_interruptible_waits_with_v(document: Document, truth: Truth) -> None:
    groups = records(document("hanginfo -v"), "wait-group")
    waiting = {each["tid"]: (group, each) for group in groups for each in group["waiting"]}
    states = {row["tid"]: row["state"] for row in document("taskinfo")["records"]}
    assert {tid for tid, state in states.items() if state in ("IN", "UN", "ST", "TR")} == waiting.keys()
    traced = [task for task in truth.tasks if task.state == "t"]
    assert traced
    for task in traced:
        tracer = re.search(r"^TracerPid:\t(\d+)", truth.text(f"proc/{task.tgid}/task/{task.pid}/status"), re.M)
        assert tracer
        assert [each["tid"] for each in waiting[task.pid][0]["blockers"]] == [int(tracer[1])]
    syscalls = {"poll": ("poll", "7 "), "futex": ("futex", "202 "), "epoll": ("epoll", "232 ")}
    for what, number in syscalls.values():
        expected = {
            task.pid for task in truth.user_tasks
            if task.state == "S" and truth.text(f"proc/{task.tgid}/task/{task.pid}/syscall").startswith(number)
        }  # fmt: skip
        assert expected
        assert {tid for tid, (group, _) in waiting.items() if group["what"] == what} >= expected
    for tid, (group, each) in waiting.items():
        if group["what"] == "futex":
            word = int(truth.text(f"proc/{truth.by_pid[tid].tgid}/task/{tid}/syscall").split()[1], 16)
            assert each["detail"] == f"word {word:#x}"
            assert group["name"] == f"of PID {each['pid']} ({truth.by_pid[each['pid']].comm})"


def test_a_file_lock_waits_for_its_owner(document: Document, truth: Truth) -> None:
    # "6: POSIX ... 188", "6: -> POSIX ... 189", "6:  -> POSIX ... 190": the third one is queued behind the second.
    expected: dict[int, int] = {}
    trail: list[int] = []
    for line in truth.lines("proc/locks"):
        depth = line.index("->") - line.index(":") if "->" in line else 0
        depth -= depth > 0  # there is one blank after the colon
        words = line.replace("->", "").split()
        del trail[depth:]
        if depth:
            expected[int(words[4])] = trail[-1]
        trail.append(int(words[4]))
    assert expected
    waiting = {
        each["pid"]: group for group in records(document("hanginfo -v"), "wait-group") for each in group["waiting"]
    }
    # A task that breaks a lease wakes up from time to time. Locks of open files have no owner.
    checked = {pid: owner for pid, owner in expected.items() if pid in waiting and owner > 0}
    assert checked
    for pid, owner in checked.items():
        assert waiting[pid]["what"] == "file-lock"
        assert [each["pid"] for each in waiting[pid]["blockers"]] == [owner]


def test_the_values_without_the_command(crash_session: CrashSession, group_of: dict[int, dict[str, Any]]) -> None:
    program = "from pykdump.linux.locks import waiters; print(*(f'{w.task.pid}={w.cause.kind}' for w in waiters()))"
    words = crash_session.run(f'epython -c "{program}"').split()
    found = dict(word.split("=") for word in words)
    uninterruptible = {
        t: g for t, g in group_of.items() if any(w["tid"] == t and w["state"] == "UN" for w in g["waiting"])
    }
    assert found == {str(tid): group["what"] for tid, group in uninterruptible.items()}


@pytest.mark.parametrize("options", OPTIONS)
def test_every_option_works(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"hanginfo {options}")
    assert output.strip() or "--syslogger" in options
    assert "Traceback" not in output
    assert "Cannot tell" not in output


def test_lists_are_shortened_and_sorted_in_text(crash_session: CrashSession, truth: Truth, drgn_program: Any) -> None:
    tasks = sorted(task.pid for task in truth.tasks if task.comm.startswith("d-frozen-"))
    row = re.compile(r"^ +(\d+) UN +[\d.]+ s  d-frozen-", re.M)
    assert [int(tid) for tid in row.findall(crash_session.run("hanginfo --sortbypid"))] == tasks
    assert [int(tid) for tid in row.findall(crash_session.run("hanginfo"))] == who_ran_last(drgn_program, tasks)
    short = crash_session.run("hanginfo --sortbypid --maxpids 2")
    assert [int(tid) for tid in row.findall(short)] == [tasks[0], tasks[-1]]
    assert "(1 more: --maxpids)" in short


def test_wrong_options_are_one_line(crash_session: CrashSession) -> None:
    output = crash_session.run("hanginfo --maxpids none")
    assert output.startswith("hanginfo: ")
    assert output.count("\n") == 1
    assert "does not run SAP HANA" in crash_session.run("hanginfo --saphana")
