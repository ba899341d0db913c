# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes see which mounts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.fs import mount_namespaces  # noqa: E402


class Task(SimpleNamespace):
    def __int__(self) -> int:
        return 0x1000 + int(self.pid)


def task(pid: int, namespace: int | None) -> Task:
    proxy = SimpleNamespace(mnt_ns=namespace) if namespace else 0
    return Task(pid=pid, comm=f"c{pid}", nsproxy=proxy, fs=SimpleNamespace(root=f"root{pid}"))


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {each.pid: each for each in (task(1, 10), task(2, 10), task(3, None), task(4, 20))}
    monkeypatch.setattr(mount_namespaces, "process_leaders", lambda: list(found.values()))
    monkeypatch.setattr(mount_namespaces, "pid_to_task", lambda pid: pid if pid in found else 0)
    monkeypatch.setattr(mount_namespaces, "readSU", lambda name, address: found[address])
    monkeypatch.setattr(mount_namespaces, "get_nsproxy", lambda: SimpleNamespace(mnt_ns=20))


def test_one_view_for_each_namespace() -> None:
    assert [(view.namespace, view.pid, view.root) for view in mount_namespaces.views()] == [
        (10, 1, "root1"),
        (20, 4, "root4"),
    ]


def test_the_chosen_view() -> None:
    chosen: Any = mount_namespaces.chosen_view()
    assert (chosen.namespace, chosen.pid) == (20, 4)
    assert mount_namespaces.chosen_view(2).root == "root2"  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("pid", [3, 99])
def test_a_process_that_sees_nothing(pid: int) -> None:
    with pytest.raises(LookupError, match=str(pid)):
        mount_namespaces.chosen_view(pid)
