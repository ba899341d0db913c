# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of sockets and of interfaces."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import Finding, Problem  # noqa: E402
from pykdump.commands.xport import summary  # noqa: E402


def socket(**given: Any) -> Any:
    defaults = {
        "net": 1,
        "state": "CLOSE",
        "protocol": "udp",
        "receive_queue": 5,
        "send_queue": 7,
        "drops": 0,
        "address": 9,
    }
    return SimpleNamespace(**{**defaults, **given})


def test_sockets_are_counted_by_protocol_and_state() -> None:
    listener = {"state": "LISTEN", "accept_queue": 3, "accept_limit": 2, "path": "/run/x"}
    views = [socket(), socket(), socket(net=2), socket(**listener), socket()]
    del views[3].protocol  # a UNIX socket has none
    del views[4].state
    counts: dict[tuple[str, str], list[int]] = {}
    events = list(summary._count(lambda: views, {1}, counts))
    assert counts == {("udp", "CLOSE"): [2, 10, 14], ("unix", "LISTEN"): [1, 5, 0]}
    assert [type(event) for event in events] == [Finding, Problem]


@pytest.mark.parametrize(("under_pressure", "findings"), [(False, 0), (True, 1)])
def test_the_memory_of_tcp(monkeypatch: pytest.MonkeyPatch, under_pressure: bool, findings: int) -> None:
    memory = SimpleNamespace(pages=10, limits=(1, 2, 3), under_pressure=under_pressure)
    monkeypatch.setattr("pykdump.linux.inet.tcp_memory.memory", lambda: memory)
    record, *wrong = summary.tcp_memory()
    assert isinstance(record, summary.TcpMemory) and (record.pages, record.pressure) == (10, 2)
    assert len(wrong) == findings
