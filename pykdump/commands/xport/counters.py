# SPDX-License-Identifier: GPL-3.0-or-later
"""counters: SNMP counters, the receive queues of each CPU, and sysctl variables of the network, for xportshow."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.commands.xport.common import chosen_nets, each_net, made, maker

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts


@dataclass
class SnmpCounter:
    """An SNMP counter, as in /proc/net/snmp, snmp6 and netstat."""

    protocol: str = item("Ip, Tcp, TcpExt, Ip6 and so on")
    name: str = item("its name")
    value: int = item("its value")
    net: int = item("struct net *", unit="address")


@dataclass
class SoftnetQueue:
    """What a CPU does with received packets."""

    cpu: int = item("the CPU")
    processed: int = item("processed packets")
    dropped: int = item("packets that did not fit into its backlog")
    squeezed: int = item("how often there was no time to process all packets")
    steered: int = item("packets that other CPUs passed to it (RPS)")
    backlog: int = item("packets that wait")
    completed: int = item("packets that were sent and wait to be freed")
    polling: tuple[str, ...] = item("interfaces that it is going to poll")
    address: int = item("struct softnet_data *", unit="address")


@dataclass
class NetSysctl:
    """A sysctl variable of the network."""

    name: str = item("its name: net.ipv4.ip_forward")
    value: str = item("its value; (?): not known how to show it")


def snmp(options: argparse.Namespace) -> Iterator[object]:
    """Yield the SNMP counters that are not 0; with -v, all of them."""
    from pykdump.linux.inet.snmp import counters

    def of_net(net: StructResult) -> Iterator[object]:
        for counter in counters(net):
            if counter.value or options.verbose:
                yield SnmpCounter(counter.protocol, counter.name, counter.value, int(net))

    return each_net(chosen_nets(options), of_net)


def softnet(options: argparse.Namespace) -> Iterator[object]:
    """Yield the receive queues of each CPU; with -vv, the packets in them."""
    from pykdump.commands.xport.packets import packet_maker
    from pykdump.linux.inet.devices import softnet as queues
    from pykdump.linux.inet.skbuff import Packet

    make: Callable[..., object] = maker(SoftnetQueue)
    views = list(queues.softnet())
    yield from made("the queues at", views, make)
    if options.verbose > 1:
        packet = packet_maker()
        for view in views:
            yield from made("the packet at", map(Packet, view.packets()), packet)
    yield from softnet_findings()


def softnet_findings() -> Iterator[Finding]:
    """Yield a finding for each CPU that has dropped packets."""
    from pykdump.linux.inet.devices import softnet as queues

    for view in queues.softnet():
        if view.dropped:
            limit = queues.backlog_limit()
            text = (
                f"CPU {view.cpu} has dropped {view.dropped} received packets: net.core.netdev_max_backlog is {limit}."
            )
            yield Finding("softnet-drops", text, (), (view.address,))


def sysctl(options: argparse.Namespace) -> Iterator[object]:
    """Yield the sysctl variables below net."""
    from pykdump.linux.sysctl import getCtlData, getCtlTables

    for name, variable in sorted(getCtlTables().items()):
        if not name.startswith("net."):
            continue
        try:
            value = getCtlData(variable)
        except UNREADABLE as problem:
            yield Problem(name, reason_of(problem))
            continue
        text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield NetSysctl(name, text)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options: xportshow has them."""


TABLES: Layouts = {
    SnmpCounter: (
        Column("PROTOCOL", "protocol", left=True),
        Column("NAME", "name", left=True),
        Column("VALUE", "value"),
    ),
    SoftnetQueue: (
        Column("CPU", "cpu"),
        Column("PROCESSED", "processed"),
        Column("DROPPED", "dropped"),
        Column("SQUEEZED", "squeezed"),
        Column("STEERED", "steered"),
        Column("BACKLOG", "backlog"),
        Column("COMPLETED", "completed"),
        Column("POLLING", "polling", left=True, show=",".join),
    ),
    NetSysctl: (Column("NAME", "name", left=True), Column("VALUE", "value", left=True)),
}
COMMAND = Command(__doc__, add_options, snmp, TABLES)
