# SPDX-License-Identifier: GPL-3.0-or-later
"""UDP sockets: memory that is given back later, and data that a process holds back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import udp  # noqa: E402


def socket(**members: Any) -> Any:
    found = udp.UdpSocket.__new__(udp.UdpSocket)
    found.udp = SimpleNamespace(**members)
    found.sock = SimpleNamespace(sk_backlog=SimpleNamespace(rmem_alloc=SimpleNamespace(counter=5000)))
    return found


def test_freed_memory_is_not_in_the_queue() -> None:
    assert socket(forward_deficit=1000).receive_queue == 4000


def test_data_that_is_held_back() -> None:
    assert socket(pending=2, len=700).pending == 700
    assert socket(pending=0, len=700).pending == 0


def test_a_kernel_without_udp_lite_has_no_such_sockets(monkeypatch: Any) -> None:
    monkeypatch.setattr(udp, "udp_tables", lambda symbol, nets=None: [])
    assert list(udp.udplite()) == []
