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
    found = list(filelock._chosen(group, Namespace(waiting=waiting, pid=pids)))
    assert len([each for each in found if isinstance(each, filelock.Lock)]) == chosen


def test_who_waits_for_whom() -> None:
    found = list(filelock._chosen([lock(0, 1), lock(1, 2, mode="READ")], Namespace(waiting=False, pid=None)))
    assert found[2].message == "task-2 waits for a READ lock of /f; task-1 holds a WRITE lock."  # type: ignore[union-attr]
    assert found[2].pids == (2, 1)  # type: ignore[union-attr]
