# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes have which sockets open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import owners  # noqa: E402

OPERATIONS = 0x99


class Sock(int):
    sk_socket = 0


def sock(address: int, socket: int) -> Sock:
    found = Sock(address)
    found.sk_socket = socket
    return found


SOCKETS = {1: sock(0x100, 1), 2: sock(0x200, 2), 3: 0}


def task(pid: int, files: int, *sockets: int, tid: int = 0) -> Any:
    rows = [(3 + n, SimpleNamespace(f_op=OPERATIONS, private_data=s)) for n, s in enumerate(sockets)]
    rows.append((99, SimpleNamespace(f_op=1, private_data=0)))
    return SimpleNamespace(tgid=pid, pid=tid or pid, ts=SimpleNamespace(files=files, rows=rows))


@pytest.fixture(autouse=True)
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "sym2addr", lambda name: OPERATIONS)
    monkeypatch.setattr(owners, "open_files", lambda ts: ts.rows)
    monkeypatch.setattr(owners, "readSU", lambda struct, address: SimpleNamespace(sk=SOCKETS[address]))


def test_processes_that_share_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [task(1, 0x10, 1, 2, 1), task(2, 0x20, 2), task(3, 0, 1)]
    monkeypatch.setattr(owners, "all_tasks", lambda idle: tasks)
    assert owners.owners() == {1: (1,), 2: (1, 2)}


def test_threads_share_their_files(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [task(1, 0x10, 1), task(1, 0x10, 1, tid=5), task(1, 0x30, 2, tid=6)]
    assert [t.pid for t in owners.tables_of_files(tasks)] == [1, 6]


def test_a_socket_without_a_struct_sock_is_left_out() -> None:
    assert [(fd, int(s)) for fd, s in owners.task_sockets(task(1, 1, 3, 2))] == [(4, 0x200)]
