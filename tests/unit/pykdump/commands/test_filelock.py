# SPDX-License-Identifier: GPL-3.0-or-later
"""filelock: columns, and which locks the options choose."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from argparse import Namespace  # noqa: E402

from pykdump.commands import filelock  # noqa: E402


def lock(depth: int, pid: int, **values: object) -> filelock.Lock:
    fields = {"mode": "WRITE", "comm": f"task-{pid}", "device": "08:01", "inode": 5, "start": 0, "end": None, **values}
    return filelock.Lock(3, depth, "POSIX", "ADVISORY", pid=pid, path="/f", address=pid, **fields)  # type: ignore[arg-type]


def test_columns() -> None:
    assert [lock(depth, 1).arrow for depth in (0, 1, 2)] == ["3:", "3: ->", "3: -> ->"]
    assert lock(0, 1, start=10, end=29).range_text == "10 29"
    assert lock(0, 1).range_text == "0 EOF"
    assert [lock(0, 1).inode_text, lock(0, 1, device="").inode_text] == ["08:01:5", "<none>:0"]
    assert filelock._device((8 << 20) | 17) == "08:11"


@pytest.mark.parametrize(
    ("waiting", "pids", "depths", "chosen"),
    [
        (False, None, [0], 1),
        (True, None, [0], 0),
        (True, None, [0, 1], 2),
        (False, [2], [0, 1], 2),
        (False, [9], [0], 0),
    ],
)
def test_options(waiting: bool, pids: list[int] | None, depths: list[int], chosen: int) -> None:
    group = [lock(depth, depth + 1) for depth in depths]
    waits: list[tuple[filelock.Lock, filelock.Lock]] = []
    assert len(list(filelock._chosen(group, Namespace(waiting=waiting, pid=pids), waits))) == chosen
    assert len(waits) == (sum(depth > 0 for depth in depths) if chosen else 0)


@pytest.mark.parametrize(
    ("kind", "state", "path", "message"),
    [
        ("POSIX", "ADVISORY", "/f", "task-2 waits for /f, of which task-1 has a WRITE lock (POSIX)."),
        ("LEASE", "BREAKING", "", "task-2 waits for /f, of which task-1 has a lease (breaking)."),
    ],
)
def test_who_waits_for_whom(kind: str, state: str, path: str, message: str) -> None:
    holder, waiter = lock(0, 1), lock(1, 2)
    holder.lock_kind, holder.state, waiter.path = kind, state, path
    (finding,) = filelock.findings([(waiter, holder)])
    assert finding.message == message
    assert finding.pids == (2, 1)
