# SPDX-License-Identifier: GPL-3.0-or-later
"""Packet sockets and packet types, on kernels with other layouts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import packet  # noqa: E402


def socket(**members: Any) -> Any:
    found = packet.PacketSocket.__new__(packet.PacketSocket)
    found.packet = SimpleNamespace(**members)
    return found


@pytest.mark.parametrize(("bit", "running"), [(4, True), (3, False)])
def test_running_is_a_bit_today(monkeypatch: pytest.MonkeyPatch, bit: int, running: bool) -> None:
    monkeypatch.setattr(packet, "enumerator_value", lambda name: 4)
    assert socket(flags=1 << bit).running is running


def test_running_was_a_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet, "enumerator_value", lambda name: None)
    assert socket(running=1).running is True


@pytest.mark.parametrize(
    ("places", "symbols", "heads"),
    [
        ({("struct net", "ptype_all"): 8, ("struct net", "ptype_specific"): 24}, {}, [0x1008, 0x1018]),
        ({("struct net_hotdata", "ptype_all"): 16}, {}, [0x2010]),
        ({}, {"ptype_all": 0x3000}, [0x3000]),
    ],
)
def test_the_list_for_all_types_has_moved(
    monkeypatch: pytest.MonkeyPatch, places: dict[tuple[str, str], int], symbols: dict[str, int], heads: list[int]
) -> None:
    monkeypatch.setattr(packet, "member_offset", lambda *place: places.get(place, -1))
    monkeypatch.setattr(packet, "readSymbol", lambda name: 0x2000)
    monkeypatch.setattr(packet, "Addr", lambda struct, member: struct + places["struct net_hotdata", member])
    monkeypatch.setattr(packet, "sym2addr", lambda name: symbols.get(name, 0))
    assert packet._all_heads(0x1000) == heads  # type: ignore[arg-type]


def test_the_function_of_a_packet_socket_has_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet, "addr2sym", lambda address: {1: "packet_rcv", 2: "ip_rcv"}.get(address))
    handler = packet.PacketHandler.__new__(packet.PacketHandler)
    handler.packet_type = SimpleNamespace(type=0x0300, dev=0, func=1, af_packet_priv=0x77)  # type: ignore[assignment]
    assert (handler.ethertype, handler.device, handler.function, handler.socket) == (None, None, "packet_rcv", 0x77)
    handler.packet_type = SimpleNamespace(type=0x0008, dev=0, func=2, af_packet_priv=0x77)  # type: ignore[assignment]
    assert (handler.ethertype, handler.function, handler.socket, handler.owner) == (0x800, "ip_rcv", 0, 0)
