# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of tasks under its old name, compared with what the guest recorded of each process."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from support.session import CrashSession
from support.truth import Truth

Inside = Callable[[str, str], Any]
TASKS = "from LinuxDump.Tasks import *\ntt = TaskTable()"


def test_processes_and_threads(inside: Inside, truth: Truth) -> None:
    leaders, threads = inside(TASKS, "[[t.pid for t in tt.allTasks()], [t.pid for t in tt.allThreads()]]")
    assert set(leaders) >= {0, *(t.pid for t in truth.user_tasks if t.leader)}
    assert set(threads) >= {t.pid for t in truth.user_tasks}
    assert set(threads) - set(leaders) == {t.pid for t in truth.tasks if not t.leader}
    assert inside(
        TASKS, "tt.allThreadGroups() == tt.allTasks() and sorted(tt.tids) == [t.pid for t in tt.allThreads()]"
    )


def test_credentials(inside: Inside, truth: Truth) -> None:
    names = ("uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid")
    found = inside(TASKS, f"{{t.pid: [t.credential(n) for n in {names}] for t in tt.allThreads()}}")
    expected = {str(t.pid): [getattr(t, name) for name in names] for t in truth.user_tasks}
    assert {pid: found[pid] for pid in expected} == expected
    assert len({tuple(row) for row in expected.values()}) > 1
    assert inside(TASKS, "[[t.uid, t.Uid, t.ts.Uid] for t in tt.allTasks() if t.uid][0]") in [
        [t.uid] * 3 for t in truth.user_tasks
    ]


def test_files(inside: Inside, truth: Truth) -> None:
    for comm in ("open-files", "tcp-listeners", "pipes"):
        pid = truth.named(comm).pid
        found = inside(TASKS, f"[row[0] for row in tt.getByPid({pid}).taskFds()]")
        assert found == sorted(map(int, truth.links(pid, "fds")))
    pid = truth.named("open-files").pid
    openers = inside(TASKS, f"[t.pid for t in tt.getByFile(tt.getByPid({pid}).taskFds(True)[-1])]")
    assert openers == [pid]


def test_sockets(inside: Inside, truth: Truth) -> None:
    pid = truth.named("tcp-listeners").pid
    inodes = sorted(int(t[8:-1]) for t in truth.links(pid, "fds").values() if t.startswith("socket:["))
    found = inside(f"{TASKS}\nfrom LinuxDump.inet import socket_inode",
                   f"sorted(socket_inode(s) for s in tt.getByPid({pid}).get_task_socks())")  # fmt: skip
    assert inodes and found == inodes


def test_children_and_parents(inside: Inside, truth: Truth) -> None:
    found = inside(TASKS, "{t.pid: [c.pid for c in t.taskChildren()] for t in tt.allTasks() if t.hasChildren()}")
    expected: dict[str, set[int]] = {}
    for task in truth.user_tasks:
        if task.leader:
            expected.setdefault(str(task.ppid), set()).add(task.pid)
    expected.pop("0")
    assert {pid: set(children) for pid, children in found.items() if pid in expected} == expected
    assert inside(TASKS, "tt.getByPid(1).Realparent.pid") == 0


def test_pid_namespaces(inside: Inside, truth: Truth) -> None:
    expected = {}
    for task in truth.user_tasks:
        numbers = re.search(r"^NSpid:\s+(.*)$", task.text("status"), re.M)
        assert numbers is not None
        expected[str(task.pid)] = [int(number) for number in numbers[1].split()]
    found = inside(TASKS, "{t.pid: t.ns_pids() for t in tt.allThreads()}")
    assert {pid: found[pid] for pid in expected} == expected
    deep = {int(pid) for pid, numbers in expected.items() if len(numbers) > 1}
    assert deep
    assert set(inside(TASKS, "[t.pid for tasks in tt.pidnamespaces.values() for t in tasks]")) == deep


def test_memory_equals_that_of_ps(inside: Inside, crash_session: CrashSession, truth: Truth) -> None:
    pid = truth.named("memory").pid
    words = crash_session.run(f"ps {pid}").splitlines()[-1].split()
    assert inside(TASKS, f"tt.getByPid({pid}).get_task_mem()") == [int(words[6]), int(words[7])]


def test_stacks(inside: Inside, crash_session: CrashSession, truth: Truth) -> None:
    pid = truth.named("open-files").pid
    expected = re.findall(r"^ *#\d+ \[\w+\] (\S+) at", crash_session.run(f"bt {pid}"), re.M)
    assert len(expected) > 3
    assert inside(TASKS, f"[f.func for f in tt.getByPid({pid}).get_task_stack().frames]")[: len(expected)] == expected


def test_states_have_names_and_values(inside: Inside, truth: Truth) -> None:
    values = inside(
        TASKS, "[TASK_STATE.TASK_INTERRUPTIBLE, TASK_STATE['TASK_UNINTERRUPTIBLE'], TASK_STATE.TASK_RUNNING]"
    )
    assert values == [1, 2, 0]
    assert inside(TASKS, "[task_state2str(s) for s in (0, 1, 2, 0x402)]") == [
        "TASK_RUNNING", "TASK_INTERRUPTIBLE", "TASK_UNINTERRUPTIBLE", "TASK_IDLE",
    ]  # fmt: skip
    zombie = next(t for t in truth.user_tasks if t.state == "Z")
    assert inside(TASKS, f"tt.getByPid({zombie.pid}).state") == "EXIT_ZOMBIE"


def test_runqueues_equal_those_of_runq(inside: Inside, crash_session: CrashSession) -> None:
    expected = re.findall(r"RUNQUEUE: ([0-9a-f]+)", crash_session.run("runq"))
    assert inside(TASKS, "['%x' % rq for rq in getRunQueues()]") == expected
    assert inside(TASKS, "all(t.Rq == tt.runqueues[t.cpu] and t.Rq.Timestamp > 0 for t in tt.allTasks())")


def test_who_waits_equals_waitq(inside: Inside, crash_session: CrashSession, truth: Truth) -> None:
    """kswapd sleeps on a wait queue of its node; crash's waitq follows the same list."""
    queue = inside("", "Addr(readSU('struct pglist_data', readSymbol('node_data')[0]), 'kswapd_wait')")
    expected = [int(pid) for pid in re.findall(r"PID: (\d+)", crash_session.run(f"waitq {queue:x}"))]
    found = inside(TASKS, f"[t.pid for t in decode_waitq(readSU('struct wait_queue_head', {queue}))]")
    assert expected == [truth.named("kswapd0").pid]
    assert found == expected


def test_reports(crash_session: CrashSession, truth: Truth) -> None:
    header = "from LinuxDump.Tasks import *; "
    output = crash_session.run(f"epython -c \"{header}print('@', tasksSummary())\"")
    count = int(re.findall(r"^@ (\d+)", output, re.M)[0])
    rows = dict(re.findall(r"^  (TASK_\w+|EXIT_\w+) +(\d+)$", output, re.M))
    assert sum(map(int, rows.values())) == count >= len(truth.user_tasks)
    for letter, name in (("Z", "EXIT_ZOMBIE"), ("T", "TASK_STOPPED"), ("t", "TASK_TRACED")):
        assert int(rows[name]) == sum(task.state == letter for task in truth.tasks)
    spaces = crash_session.run(f'epython -c "{header}print_namespaces_info(TaskTable(), 1)"')
    for task in truth.user_tasks:
        if task.comm in ("ns-all", "ns-pid", "ns-grandchild"):
            assert f"PID={task.pid} <struct task_struct" in spaces
    assert f"PID={truth.named('ns-grandchild').pid}[2]" in spaces
    memory = crash_session.run(f'epython -c "{header}print_memory_stats(3); decode_tflags(7)"')
    assert memory.count("RSS=") == 3
    # From the kernel's arch/*/include/asm/thread_info.h.
    names = {
        "x86_64": ("", "TIF_NOTIFY_RESUME", "TIF_SIGPENDING"),
        "aarch64": ("TIF_SIGPENDING", "TIF_NEED_RESCHED", ""),
    }
    expected = names[truth.meta["utsname"]["machine"]]
    assert "".join(f" bit {bit} {name}\n" for bit, name in enumerate(expected)) in memory
