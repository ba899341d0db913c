# SPDX-License-Identifier: GPL-3.0-or-later
"""UNIX sockets: what their queues are, and tables of older kernels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import unix  # noqa: E402


def socket(kind: int, lengths: list[int], monkeypatch: pytest.MonkeyPatch, listens: bool = False) -> Any:
    found = unix.UnixSocket.__new__(unix.UnixSocket)
    found.listens = listens
    found.sock = SimpleNamespace(
        sk_type=kind, sk_receive_queue=SimpleNamespace(qlen=len(lengths)), sk_max_ack_backlog=8,
        sk_wmem_alloc=SimpleNamespace(refs=SimpleNamespace(counter=101)),
    )  # fmt: skip
    monkeypatch.setattr(unix, "queued", lambda head: [SimpleNamespace(len=length) for length in lengths])
    monkeypatch.setattr(unix, "_consumed", lambda skb: 1)
    return found


def test_a_stream_is_read_byte_by_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = socket(unix.STREAM, [10, 20], monkeypatch)
    assert (stream.receive_queue, stream.send_queue, stream.packets, stream.accept_queue) == (28, 100, 2, None)


def test_a_packet_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert socket(unix.DGRAM, [10, 20], monkeypatch).receive_queue == 10


def test_a_listener_has_connections_in_its_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = socket(unix.STREAM, [0, 0, 0], monkeypatch, listens=True)
    assert (listener.receive_queue, listener.send_queue, listener.accept_queue, listener.accept_limit) == (3, 8, 3, 8)


@pytest.mark.parametrize(("offset", "walks"), [(8, 2), (-1, 1)])
def test_older_kernels_have_one_table_for_all_namespaces(
    monkeypatch: pytest.MonkeyPatch, offset: int, walks: int
) -> None:
    walked: list[Any] = []
    monkeypatch.setattr(unix, "member_offset", lambda struct, member: offset)
    monkeypatch.setattr(unix, "unix_sockets", lambda net: walked.append(net) or [])
    assert list(unix.unix(["one", "two"])) == []  # type: ignore[list-item]
    assert len(walked) == walks
