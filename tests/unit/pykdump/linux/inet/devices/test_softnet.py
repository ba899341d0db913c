# SPDX-License-Identifier: GPL-3.0-or-later
"""The receive queues of CPUs, on kernels with other layouts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.devices import softnet  # noqa: E402


class Data(SimpleNamespace):
    def __int__(self) -> int:
        return 1

    def __getattr__(self, name: str) -> Any:
        raise fake_crash.MissingMember(name)


def view(**members: Any) -> Any:
    return softnet.Softnet(Data(**members), 0)  # type: ignore[arg-type]


def test_drops_were_a_plain_number() -> None:
    assert view(dropped=SimpleNamespace(counter=3)).dropped == view(dropped=3).dropped == 3


def test_a_kernel_without_packet_steering() -> None:
    assert view().steered == 0 and view(received_rps=4).steered == 4


def test_packets_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    third = SimpleNamespace(next=0)
    first = SimpleNamespace(next=third)
    found = view(input_pkt_queue=SimpleNamespace(qlen=3), process_queue=SimpleNamespace(qlen=4), completion_queue=first)
    assert (found.backlog, found.completed) == (7, 2)
    loop: Any = SimpleNamespace()
    loop.next = loop
    monkeypatch.setattr(softnet, "MAX_PACKETS", 5)
    assert view(completion_queue=loop).completed == 5


def test_cpus_that_are_offline_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softnet, "possible_cpus", lambda: [0, 1, 2])
    monkeypatch.setattr(softnet, "running_cpus", lambda: [0, 2])
    monkeypatch.setattr(softnet, "get_cpu_var", lambda name: [10, 20, 30])
    monkeypatch.setattr(softnet, "readSU", lambda name, address: address)
    assert [(found.cpu, found.address) for found in softnet.softnet()] == [(0, 10), (2, 30)]


@pytest.mark.parametrize(("symbol", "limit"), [("netdev_max_backlog", 1000), ("net_hotdata", 2000), ("", None)])
def test_the_limit_has_moved(monkeypatch: pytest.MonkeyPatch, symbol: str, limit: int | None) -> None:
    monkeypatch.setattr(softnet, "sym2addr", lambda name: 1 if name == symbol else 0)
    monkeypatch.setattr(softnet, "readS32", lambda address: 1000)
    monkeypatch.setattr(softnet, "readSU", lambda name, address: SimpleNamespace(max_backlog=2000))
    assert softnet.backlog_limit() == limit
