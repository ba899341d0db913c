# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP sockets: queues, timers, and the places where kernels keep their timers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import tcp, times  # noqa: E402


def connection(listens: bool = False, **members: Any) -> Any:
    found = tcp.TcpSocket.__new__(tcp.TcpSocket)
    found.listens = listens
    found.sock = found.tcp = found.icsk = SimpleNamespace(**members)
    return found


def test_queues_wrap_around_with_the_sequence_numbers() -> None:
    socket = connection(rcv_nxt=5, copied_seq=0xFFFFFFFB, write_seq=3, snd_una=0xFFFFFFFD, snd_nxt=1)
    assert (socket.receive_queue, socket.send_queue, socket.bytes_not_sent) == (10, 6, 2)


def test_a_fin_that_was_read_is_no_negative_queue() -> None:
    assert connection(rcv_nxt=100, copied_seq=101).receive_queue == 0


def test_a_listener_has_queues_of_connections() -> None:
    socket = connection(True, sk_ack_backlog=3, sk_max_ack_backlog=2)
    assert (socket.receive_queue, socket.send_queue, socket.accept_queue, socket.accept_limit) == (3, 2, 3, 2)
    assert connection().accept_queue is None


@pytest.fixture
def at_1000(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: 1000)


def timer(expires: int, pending: bool) -> Any:
    return SimpleNamespace(expires=expires, entry=SimpleNamespace(pprev=int(pending)))


def offsets(monkeypatch: pytest.MonkeyPatch, *members: str) -> None:
    from pykdump.caches import CU_LIVE, purge_memoize_cache

    purge_memoize_cache(CU_LIVE)
    monkeypatch.setattr(tcp, "member_offset", lambda struct, member: 8 if member in members else -1)


@pytest.mark.parametrize(
    ("layout", "members"),
    [
        (("icsk_timeout", "icsk_retransmit_timer"), {"icsk_timeout": 1500}),
        (("icsk_retransmit_timer",), {"icsk_retransmit_timer": timer(1500, True)}),
        ((), {"tcp_retransmit_timer": timer(1500, True)}),
    ],
)
def test_the_timer_of_retransmissions_has_moved(
    at_1000: None, monkeypatch: pytest.MonkeyPatch, layout: tuple[str, ...], members: dict[str, Any]
) -> None:
    offsets(monkeypatch, *layout)
    socket = connection(icsk_pending=1, **members)
    assert (socket.timer, socket.timer_seconds) == ("on", 2.0)
    assert connection(icsk_pending=3, **members).timer == "probe"


def test_keepalive_and_no_timer(at_1000: None, monkeypatch: pytest.MonkeyPatch) -> None:
    offsets(monkeypatch)
    socket = connection(icsk_pending=0, sk_timer=timer(1250, True))
    assert (socket.timer, socket.timer_seconds) == ("keepalive", 1.0)
    assert connection(icsk_pending=0, sk_timer=timer(1250, False)).timer is None
    offsets(monkeypatch, "icsk_keepalive_timer")
    assert connection(icsk_pending=0, icsk_keepalive_timer=timer(1250, True)).timer == "keepalive"


def test_no_threshold_is_none() -> None:
    assert connection(snd_ssthresh=0x7FFFFFFF).slow_start_threshold is None
    assert connection(snd_ssthresh=7).slow_start_threshold == 7


def test_the_accept_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    request: Any = SimpleNamespace(sk=1)
    request.dl_next = request
    monkeypatch.setattr(tcp, "MAX_ACCEPT_QUEUE", 3)
    assert list(connection(icsk_accept_queue=SimpleNamespace(rskq_accept_head=request)).accepted()) == [1, 1, 1]


def test_requests_and_time_wait_have_what_records_read() -> None:
    """Each attribute of a connection is one of theirs too."""
    names = {name for name in vars(tcp.TcpSocket) if not name.startswith("_")} - {"accepted", "listens"}
    for kind in (tcp.TcpRequest, tcp.TcpTimeWait):
        assert [name for name in names if not hasattr(kind, name)] == []
