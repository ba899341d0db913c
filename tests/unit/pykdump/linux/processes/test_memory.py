# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory of made-up processes: counters of each layout, shared memory, damage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.processes import memory  # noqa: E402


class Mm(SimpleNamespace):
    def __int__(self) -> int:
        return 0x5000


def task(mm: Any, cached: list[int] | None = None, threads: list[Any] | None = None) -> Any:
    struct = SimpleNamespace(mm=mm, rss_stat=SimpleNamespace(count=cached or [0] * 4))
    return SimpleNamespace(ts=struct, threads=threads or [], pid=1)


def test_counters_of_each_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "member_offset", lambda suname, member: -1)
    monkeypatch.setattr(memory, "percpu_counter_sum", lambda counter: counter)
    found = memory.usage(task(Mm(rss_stat=[20, 30, 4, -1], total_vm=500)), sysv=9)
    assert found is not None
    assert (found.file, found.anonymous, found.swap, found.shared) == (20, 30, 4, 0)
    assert (found.resident, found.own, found.virtual) == (50, 50, 500)


def test_counters_that_threads_keep_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "member_offset", lambda suname, member: 0)
    counts = [SimpleNamespace(counter=value) for value in (20, 30, 0, 40)]
    other = task(None, cached=[1, -2, 0, 3])
    found = memory.usage(task(Mm(rss_stat=SimpleNamespace(count=counts), total_vm=1), [1, 1, 0, 0], [other]), sysv=9)
    assert found is not None
    assert (found.file, found.anonymous, found.shared) == (22, 29, 43)
    assert (found.resident, found.sysv, found.own) == (94, 9, 85)


def test_no_more_sysv_memory_than_shared_memory() -> None:
    assert memory.Usage([0, 5, 0, 3], 10, sysv=100).own == 5


def test_kernel_threads_have_none() -> None:
    assert memory.usage(task(0)) is None


def test_damage_costs_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def usage(task: Any, sysv: int) -> Any:
        if task.pid == 2:
            raise fake_crash.CrashError("gone")
        return sysv

    reported: list[str] = []
    monkeypatch.setattr(memory.pylog, "error", reported.append)
    monkeypatch.setattr(memory, "attached", lambda: {0x5000: 7})
    monkeypatch.setattr(memory, "process_leaders", lambda: [SimpleNamespace(pid=pid, mm=Mm()) for pid in (1, 2, 3)])
    monkeypatch.setattr(memory, "Task", lambda struct: struct)
    monkeypatch.setattr(memory, "usage", usage)
    assert [(found.pid, used) for found, used in memory.memory_of_processes()] == [(1, 7), (3, 7)]
    assert len(reported) == 1


def test_units() -> None:
    assert memory.kibibytes(3) == 12
