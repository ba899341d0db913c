# SPDX-License-Identifier: GPL-3.0-or-later
"""Queueing disciplines: names, parents, counters of each CPU, and those that tc hides."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.devices import qdiscs  # noqa: E402


class Struct(SimpleNamespace):
    def __int__(self) -> int:
        return int(self.at)

    def hasField(self, name: str) -> bool:
        return name in vars(self)


def view(**members: Any) -> Any:
    return qdiscs.QueueingDiscipline(Struct(at=1, **members), "eth0")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("handle", "parent", "texts"),
    [
        (0x80010000, 0xFFFFFFFF, ("8001:", "root")),
        (0x00300000, 0x00010003, ("30:", "1:3")),
        (0xFFFF0000, 0xFFFFFFF1, ("ffff:", "ffff:fff1")),
        (0, 0, ("0:", "root")),
    ],
)
def test_names(handle: int, parent: int, texts: tuple[str, str]) -> None:
    found = view(handle=handle, parent=parent)
    assert (found.handle, found.parent) == texts


def test_each_cpu_may_count_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qdiscs, "possible_cpus", lambda: [1, 2])
    monkeypatch.setattr(qdiscs, "percpu_ptr", lambda pointer, cpu: cpu)
    monkeypatch.setattr(qdiscs, "readSU", lambda name, address: SimpleNamespace(qlen=address, drops=10 * address))
    stats = SimpleNamespace(qlen=100, drops=5)
    shared = view(flags=0, cpu_bstats=0, qstats=stats, q=SimpleNamespace(qlen=4))
    assert (shared.queued_packets, shared.drops) == (4, 5)
    apart = view(flags=qdiscs.PER_CPU, cpu_bstats=1, cpu_qstats=1, qstats=stats, q=SimpleNamespace(qlen=4))
    assert (apart.queued_packets, apart.drops) == (107, 35)


def test_what_tc_hides() -> None:
    root = Struct(at=1, flags=0)
    noop = Struct(at=2, flags=qdiscs.BUILTIN)
    ingress = SimpleNamespace(qdisc_sleeping=Struct(at=3, flags=0))
    device: Any = Struct(at=9, name="eth0", qdisc=root, ingress_queue=ingress)
    assert [found.address for found in qdiscs.qdiscs(device)] == [1, 3]
    device.qdisc, device.ingress_queue = noop, 0
    assert list(qdiscs.qdiscs(device)) == []
