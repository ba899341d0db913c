# SPDX-License-Identifier: GPL-3.0-or-later
"""packets: packets in a queue, headers, and the functions that get packets of each type, for xportshow."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Problem, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.commands.xport.common import chosen_nets, each_net, made, maker

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from typing import Any

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts


@dataclass
class Packet:
    """A packet: struct sk_buff."""

    length: int = item("from the current header on", unit="bytes")
    data_length: int = item("of these in fragments", unit="bytes")
    memory: int = item("memory that it takes", unit="bytes")
    references: int = item("reference count")
    protocol: int = item("EtherType")
    device: str | None = item("interface; null: none, or it is in the queue of a socket")
    fragments: int = item("number of fragments")
    text: str | None = item("addresses, ports and flags; null: it has no header of IP")
    address: int = item("struct sk_buff *", unit="address")


@dataclass
class Header:
    """A header in a packet."""

    type: str = item("iph (IPv4 or IPv6), th (TCP) or uh (UDP)")
    text: str = item("what it says")
    address: int = item("where it is", unit="address")


@dataclass
class PacketHandler:
    """A function that gets packets of a type: struct packet_type."""

    ethertype: int | None = item("EtherType; null: all")
    device: str | None = item("interface; null: all")
    function: str = item("name of the function")
    socket: int = item("struct sock * that gets the packets, 0: the kernel", unit="address")
    pids: tuple[int, ...] = item("processes that have the socket open")
    address: int = item("struct packet_type *", unit="address")
    net: int = item("struct net *", unit="address")


def packet_maker() -> Callable[[Any], object]:
    """Return the function that makes the record of a packet."""
    make: Callable[..., object] = maker(Packet)
    return make


def handlers(options: argparse.Namespace) -> Iterator[object]:
    """Yield the functions that get packets of each type, with the processes of packet sockets."""
    from pykdump.linux.inet.owners import owners
    from pykdump.linux.inet.packet import packet_handlers

    pids = owners()
    make: Callable[..., object] = maker(PacketHandler, "pids", "net")

    def of_net(net: StructResult) -> Iterator[object]:
        return made(
            "the packet type at", packet_handlers(net), lambda view: make(view, pids.get(view.owner, ()), int(net))
        )

    return each_net(chosen_nets(options), of_net)


def queue(options: argparse.Namespace) -> Iterator[object]:
    """Yield the packets in a ``struct sk_buff_head``."""
    from crash import readSU

    from pykdump.linux.inet import skbuff

    views = map(skbuff.Packet, skbuff.queued(readSU("struct sk_buff_head", options.skbuffhead)))
    return made("the packet at", views, packet_maker())


def decode(options: argparse.Namespace) -> Iterator[object]:
    """Yield what structs at given addresses say."""
    from crash import readSU

    from pykdump.linux.inet import skbuff

    kind, *words = options.decode
    texts = {"iph": skbuff.ip_text, "th": skbuff.tcp_text, "uh": skbuff.udp_text}
    if kind not in ("skb", *texts):
        raise ValueError(f"cannot decode {kind!r}; known are skb, {', '.join(texts)}")
    make = packet_maker()
    for word in words:
        try:
            address = int(word, 16)
            if kind == "skb":
                yield make(skbuff.Packet(readSU("struct sk_buff", address)))
            else:
                yield Header(kind, texts[kind](address), address)
        except UNREADABLE as problem:
            yield Problem(f"the {kind} at {word}", reason_of(problem))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options: xportshow has them."""


TABLES: Layouts = {
    Packet: (
        Column("SKB", "address", address=True),
        Column("LENGTH", "length"),
        Column("IN-FRAGS", "data_length"),
        Column("FRAGS", "fragments"),
        Column("MEMORY", "memory"),
        Column("REFS", "references"),
        Column("PROTO", "protocol", address=True),
        Column("DEV", "device", left=True),
        Column("HEADERS", "text", left=True),
    ),
    Header: (
        Column("TYPE", "type", left=True),
        Column("ADDRESS", "address", address=True),
        Column("TEXT", "text", left=True),
    ),
    PacketHandler: (
        Column("TYPE", "ethertype", show=lambda number: f"{number:#06x}"),
        Column("DEV", "device", left=True),
        Column("FUNCTION", "function", left=True),
        Column("SOCKET", "socket", address=True),
        Column("PIDS", "pids", left=True, show=lambda pids: ",".join(map(str, pids))),
    ),
}
COMMAND = Command(__doc__, add_options, handlers, TABLES)
