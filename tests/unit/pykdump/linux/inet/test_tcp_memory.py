# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of TCP, with and without what CPUs put aside."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import tcp_memory  # noqa: E402


class OldProto(SimpleNamespace):
    @property
    def per_cpu_fw_alloc(self) -> Any:
        raise fake_crash.MissingMember("per_cpu_fw_alloc")


@pytest.mark.parametrize(("kind", "pages"), [(SimpleNamespace, 105), (OldProto, 100)])
def test_pages(monkeypatch: pytest.MonkeyPatch, kind: type, pages: int) -> None:
    members = {"memory_allocated": 0x10, "sysctl_mem": 0x20, "memory_pressure": 0x40}
    if kind is SimpleNamespace:
        members["per_cpu_fw_alloc"] = 1
    numbers = {0x10: 100, 0x20: 1000, 0x28: 2000, 0x30: 3000}
    monkeypatch.setattr(tcp_memory, "sym2addr", lambda name: 1)
    monkeypatch.setattr(tcp_memory, "readSU", lambda struct, address: kind(**members))
    monkeypatch.setattr(tcp_memory, "readS64", numbers.__getitem__)
    monkeypatch.setattr(tcp_memory, "readS32", lambda address: {0: 2, 1: 3}[address])
    monkeypatch.setattr(tcp_memory, "readPtr", lambda address: 0)
    monkeypatch.setattr(tcp_memory, "possible_cpus", lambda: [0, 1])
    monkeypatch.setattr(tcp_memory, "percpu_ptr", lambda pointer, cpu: cpu)
    found = tcp_memory.memory()
    assert (found.pages, found.limits, found.under_pressure) == (pages, (1000, 2000, 3000), False)
