# SPDX-License-Identifier: GPL-3.0-or-later
"""pstree: branches, and what the options add to a line."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import Problem  # noqa: E402
from pykdump.commands import pstree  # noqa: E402


@pytest.mark.parametrize(
    ("last", "text"),
    [
        ((True,), ""), ((True, False), "|- "), ((True, True), "`- "), ((True, False, True), "|  `- "),
        ((True, True, False, False), "   |  |- "),
    ],
)  # fmt: skip
def test_branches(last: tuple[bool, ...], text: str) -> None:
    assert pstree.branches(last) == text


def test_very_deep_branches_are_cut() -> None:
    assert pstree.branches((True,) * 1001).startswith("(+900) ")


class Task(SimpleNamespace):
    def __int__(self) -> int:
        return 0x1000


def node(threads: int, **task: Any) -> Any:
    signal = SimpleNamespace(signal=SimpleNamespace(nr_threads=threads))
    values = {"pid": 7, "comm": "prog\n", "state_code": "UN", "ts": signal}
    return SimpleNamespace(task=Task(**{**values, **task}), parent=1, depth=1, last=(True, True))


@pytest.mark.parametrize(
    ("pids", "threads", "states", "line"),
    [
        (False, False, False, "`- prog\\n"), (True, False, False, "`- prog\\n (7)"),
        (True, True, True, "`- prog\\n (7) [UN] {3 threads}"), (False, True, False, "`- prog\\n {3 threads}"),
    ],
)  # fmt: skip
def test_lines(pids: bool, threads: bool, states: bool, line: str) -> None:
    (process,) = pstree.processes([node(3)], pids, threads, states)
    assert isinstance(process, pstree.Process)
    assert list(pstree.lines(process)) == [line]


def test_one_thread_is_not_mentioned() -> None:
    (process,) = pstree.processes([node(1)], False, True, False)
    assert isinstance(process, pstree.Process)
    assert list(pstree.lines(process)) == ["`- prog\\n"]


def test_what_the_text_does_not_show_is_not_read() -> None:
    bare = node(1)
    del bare.task.state_code, bare.task.ts
    (process,) = pstree.processes([bare], True, False, False, as_text=True)
    assert isinstance(process, pstree.Process)
    assert (list(pstree.lines(process)), process.state, process.threads) == (["`- prog\\n (7)"], "", None)
    (problem,) = pstree.processes([bare], True, False, False)  # a record for JSON needs it all
    assert isinstance(problem, Problem)


def test_a_damaged_process() -> None:
    broken = node(1)
    del broken.task.comm
    first, second = pstree.processes([broken, node(1)], False, False, False)
    assert isinstance(first, Problem) and first.part == "task 0x1000"
    assert isinstance(second, pstree.Process)
