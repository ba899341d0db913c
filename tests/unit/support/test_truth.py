# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the guest's truth, on files made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support import truth

STATUS = b"""Name:\tescaped\\nhere
Umask:\t0022
State:\tS (sleeping)
Uid:\t1000\t1001\t1002\t1003
Gid:\t2000\t2001\t2002\t2003
"""


def stat_line(pid: int, comm: bytes, state: str = "S", flags: int = 0x400040, ppid: int = 1) -> bytes:
    numbers = [ppid, 30, 40, 0, -1, flags, 0, 0, 0, 0, 7, 8, 0, 0, 20, -5, 3, 0, 4711, 8192000, 50]
    numbers += [2**64 - 1, *[0] * 12, 17, 1, 10, 2, *[0] * 10]
    return b"%d (%s) %s %s\n" % (pid, comm, state.encode(), " ".join(map(str, numbers)).encode())


def add_task(root: Path, pid: int, comm: bytes, tgid: int | None = None, **more: Any) -> None:
    folder = root / f"proc/{pid if tgid is None else tgid}/task/{pid}"
    folder.mkdir(parents=True)
    (folder / "stat").write_bytes(stat_line(pid, comm, **more))
    (folder / "status").write_bytes(STATUS)


ODD_NAMES = {
    10: b"plain", 11: b"a name (odd) b", 12: b") R 1 2 3", 13: b"((", 14: b"new\nline", 15: b"",
    16: "žluťoučký".encode(), 17: b"bad\xff\xfeutf8", 18: b" blanks ", 19: b"kworker/9:9",
}  # fmt: skip


@pytest.fixture
def record(tmp_path: Path) -> truth.Truth:
    for pid, comm in ODD_NAMES.items():
        add_task(tmp_path, pid, comm)
    add_task(tmp_path, 20, b"thread", tgid=10)
    add_task(tmp_path, 2, b"kthreadd", flags=0x208040, ppid=0)
    add_task(tmp_path, 3, b"kworker/0:1H-kblockd", state="I", flags=0x4208060, ppid=2)
    add_task(tmp_path, 4, b"pool_workqueue_release", flags=0x208040, ppid=2)
    add_task(tmp_path, 30, b"r-spin-any", state="R")
    return truth.load(tmp_path)


def seen(record: truth.Truth, *names: str) -> dict[int, dict[str, object]]:
    return {task.pid: {name: getattr(task, name) for name in names} for task in record.tasks}


def test_every_name_is_read_as_it_is(record: truth.Truth) -> None:
    found = {pid: record.by_pid[pid].comm for pid in ODD_NAMES}
    assert found == {pid: name.decode("utf-8", "surrogateescape") for pid, name in ODD_NAMES.items()}


def test_fields_come_from_the_right_columns(record: truth.Truth) -> None:
    task = record.by_pid[12]
    assert (task.pid, task.tgid, task.state, task.ppid, task.pgid, task.sid) == (12, 12, "S", 1, 30, 40)
    assert (task.uid, task.euid, task.suid, task.fsuid) == (1000, 1001, 1002, 1003)
    assert (task.gid, task.egid, task.sgid, task.fsgid) == (2000, 2001, 2002, 2003)
    assert (task.nice, task.threads, task.start_ticks, task.vsize, task.rss) == (-5, 3, 4711, 8192000, 50)
    assert (task.cpu, task.rt_priority, task.policy) == (1, 10, 2)


def test_threads_belong_to_their_process(record: truth.Truth) -> None:
    assert record.by_pid[20].tgid == 10
    assert not record.by_pid[20].leader
    assert record.by_pid[10].leader


def test_kernel_threads_have_the_name_of_the_task_struct(record: truth.Truth) -> None:
    assert [(task.comm, task.worker) for task in record.kernel_threads] == [
        ("kthreadd", False), ("kworker/0:1H", True), ("pool_workqueue_", False),
    ]  # fmt: skip
    assert record.by_pid[4].proc_comm == "pool_workqueue_release"


@pytest.mark.parametrize(
    ("shown", "comm"),
    [
        ("kworker/0:1-events", "kworker/0:1"),
        ("kworker/u8:3+flush-254:0", "kworker/u8:3"),
        ("kworker/1:0H", "kworker/1:0H"),
        ("kworker/R-slub_flushwq", "kworker/R-slub_"),
        ("migration/0", "migration/0"),
    ],
)
def test_names_of_workers(shown: str, comm: str) -> None:
    assert truth.kernel_comm(shown, truth.PF_KTHREAD) == comm


def test_a_process_named_like_a_worker_is_none(record: truth.Truth) -> None:
    assert not record.by_pid[19].kernel
    assert not record.by_pid[19].worker


def test_equal_lists_have_no_differences(record: truth.Truth) -> None:
    assert truth.differences(record, {**seen(record, "comm", "state", "uid", "ppid"), 0: {"comm": "swapper/0"}}) == []


def test_a_wrong_state_is_told(record: truth.Truth) -> None:
    rows = seen(record, "state")
    rows[11] = {"state": "D"}
    assert truth.differences(record, rows) == [
        "PID 11 ('a name (odd) b'): state is 'D' in the dump, but 'S' in the truth"
    ]


def test_the_state_of_kernel_threads_and_the_cpu_of_spinners_may_differ(record: truth.Truth) -> None:
    rows = seen(record, "state", "cpu")
    rows[2]["state"] = "R"
    rows[30]["cpu"] = 0
    assert truth.differences(record, rows) == []


def test_a_missing_and_a_new_task_are_told(record: truth.Truth) -> None:
    rows = seen(record, "comm")
    del rows[20]
    rows[99] = {"comm": "new"}
    assert truth.differences(record, rows) == [
        "PID 20 ('thread') is in the truth, but not in the dump",
        "PID 99 ('new') is in the dump, but not in the truth",
    ]


def test_workers_may_come_and_go(record: truth.Truth) -> None:
    rows = seen(record, "comm")
    del rows[3]
    rows[98] = {"comm": "kworker/1:5"}
    assert truth.differences(record, rows) == []


def test_mounts_are_unescaped() -> None:
    line = r"36 25 0:32 /sub /mnt/with\040blank ro,nosuid shared:5 master:1 - tmpfs a\040source rw,size=64k"
    mount = truth.parse_mountinfo(line)
    assert (mount.mount_point, mount.source, mount.fs_type) == ("/mnt/with blank", "a source", "tmpfs")
    assert (mount.root, mount.propagation, mount.super_options) == ("/sub", ("shared:5", "master:1"), "rw,size=64k")


def test_mounts_without_propagation() -> None:
    assert truth.parse_mountinfo("1 0 8:1 / / rw - ext4 /dev/vda rw").propagation == ()


def test_modules() -> None:
    module = truth.parse_module("bridge 372736 2 br_netfilter,ebt, Live 0xffffffffc059d000")
    assert (module.name, module.size, module.used_by) == ("bridge", 372736, ("br_netfilter", "ebt"))
    assert module.address == 0xFFFFFFFFC059D000
    assert truth.parse_module("loop 45056 2 - Live 0xffffffffc051f000").used_by == ()


def test_links_and_sched(record: truth.Truth) -> None:
    (record.folder / "proc/10/fds").write_bytes(b"0 /dev/null\n3 socket:[17]\n4 /run/on tmpfs\n")
    (record.folder / "proc/10/task/10/sched").write_text(
        "plain (10, #threads: 1)\n----\nse.exec_start    :     13308.118462\npolicy   :  0\n"
    )
    assert record.links(10, "fds") == {"0": "/dev/null", "3": "socket:[17]", "4": "/run/on tmpfs"}
    assert record.by_pid[10].sched == {"se.exec_start": 13308.118462, "policy": 0.0}
    assert record.by_pid[11].sched == {}


def test_recorder(record: truth.Truth) -> None:
    (record.folder / "guest").write_text("recorder=30\nattempt=1\n")
    assert record.recorder.comm == "r-spin-any"


def test_named(record: truth.Truth) -> None:
    assert record.named("((").pid == 13
    with pytest.raises(KeyError):
        record.named("nobody")
