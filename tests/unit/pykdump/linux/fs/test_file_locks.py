# SPDX-License-Identifier: GPL-3.0-or-later
"""File locks: kinds, states and modes as /proc/locks names them, on two layouts."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.caches import purge_memoize_cache  # noqa: E402
from pykdump.linux.fs import file_locks  # noqa: E402

LOCK, FILE, WAITER = 0x1000, 0x9000, 0x2000


def lock(modern: bool = True, **values: int) -> file_locks.FileLock:
    kernel = fake_crash.install()
    purge_memoize_cache(-1)
    kernel.define("struct list_head", next="ptr", prev="ptr")
    kernel.define("struct hlist_node", next="ptr", pprev="ptr")
    kernel.define("struct file", f_inode="ptr")
    prefix = "flc_" if modern else "fl_"
    core = {
        f"{prefix}link": "struct hlist_node", f"{prefix}blocked_requests": "struct list_head",
        f"{prefix}blocked_member": "struct list_head", f"{prefix}flags": "u32", f"{prefix}type": "u8",
        f"{prefix}pid": "s32", f"{prefix}file": "ptr struct file",
    }  # fmt: skip
    if modern:
        kernel.define("struct file_lock_core", **core)
        kernel.define("struct file_lock", c="struct file_lock_core", fl_start="s64", fl_end="s64")
    else:
        kernel.define("struct file_lock", **core, fl_start="s64", fl_end="s64")
    kernel.make("struct file", FILE)
    start, end = values.pop("start", 0), values.pop("end", file_locks.OFFSET_MAX)
    kernel.make("struct file_lock", LOCK, fl_start=start, fl_end=end)
    suname = "struct file_lock_core" if modern else "struct file_lock"
    for name, value in {"file": FILE, **values}.items():
        offset, kind = kernel.find(suname, prefix + name)
        kernel.write(LOCK + offset, value.to_bytes(kernel.size_of(kind), "little"))
    kernel.link([LOCK + kernel.find(suname, prefix + "blocked_requests")[0]])
    return file_locks.FileLock(kernel.view(suname, LOCK))


@pytest.mark.parametrize("modern", [True, False], ids=["6.9", "5.10"])
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"flags": 1, "type": 1}, ["POSIX", "ADVISORY", "WRITE"]),
        ({"flags": 1 | 8, "type": 0}, ["ACCESS", "ADVISORY", "READ"]),
        ({"flags": 1 | 1024, "type": 0}, ["OFDLCK", "ADVISORY", "READ"]),
        ({"flags": 2, "type": 1}, ["FLOCK", "ADVISORY", "WRITE"]),
        ({"flags": 32, "type": 0}, ["LEASE", "ACTIVE", "READ"]),
        ({"flags": 32 | 512, "type": 1}, ["LEASE", "BREAKING", "UNLCK"]),
        ({"flags": 32 | 256, "type": 1}, ["LEASE", "BREAKING", "READ"]),
        ({"flags": 32, "type": 1, "file": 0}, ["LEASE", "BREAKER", "WRITE"]),
        ({"flags": 4, "type": 0}, ["DELEG", "ACTIVE", "READ"]),
        ({"flags": 0, "type": 2}, ["UNKNOWN", "ADVISORY", "UNLCK"]),
    ],
)
def test_kinds_as_in_proc_locks(modern: bool, values: dict[str, int], words: list[str]) -> None:
    found = lock(modern, **values)
    assert [found.kind, found.state, found.mode] == words


@pytest.mark.parametrize("modern", [True, False], ids=["6.9", "5.10"])
def test_ranges(modern: bool) -> None:
    assert lock(modern, flags=1, start=10, end=29).range == (10, 29)
    assert lock(modern, flags=1, start=10).range == (10, None)
    assert lock(modern, flags=2, start=10, end=29).range == (0, None), "flock covers the whole file"


def test_who_waits() -> None:
    held = lock(flags=1, pid=7)
    kernel = fake_crash.KERNEL
    kernel.make("struct file_lock_core", WAITER, flc_pid=8)
    offset = {name: kernel.find("struct file_lock_core", name)[0] for name in kernel.layouts["struct file_lock_core"]}
    kernel.link([LOCK + offset["flc_blocked_requests"], WAITER + offset["flc_blocked_member"]])
    kernel.link([WAITER + offset["flc_blocked_requests"]])
    found = list(file_locks._with_waiters(held))
    assert [(each.pid, each.depth) for each in found] == [(7, 0), (8, 1)]
    assert found[1].blocker is held


def test_a_request_that_waits_for_itself_ends() -> None:
    held = lock(flags=1, pid=7)
    kernel = fake_crash.KERNEL
    offset = kernel.find("struct file_lock_core", "flc_blocked_requests")[0]
    member = kernel.find("struct file_lock_core", "flc_blocked_member")[0]
    kernel.link([LOCK + offset, LOCK + member])
    assert len(list(file_locks._with_waiters(held))) == file_locks.MAX_DEPTH + 1


def test_an_old_kernel_says_so() -> None:
    lock()
    with pytest.raises(TypeError, match="no per-CPU file_lock_list"):
        list(file_locks.file_locks())
