# SPDX-License-Identifier: GPL-3.0-or-later
"""Namespaces of made-up processes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.processes import namespaces  # noqa: E402


class Struct(SimpleNamespace):
    def __int__(self) -> int:
        return int(self.at)

    def hasField(self, name: str) -> bool:
        return hasattr(self, name)


def namespace(number: int) -> Struct:
    return Struct(at=number, ns=SimpleNamespace(inum=4026531000 + number))


def task(pid: int, net: int | None, user: int | None = 3) -> Any:
    proxy = Struct(net_ns=namespace(net), time_ns=0, at=1) if net else 0
    cred = SimpleNamespace(user_ns=namespace(user)) if user else 0
    number = SimpleNamespace(ns=namespace(9))
    struct = SimpleNamespace(nsproxy=proxy, real_cred=cred)
    return SimpleNamespace(
        pid=pid, ts=struct, task_get_pid=lambda: SimpleNamespace(level=1, numbers=[None, number])
    )  # fmt: skip


def test_what_a_task_has() -> None:
    assert list(namespaces.namespaces_of(task(1, net=2))) == [
        ("net", 4026531002, 2), ("pid", 4026531009, 9), ("user", 4026531003, 3),
    ]  # fmt: skip
    zombie = task(1, net=None, user=None)
    zombie.task_get_pid = lambda: 0
    assert list(namespaces.namespaces_of(zombie)) == []


def test_who_shares_a_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = task(4, net=2)
    broken.ts = Broken()
    made = [task(1, net=2), task(2, net=7), task(3, net=2), broken]
    reported: list[str] = []
    monkeypatch.setattr(namespaces, "process_leaders", lambda: made)
    monkeypatch.setattr(namespaces, "Task", lambda struct: struct)
    monkeypatch.setattr(namespaces.pylog, "error", reported.append)
    found = namespaces.shared_namespaces()
    assert [(each.kind, each.address, [t.pid for t in each.processes]) for each in found] == [
        ("net", 2, [1, 3]), ("net", 7, [2]), ("pid", 9, [1, 2, 3]), ("user", 3, [1, 2, 3]),
    ]  # fmt: skip
    assert len(reported) == 1


class Broken:
    @property
    def nsproxy(self) -> Any:
        raise fake_crash.CrashError("gone")
