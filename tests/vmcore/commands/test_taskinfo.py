# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of taskinfo on the real dump, compared field by field with /proc of the guest."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession
from support.truth import Task, Truth

Document = Callable[[str], dict[str, Any]]
POLICIES = {0: "NORMAL", 1: "FIFO", 2: "RR", 3: "BATCH", 5: "IDLE", 6: "DEADLINE"}
OPTIONS = [
    "", "-v", "-r", "--summary", "--hang", "--maxpids 5", "--taskfilter UN,RU", "--pstree", "--memory", "--ns",
    "--version", "--pidinfo 1", "--cmd 'task -R comm' --maxpids 2", "-v --hang", "--memory --ns --maxpids 3",
]  # fmt: skip


def records(document: Document, words: str, kind: str) -> list[dict[str, Any]]:
    return [row for row in document(words)["records"] if row["kind"] == kind]


def status(task: Task) -> dict[str, str]:
    return {
        name: value.strip() for name, _, value in (line.partition(":") for line in task.text("status").splitlines())
    }


def kibibytes(text: str | None) -> int | None:
    return None if text is None else int(text.split()[0])


def quiet(truth: Truth) -> list[Task]:
    """User tasks that did nothing between the record and the dump."""
    return [task for task in truth.user_tasks if not task.spins and task.state not in "RZX" and task != truth.recorder]


def known(task: Task, row: dict[str, Any]) -> bool:
    return row["comm"] == task.comm.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@pytest.mark.parametrize("options", OPTIONS)
def test_every_option(options: str, document: Document, crash_session: CrashSession) -> None:
    found = document(f"taskinfo {options}")
    assert found["records"] or options in ("--hang", "-v --hang")
    assert "Traceback" not in crash_session.run(f"taskinfo {options}")


def test_verbose_equals_proc(document: Document, truth: Truth) -> None:
    rows = {row["tid"]: row for row in records(document, "taskinfo -v", "verbose-thread")}
    compared = 0
    for task in truth.user_tasks:
        row, lines = rows[task.pid], status(task)
        found = (row["pid"], row["parent"], row["nice"], row["policy"], int(row["started"] * 100), row["uid"])
        expected = (task.tgid, task.ppid, task.nice, POLICIES[task.policy], task.start_ticks, task.uid)
        assert found == expected, task
        assert row["pids"] == [int(word) for word in lines["NSpid"].split()], task
        compared += 1
    assert compared > 200
    assert any(len(row["pids"]) > 1 for row in rows.values())


def test_run_times_equal_schedstat(document: Document, truth: Truth) -> None:
    rows = {row["tid"]: row for row in records(document, "taskinfo -v", "verbose-thread")}
    for task in quiet(truth):
        nanoseconds = int(task.text("schedstat").split()[0])
        assert rows[task.pid]["run_time"] == pytest.approx(nanoseconds / 1e9, abs=1e-6), task


def drgns_counts(program: Any, pid: int) -> list[tuple[int, int]]:
    """Return (added, kept back) in pages for file, anonymous, swap and shared memory of a process, read by drgn.

    The kernel adds the pages in batches: since v6.2 each CPU keeps some back, before that each thread. Before v6.16
    /proc shows only what is added. task_rss() of drgn is not asked: it takes what the online CPUs keep back, but a
    panic takes the other CPUs offline without their counts.
    """
    from drgn.helpers.linux.cpumask import for_each_possible_cpu
    from drgn.helpers.linux.list import list_for_each_entry
    from drgn.helpers.linux.percpu import per_cpu_ptr
    from drgn.helpers.linux.pid import find_task

    task = find_task(program, pid)
    if hasattr(task.mm.rss_stat, "count"):
        added = [int(counter.counter) for counter in task.mm.rss_stat.count]
        signal = task.signal
        threads = list_for_each_entry("struct task_struct", signal.thread_head.address_of_(), "thread_node")
        own = [[int(count) for count in thread.rss_stat.count] for thread in threads]
        return list(zip(added, (sum(counts) for counts in zip(*own))))
    cpus = list(for_each_possible_cpu(program))
    return [
        (int(counter.count), sum(int(per_cpu_ptr(counter.counters, cpu)[0]) for cpu in cpus))
        for counter in task.mm.rss_stat
    ]


def test_memory_equals_status(document: Document, truth: Truth, drgn_program: Any) -> None:
    rows = {row["pid"]: row for row in records(document, "taskinfo --memory --maxpids 100000", "process-memory")}
    compared = 0
    for task in quiet(truth):
        lines = status(task)
        if not task.leader or "VmRSS" not in lines:
            continue
        told = [(kibibytes(lines[name]) or 0) // 4 for name in ("RssFile", "RssAnon", "VmSwap", "RssShmem")]
        counts = drgns_counts(drgn_program, task.pid)
        assert told in ([max(added, 0) for added, _ in counts], [max(added + kept, 0) for added, kept in counts]), task
        assert rows[task.pid]["virtual"] == kibibytes(lines["VmSize"]), task
        compared += 1
    assert compared > 100


def test_memory_equals_drgns(document: Document, drgn_program: Any) -> None:
    """With the test above: what the guest recorded is a part of these counts, and the whole of them is shown."""
    rows = {row["pid"]: row for row in records(document, "taskinfo --memory --maxpids 100000", "process-memory")}
    assert len(rows) > 100
    for pid, row in rows.items():
        found = [row[name] // 4 for name in ("file", "anonymous", "swap", "shared")]
        pages = [max(added + kept, 0) for added, kept in drgns_counts(drgn_program, pid)]
        assert found == pages, pid
        assert row["resident"] == row["file"] + row["anonymous"] + row["shared"], pid


def test_segments_equal_proc(document: Document, truth: Truth) -> None:
    rows = records(document, "taskinfo --memory", "sysv-segment")
    found = [
        [row["key"], row["shmid"], int(row["mode"]), row["size"], row["creator"], row["last"], row["attaches"],
         row["uid"], row["resident"] * 1024, row["swap"] * 1024]
        for row in rows
    ]  # fmt: skip
    words = [list(map(int, line.split())) for line in truth.lines("proc/sysvipc/shm")[1:]]
    expected = [[*line[:8], line[14], line[15]] for line in words]
    assert len(expected) > 1
    # Those of other namespaces are not in this file.
    assert found[: len(expected)] == expected


def test_shared_memory_is_taken_out(document: Document, truth: Truth) -> None:
    (row,) = [row for row in records(document, "taskinfo --memory --maxpids 100000", "process-memory") if row["sysv"]]
    creator = next(int(line.split()[4]) for line in truth.lines("proc/sysvipc/shm")[1:])
    assert row["pid"] == creator
    assert (
        row["without_sysv"]
        == row["resident"] - row["sysv"]
        == row["anonymous"] + row["file"] + row["shared"] - row["sysv"]
    )
    total = next(row for row in records(document, "taskinfo --memory", "memory-total"))
    assert total["resident"] - total["without_sysv"] == row["sysv"]


def test_namespaces_equal_proc(document: Document, truth: Truth) -> None:
    found = {(row["type"], row["inode"]): row for row in records(document, "taskinfo --ns", "namespace")}
    expected: dict[tuple[str, int], set[int]] = {}
    for task in truth.tasks:
        if task.leader and task.state not in "ZX":
            for name, target in truth.links(task.pid, "namespaces").items():
                match = re.fullmatch(r"\w+:\[(\d+)\]", target)
                if match and not name.endswith("_for_children"):
                    expected.setdefault((name, int(match[1])), set()).add(task.pid)
    assert len(expected) > 10
    assert set(found) == set(expected)
    for key, row in found.items():
        if not row["initial"]:
            # A zombie keeps its PID namespace, and /proc no longer shows it.
            zombies = {task.pid for task in truth.tasks if task.state in "ZX"}
            assert set(row["pids"]) - zombies == expected[key] - zombies, key


def chosen(truth: Truth) -> list[Task]:
    """Some tasks of each state, owner and policy."""
    found: dict[tuple[Any, ...], Task] = {}
    for task in truth.tasks:
        if not task.worker and not task.spins and task != truth.recorder and task.state not in "R":
            key = (task.kernel, task.state, task.uid, task.policy, task.threads > 1, task.leader, task.comm[:4])
            found.setdefault(key, task)
    return list(found.values())


def test_details_equal_proc(document: Document, truth: Truth) -> None:
    tasks = chosen(truth)
    assert len(tasks) > 40
    for task in tasks:
        found = document(f"taskinfo --pidinfo {task.pid}")
        by_kind: dict[str, list[dict[str, Any]]] = {}
        for row in found["records"]:
            by_kind.setdefault(row["kind"], []).append(row)
        check_task(task, by_kind["task-details"][0], truth)
        check_times(task, by_kind["task-times"][0])
        check_credentials(task, by_kind["credentials"][0])
        if task.leader and task.state not in "ZX":
            check_limits(task, by_kind["limit"], truth)
            links = truth.links(task.pid, "namespaces")
            rows = {row["name"]: row["inode"] for row in by_kind["own-namespace"]}
            assert {name: f"{links[name].partition(':')[0]}:[{inode}]" for name, inode in rows.items()} == links, task


def check_task(task: Task, row: dict[str, Any], truth: Truth) -> None:
    assert (row["tid"], row["pid"], row["parent"], row["threads"]) == (task.pid, task.tgid, task.ppid, task.threads)
    assert row["flags"] == task.flags or task.kernel, task
    assert known(task, row), task
    children = {other.pid for other in truth.user_tasks if other.leader and other.ppid == task.tgid}
    if task.leader and not task.kernel and task.threads == 1:
        assert set(row["children"]) == children, task
    cmdline = truth.folder / f"proc/{task.tgid}/cmdline"
    if task.leader and task.state not in "ZX" and row["command"] is not None:
        expected = cmdline.read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "backslashreplace")
        assert row["command"] == expected, task


def check_times(task: Task, row: dict[str, Any]) -> None:
    if task.kernel:
        return
    lines = status(task)
    assert row["voluntary_switches"] == int(lines["voluntary_ctxt_switches"]), task
    assert row["involuntary_switches"] == int(lines["nonvoluntary_ctxt_switches"]), task
    assert (row["nice"], row["policy"], row["realtime_priority"]) == (
        task.nice, POLICIES[task.policy], task.rt_priority,
    )  # fmt: skip
    words = task.text("schedstat").split()
    assert row["waited"] == pytest.approx(int(words[1]) / 1e9, abs=1e-6), task


def check_credentials(task: Task, row: dict[str, Any]) -> None:
    names = ("uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid")
    assert [row[name] for name in names] == [getattr(task, name) for name in names], task
    lines = status(task)
    assert row["groups"] == [int(word) for word in lines["Groups"].split()], task
    assert row["capabilities"] == [lines[f"Cap{name}"] for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")], task


def check_limits(task: Task, rows: list[dict[str, Any]], truth: Truth) -> None:
    expected = []
    for line in truth.lines(f"proc/{task.pid}/limits")[1:]:
        name, soft, hard = line[:26].strip(), *line[26:].split()[:2]
        expected.append([name, *(None if value == "unlimited" else int(value) for value in (soft, hard))])
    assert [[row["name"], row["soft"], row["hard"]] for row in rows] == expected, task


def test_an_address_names_a_task(document: Document) -> None:
    (by_pid,) = records(document, "taskinfo --pidinfo 1", "task-details")
    assert records(document, f"taskinfo --pidinfo {by_pid['task']}", "task-details") == [by_pid]


def test_a_task_that_is_not_there(crash_session: CrashSession) -> None:
    assert "there is no task 4000000" in crash_session.run("taskinfo --pidinfo 4000000")
    assert "neither a PID nor an address" in crash_session.run("taskinfo --pidinfo nonsense")


def test_hang_lists_the_longest_waiting_first(document: Document, truth: Truth) -> None:
    rows = records(document, "taskinfo --hang", "thread")
    assert {row["tid"] for row in rows} >= {task.pid for task in truth.user_tasks if task.state == "D"}
    ages = [row["ran_ms_ago"] for row in rows]
    assert rows and ages == sorted(ages, reverse=True)
    late = [row["tid"] for row in rows if row["ran_ms_ago"] > 120_000]
    findings = [each for each in document("taskinfo --hang")["findings"] if each["id"] == "hung-task"]
    assert [each["pids"] for each in findings] == ([late[:100]] if late else [])


@pytest.mark.dumps("live")  # crash takes some 100 ms for each thread
def test_a_command_for_each_thread(document: Document) -> None:
    rows = records(document, "taskinfo --taskfilter UN --cmd 'task -R comm'", "command-output")
    waiting = records(document, "taskinfo --taskfilter UN", "thread")
    assert [row["tid"] for row in rows] == [row["tid"] for row in waiting]
    assert all(f"PID: {row['tid']} " in row["text"] and "comm = " in row["text"] for row in rows)


def test_the_tree_is_that_of_pstree(document: Document, crash_session: CrashSession) -> None:
    assert document("taskinfo --pstree")["records"] == document("pstree")["records"]
    assert crash_session.run("taskinfo --pstree") == crash_session.run("pstree -p -g")
