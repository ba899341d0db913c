# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of hanginfo: which rows are shown, which finding a circle is, the lines of the text."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import hanginfo  # noqa: E402
from pykdump.linux.locks.graph import WaitGraph  # noqa: E402
from pykdump.linux.processes import hung  # noqa: E402
from support.fake_hangs import fake_wait  # noqa: E402


@pytest.mark.parametrize(
    ("kinds", "certain", "identifier"),
    [
        (["mutex", "mutex"], True, "mutex-deadlock"),
        (["rwsem"], True, "rwsem-deadlock"),
        (["rt-mutex", "pi-futex"], True, "rt-mutex-deadlock"),
        (["mutex", "rwsem"], True, "mixed-deadlock"),
        (["work", "work"], True, "mixed-deadlock"),
        (["mutex", "mutex"], False, "possible-deadlock"),
    ],
)
def test_the_kind_of_a_deadlock(kinds: list[str], certain: bool, identifier: str) -> None:
    assert hanginfo.deadlock_kind(kinds, certain) == identifier


@pytest.mark.parametrize(("limit", "shown"), [(None, "abcdef"), (6, "abcdef"), (5, "abcef"), (2, "af"), (1, "a")])
def test_both_ends_of_a_list(limit: int | None, shown: str) -> None:
    rows: Any = list("abcdef")
    assert "".join(hanginfo.ends(rows, limit)) == shown


def test_a_deadlock_is_a_finding_with_the_stacks_of_all() -> None:
    waits: dict[int, Any] = {1: fake_wait(1, [2], address=0x10), 2: fake_wait(2, [1], address=0x20)}
    finder: Any = SimpleNamespace(wait_of=lambda task: waits.get(int(task)))
    finding, *stacks = hanginfo.deadlocks(WaitGraph(finder, waits.values()))
    assert isinstance(finding, hanginfo.Finding)
    assert (finding.identifier, finding.pids, finding.addresses) == ("mutex-deadlock", (1, 2), (0x10, 0x20))
    assert [stack.tid for stack in stacks if isinstance(stack, hanginfo.TaskStack)] == [1, 2]


def test_hung_tasks_are_those_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hung, "hung_task_seconds", lambda: 120)
    group: Any = [fake_wait(seconds, address=0x10) for seconds in (5, 120, 121, 300)]
    quick: Any = [fake_wait(7)]
    (finding,) = hanginfo.hung_tasks([group, quick])
    assert (finding.identifier, finding.pids, finding.addresses) == ("hung-task", (121, 300), (0x10,))
    assert finding.message == "2 tasks have waited for mutex for more than 120 s, the longest for 300 s."


def test_groups_are_sorted() -> None:
    first, second = fake_wait(9, address=1), fake_wait(3, address=2)
    third = fake_wait(1)
    third.cause = first.cause
    waits: Any = [first, second, third]
    assert [[w.task.pid for w in group] for group in hanginfo._groups(waits, by_pid=True)] == [[1, 9], [3]]
    third.seconds = 100.0
    assert [[w.task.pid for w in group] for group in hanginfo._groups(waits, by_pid=False)] == [[9, 1], [3]]


def test_the_lines_of_a_group() -> None:
    waiting = hanginfo.WaitingTask(5, 6, 0x60, "waiter", "UN", 3.25, "read", "")
    owner = hanginfo.BlockingTask(1, 2, 0x20, "owner", "IN", "hint", "last reader", "waits for a signal")
    group = hanginfo.WaitGroup(
        "rwsem", "an rw_semaphore", 0x10, "name", "a note", False, (owner,), 3, 3.25, 9.5, (waiting,)
    )
    assert list(hanginfo.group_lines(group)) == [
        "",
        "an rw_semaphore 0x10: name",
        "  last reader (hint): PID 2 (owner) IN, waits for a signal",
        "  a note",
        "  3 tasks wait for 3.2 to 9.5 s",
        "          6 UN       3.2 s  waiter read",
        "    (2 more: --maxpids)",
    ]


def test_the_line_of_a_node() -> None:
    node = hanginfo.TreeNode(1, 6, 0x60, "waiter", "UN", "hint", 2, "waits for a mutex")
    assert list(hanginfo.node_lines(node)) == ["    PID 6 (waiter) UN waits for a mutex (hint) [blocks 2]"]
    cause = hanginfo.TreeNode(0, None, None, "", "", "", 2, "a semaphore 0x10; a note")
    assert list(hanginfo.node_lines(cause)) == ["a semaphore 0x10; a note"]
