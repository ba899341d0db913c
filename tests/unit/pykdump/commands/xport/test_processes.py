# SPDX-License-Identifier: GPL-3.0-or-later
"""The sockets of processes: which processes are meant, and ports."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands.xport import processes  # noqa: E402

TASKS = [SimpleNamespace(pid=p, tgid=g, comm=c) for p, g, c in ((1, 1, "init"), (7, 5, "web"), (5, 5, "web"))]


@pytest.fixture(autouse=True)
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "all_tasks", lambda idle: TASKS)
    monkeypatch.setattr(processes, "tables_of_files", lambda tasks: tasks[:1])
    monkeypatch.setattr(processes, "task_sockets", lambda task: [(3, 0x10), (4, 0x20)])
    monkeypatch.setattr(processes, "_record", lambda task, fd, sock: (task.tgid, fd))
    monkeypatch.setattr(processes, "_ports", lambda address: (22, 80) if address == 0x10 else (0, 0))


def found(**given: Any) -> list[object]:
    options: Any = SimpleNamespace(**{"pid": None, "program": None, "port": None, **given})
    return list(processes.process_sockets(options))


def test_a_process_by_pid_thread_or_name() -> None:
    assert found(pid=1) == [(1, 3), (1, 4)]
    assert found(pid=7) == found(program="web") == [(5, 3), (5, 4)]
    assert found(program="*") == [(1, 3), (1, 4)]


def test_only_sockets_with_a_port() -> None:
    assert found(pid=1, port=80) == [(1, 3)] and found(pid=1, port=443) == []


@pytest.mark.parametrize("given", [{"pid": 99}, {"program": "nobody"}])
def test_there_is_no_such_process(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no process with"):
        found(**given)
