# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of made-up processes: order, levels, lost parents and loops."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.processes import tree  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402


class Struct(SimpleNamespace):
    """A struct task_struct; ``parent`` is the tgid of its real_parent."""

    @property
    def real_parent(self) -> Any:
        if self.parent is None:
            raise fake_crash.CrashError("gone")
        return SimpleNamespace(tgid=self.parent)


def world(monkeypatch: pytest.MonkeyPatch, parents: dict[int, int | None]) -> None:
    structs = [Struct(pid=pid, parent=parent) for pid, parent in parents.items()]
    monkeypatch.setattr(tree, "Task", lambda struct: struct)
    monkeypatch.setattr(tree, "process_leaders", lambda: structs)
    monkeypatch.setattr(tree, "idle_tasks", lambda: [SimpleNamespace(pid=0)])


def shown(root: int | None = None) -> list[tuple[int, int | None, tuple[bool, ...]]]:
    return [(node.task.pid, node.parent, node.last[1:]) for node in tree.process_tree(root)]


def test_parents_come_before_children(monkeypatch: pytest.MonkeyPatch) -> None:
    world(monkeypatch, {1: 0, 2: 0, 10: 1, 11: 1, 12: 10})
    assert shown() == [
        (0, None, ()), (1, 0, (False,)), (10, 1, (False, False)), (12, 10, (False, False, True)),
        (11, 1, (False, True)), (2, 0, (True,)),
    ]  # fmt: skip
    assert shown(10) == [(10, None, ()), (12, 10, (True,))]
    with pytest.raises(LookupError, match="PID 99"):
        shown(99)


def test_lost_parents_and_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    world(monkeypatch, {1: 0, 5: 77, 6: None, 8: 9, 9: 8})
    assert [pid for pid, *_ in shown()] == [0, 1, 5, 6]
    assert [pid for pid, *_ in shown(8)] == [8, 9]
    pylog._problems.clear()


def test_a_long_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    world(monkeypatch, {pid: pid - 1 for pid in range(1, 3001)})
    assert shown()[-1][:2] == (3000, 2999)


def test_number_of_threads() -> None:
    task: Any = SimpleNamespace(ts=SimpleNamespace(signal=SimpleNamespace(nr_threads=3)))
    assert tree.thread_count(task) == 3
    task.ts.signal = 0
    assert tree.thread_count(task) is None
