# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues of packets, and the headers in them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

KERNEL = fake_crash.install()

from pykdump.linux.inet import skbuff  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402


@pytest.fixture
def reported() -> Iterator[list[str]]:
    """The messages of this test. (The embedded interpreters run the tests without conftest.py.)"""
    messages: list[str] = []
    before = pylog.send_to(lambda prefix, message: messages.append(message))
    yield messages
    pylog.send_to(before)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> fake_crash.Kernel:
    kernel = fake_crash.Kernel()
    kernel.sizes["struct in6_addr"] = 16
    kernel.define("struct sk_buff", next="ptr")
    monkeypatch.setattr(skbuff, "readmem", kernel.read)
    monkeypatch.setattr(skbuff, "readPtr", lambda address: int.from_bytes(kernel.read(address, 8), "little"))
    monkeypatch.setattr(skbuff, "readSU", lambda name, address: header(kernel, name, address))
    return kernel


def header(kernel: fake_crash.Kernel, name: str, address: int) -> Any:
    if name == "struct iphdr":
        first, _, length, _, _, _, protocol, _, source, target = struct.unpack("<BBHHHBBHII", kernel.read(address, 20))
        return SimpleNamespace(ihl=first & 15, tot_len=length, protocol=protocol, saddr=source, daddr=target)
    if name == "struct tcphdr":
        source, target, seq, ack, _, bits, window = struct.unpack("<HHIIBBH", kernel.read(address, 16))
        flags = {flag: bits >> n & 1 for n, flag in enumerate(skbuff.TCP_FLAGS)}
        return SimpleNamespace(source=source, dest=target, seq=seq, ack_seq=ack, window=window, **flags)
    return int(address)


def test_a_packet_of_tcp_in_one_line(memory: fake_crash.Kernel) -> None:
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 52, 0, 0, 64, 6, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    tcp = struct.pack(">HHIIBBHHH", 22, 4321, 1000, 2000, 0x50, 0b10010, 512, 0, 0)
    memory.write(0x1000, ip + tcp)
    assert skbuff.ip_text(0x1000) == (
        "tcp 10.0.0.1 > 10.0.0.2, 52 bytes, ports 22 > 4321 seq 1000 ack 2000 win 512 [syn,ack]"
    )


def test_a_queue_is_walked_to_its_head(memory: fake_crash.Kernel) -> None:
    for here, following in ((0x100, 0x200), (0x200, 0x300), (0x300, 0x100)):
        memory.write_pointer(here, following)
    assert [int(skb) for skb in skbuff.queued(0x100)] == [0x200, 0x300]  # type: ignore[arg-type]


def test_a_queue_with_a_loop_or_a_hole_ends(memory: fake_crash.Kernel, reported: list[str]) -> None:
    for here, following in ((0x100, 0x200), (0x200, 0x300), (0x300, 0x200)):
        memory.write_pointer(here, following)
    assert [int(skb) for skb in skbuff.queued(0x100)] == [0x200, 0x300]  # type: ignore[arg-type]
    assert len(reported) == 1 and "comes back to 0x200" in reported[0]
    memory.write_pointer(0x400, 0x500)
    assert [int(skb) for skb in skbuff.queued(0x400)] == [0x500]  # type: ignore[arg-type]


def test_a_packet_without_a_header_of_ip_has_no_text() -> None:
    packet = skbuff.Packet.__new__(skbuff.Packet)
    packet.skb = SimpleNamespace(head=1, network_header=skbuff.UNSET, protocol=0x0008)  # type: ignore[assignment]
    assert packet.protocol == 0x800 and packet.text is None
