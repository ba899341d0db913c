# SPDX-License-Identifier: GPL-3.0-or-later
"""summary: the numbers of sockets and interfaces of xportshow, and everything that is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, guarded, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.commands.xport import interface_findings, socket_findings
from pykdump.commands.xport.common import chosen_nets, each_net
from pykdump.commands.xport.counters import softnet_findings
from pykdump.commands.xport.neighbours import full_tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts


@dataclass
class SocketCount:
    """The number of sockets of a protocol in a state."""

    protocol: str = item("tcp, udp, raw, unix and so on")
    state: str = item("state, with the names of TCP")
    sockets: int = item("number of sockets")
    receive_queue: int = item("received and not read, all together; listeners: waiting connections", unit="bytes")
    send_queue: int = item("not acknowledged or not read by the peer, all together; 0 for listeners", unit="bytes")


@dataclass
class InterfaceCount:
    """The number of interfaces in a state."""

    state: str = item("state by RFC 2863: UP, DOWN, UNKNOWN and so on")
    interfaces: int = item("number of interfaces")


@dataclass
class TcpMemory:
    """The memory of all TCP sockets: net.ipv4.tcp_mem."""

    pages: int = item("memory in use", unit="pages")
    low: int = item("below it nothing is limited", unit="pages")
    pressure: int = item("above it the sockets save memory", unit="pages")
    high: int = item("limit", unit="pages")
    under_pressure: bool = item("the sockets save memory now")


def summary(options: argparse.Namespace) -> Iterator[object]:
    """Yield what is wrong, and the numbers of sockets and interfaces."""
    nets = chosen_nets(options)
    counts: dict[tuple[str, str], list[int]] = {}
    chosen = {int(net) for net in nets}
    for name, walk in _walks(nets):
        yield from guarded(name, _count, walk, chosen, counts)
    interface_counts: dict[str, int] = {}
    yield from each_net(nets, lambda net: _interfaces(net, interface_counts))
    for part in (full_tables, softnet_findings, _conntrack):
        yield from guarded("findings", part)
    memory = list(guarded("memory of TCP", tcp_memory))
    yield from memory
    for (protocol, state), (number, received, sending) in counts.items():
        yield SocketCount(protocol, state, number, received, sending)
    for state, number in interface_counts.items():
        yield InterfaceCount(state, number)


def _walks(nets: list[StructResult]) -> Iterator[tuple[str, Callable[[], Iterable[Any]]]]:
    from pykdump.linux.inet import tcp, udp, unix

    yield "TCP sockets", lambda: tcp.tcp_sockets(nets)
    yield "UDP sockets", lambda: udp.udp(nets)
    yield "UDP-Lite sockets", udp.udplite
    yield "raw sockets", udp.raw
    yield "ping sockets", udp.ping
    yield "UNIX sockets", lambda: unix.unix(nets)


def _count(
    walk: Callable[[], Iterable[Any]], nets: set[int], counts: dict[tuple[str, str], list[int]]
) -> Iterator[object]:
    """Count sockets in ``counts``; yield what is wrong with them."""
    for view in walk():
        try:
            if view.net not in nets:
                continue
            state, protocol = view.state, getattr(view, "protocol", "unix")
            found = counts.setdefault((protocol, state), [0, 0, 0])
            found[0] += 1
            found[1] += view.receive_queue
            found[2] += 0 if state == "LISTEN" else view.send_queue
            if protocol != "unix":
                yield from socket_findings.findings_of(view)
            elif state == "LISTEN":
                yield from socket_findings.listener_findings(view, f"unix {view.path}")
        except UNREADABLE as problem:
            yield Problem(f"the socket at {view.address:#x}", reason_of(problem))


def _interfaces(net: StructResult, counts: dict[str, int]) -> Iterator[object]:
    from pykdump.linux.inet.devices.interfaces import interfaces

    for view in interfaces(net):
        try:
            counts[view.state] = counts.get(view.state, 0) + 1
            yield from interface_findings.findings_of(view)
        except UNREADABLE as problem:
            yield Problem(f"the interface at {view.address:#x}", reason_of(problem))


def _conntrack() -> Iterator[Finding]:
    from pykdump.linux.inet import get_net_namespace_list
    from pykdump.linux.inet.netfilter import conntrack_counts

    for net in get_net_namespace_list():
        counts = conntrack_counts(net)
        if counts and counts[1] and counts[0] >= counts[1]:
            text = f"{counts[0]} connections are tracked, the limit is {counts[1]}: packets of new ones are dropped."
            yield Finding("conntrack-table-full", text, (), (int(net),))


def tcp_memory() -> Iterator[TcpMemory | Finding]:
    """Yield the memory of TCP, and a finding if it is short."""
    from pykdump.linux.inet.tcp_memory import memory

    found = memory()
    yield TcpMemory(found.pages, *found.limits, found.under_pressure)
    if found.under_pressure:
        text = f"TCP uses {found.pages} pages of memory; sockets save memory from {found.limits[1]} pages on."
        yield Finding("tcp-memory-pressure", text)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options: xportshow has them."""


TABLES: Layouts = {
    SocketCount: (
        Column("PROTO", "protocol", left=True),
        Column("STATE", "state", left=True),
        Column("SOCKETS", "sockets"),
        Column("RECV-Q", "receive_queue"),
        Column("SEND-Q", "send_queue"),
    ),
    InterfaceCount: (Column("INTERFACES", "state", left=True), Column("NUMBER", "interfaces")),
    TcpMemory: lambda record: (
        f"TCP memory: {record.pages} pages; limits {record.low}, {record.pressure}, {record.high}"
        + (", under pressure" if record.under_pressure else ""),
    ),
}
COMMAND = Command(__doc__, add_options, summary, TABLES)
