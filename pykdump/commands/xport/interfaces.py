# SPDX-License-Identifier: GPL-3.0-or-later
"""interfaces: network interfaces of xportshow: state, addresses, counters, queues, members of bonds and bridges."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Problem, Section, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.commands.xport.common import chosen_nets, each_net, made, maker, rounded
from pykdump.commands.xport.interface_findings import findings_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts


@dataclass
class Address:
    """An IP address of an interface."""

    family: int = item("4 or 6")
    ip: str = item("the address")
    prefix_length: int = item("bits of its network", unit="bits")
    peer: str | None = item("address of the other end")
    broadcast: str | None = item("address of all in the network")
    scope: str = item("global, link, site or host")
    label: str = item("its name, such as eth0:1; empty for IPv6")
    flags: tuple[str, ...] = item("permanent, secondary, tentative, dadfailed and so on")
    valid_seconds: int | None = item("how long it is valid; null: for ever", unit="s")

    def __str__(self) -> str:
        return f"{self.ip}/{self.prefix_length}"


@dataclass
class InterfaceCounters:
    """Packets and bytes of an interface, as in struct rtnl_link_stats64."""

    rx_packets: int = item("received packets")
    tx_packets: int = item("sent packets")
    rx_bytes: int = item("received", unit="bytes")
    tx_bytes: int = item("sent", unit="bytes")
    rx_errors: int = item("received with errors")
    tx_errors: int = item("not sent because of errors")
    rx_dropped: int = item("received and dropped")
    tx_dropped: int = item("dropped and not sent")
    multicast: int = item("received multicast packets")
    collisions: int = item("collisions")
    rx_length_errors: int = item("received with a wrong length")
    rx_over_errors: int = item("received into a full ring")
    rx_crc_errors: int = item("received with a wrong checksum")
    rx_frame_errors: int = item("received with wrong alignment")
    rx_fifo_errors: int = item("lost in the receive FIFO")
    rx_missed_errors: int = item("missed by the hardware")
    tx_aborted_errors: int = item("aborted")
    tx_carrier_errors: int = item("not sent without a carrier")
    tx_fifo_errors: int = item("lost in the send FIFO")
    tx_heartbeat_errors: int = item("heartbeat errors")
    tx_window_errors: int = item("late collisions")
    rx_compressed: int = item("received compressed packets")
    tx_compressed: int = item("sent compressed packets")
    rx_nohandler: int = item("received by an inactive interface and dropped")


@dataclass
class Interface:
    """A network interface."""

    index: int = item("its number")
    name: str = item("its name")
    state: str = item("state by RFC 2863: UP, DOWN, UNKNOWN, LOWERLAYERDOWN and so on")
    flags: tuple[str, ...] = item("UP, RUNNING, LOWER_UP (it has a link), PROMISC and so on")
    has_carrier: bool = item("its driver sees a link")
    mtu: int = item("largest packet", unit="bytes")
    link_type: str = item("ether, loopback and so on, or a number")
    link_kind: str | None = item("kind of a virtual interface: bond, vlan, veth; null: hardware")
    driver: str | None = item("driver of the hardware, or the kind")
    hardware_address: str = item("its hardware address")
    broadcast: str = item("hardware address of all")
    queueing: str = item("its queueing discipline")
    master: str | None = item("bond, bridge or VRF that it belongs to")
    upper: tuple[str, ...] = item("interfaces that are made of it")
    lower: tuple[str, ...] = item("interfaces that it is made of")
    group: int = item("number of its group")
    alias: str | None = item("text that an administrator gave it")
    promiscuity: int = item("users that want to see the packets of others")
    transmit_queue_length: int = item("packets that its queue may hold")
    transmit_queues: int = item("transmit queues in use")
    receive_queues: int = item("receive queues in use")
    carrier_changes: int = item("how often the link came or went")
    features: tuple[str, ...] = item("offloads that are on, named as in ethtool -k")
    details: str | None = item("what is special about its kind: VLAN ID, peer and so on")
    addresses: tuple[Address, ...] = item("its IP addresses")
    counters: InterfaceCounters | None = item("packets and bytes; null: only its driver knows them")  # noqa: RUF009 - item() returns a field
    address: int = item("struct net_device *", unit="address")
    net: int = item("struct net *", unit="address")

    @property
    def address_text(self) -> str:
        """Its IP addresses."""
        return " ".join(map(str, self.addresses))

    @property
    def shown_flags(self) -> str:
        """The flags that differ most."""
        return ",".join(self.flags)


@dataclass
class InterfaceDetails(Interface):
    """A network interface, as text with all details. JSON has records of the kind "interface" only."""


@dataclass
class Qdisc:
    """A queueing discipline of an interface."""

    device: str = item("name of the interface")
    discipline: str = item("fq_codel, noqueue and so on")
    handle: str = item("its name: 8001:")
    parent: str = item("class that it belongs to; root: none")
    sent_bytes: int = item("sent", unit="bytes")
    sent_packets: int = item("sent packets")
    drops: int = item("dropped packets")
    overlimits: int = item("how often a limit delayed packets")
    requeues: int = item("packets that the driver gave back")
    queued_bytes: int = item("waiting", unit="bytes")
    queued_packets: int = item("waiting packets")
    address: int = item("struct Qdisc *", unit="address")


@dataclass
class BondMember:
    """An interface in a bond."""

    bond: str = item("name of the bond")
    mode: str = item("mode of the bond: active-backup, 802.3ad and so on")
    monitor_ms: int = item("how often links are looked at; 0: never", unit="ms")
    device: str = item("name of the member")
    active: bool = item("it is the one that sends, in modes with only one")
    link: str = item("up, down, or fail and back while the bond waits")
    failures: int = item("how often it lost its link")
    speed: int | None = item("speed; null: not known", unit="Mbit/s")
    permanent_address: str = item("hardware address before it joined")
    queue: int = item("number of its queue")
    address: int = item("struct slave *", unit="address")


@dataclass
class BridgePort:
    """An interface in a bridge."""

    bridge: str = item("name of the bridge")
    device: str = item("name of the interface")
    number: int = item("number of the port")
    state: str = item("forwarding, blocking and so on")
    priority: int = item("priority in the spanning tree")
    cost: int = item("cost in the spanning tree")
    address: int = item("struct net_bridge_port *", unit="address")


def interfaces(options: argparse.Namespace) -> Iterator[object]:
    """Yield the interfaces; with -v in full, with queueing disciplines and the members of bonds and bridges."""
    from pykdump.linux.inet.devices.interfaces import interfaces as found

    def of_net(net: StructResult) -> Iterator[object]:
        views = [view for view in found(net) if options.interface in (None, view.name)]
        if options.interface and not views:
            raise ValueError(f"there is no interface {options.interface!r} in network namespace {int(net):#x}")
        make = interface_maker(InterfaceDetails if options.verbose and not options.json else Interface)
        yield from made("the interface at", views, make)
        if options.verbose:
            yield from _more(views)
        for view in views:
            try:
                yield from findings_of(view)
            except UNREADABLE as problem:
                yield Problem(f"what is wrong with {view.name}", reason_of(problem))

    return each_net(chosen_nets(options), of_net)


def interface_maker(kind: type[Interface] = Interface) -> Callable[[Any], Interface]:
    """Return the function that makes the record of a view."""
    from pykdump.linux.inet.devices.counters import counters
    from pykdump.linux.inet.devices.kinds import kind_text

    make: Callable[..., Interface] = maker(kind, "details", "addresses", "counters")
    address: Callable[..., Address] = maker(Address)

    def record(view: Any) -> Interface:
        values = or_none(counters, view.dev)
        return make(
            view,
            or_none(kind_text, view.dev, view.link_kind),
            tuple(map(address, view.addresses())),
            None if values is None else InterfaceCounters(**values),
        )

    return record


def or_none(function: Callable[..., Any], *arguments: object) -> Any:
    """Return what a function returns; None if the module of a driver has no types, or its memory is not there."""
    try:
        return function(*arguments)
    except UNREADABLE:
        return None


def _more(views: Iterable[Any]) -> Iterator[object]:
    """Yield queueing disciplines, members of bonds and ports of bridges."""
    from pykdump.linux.inet.devices import kinds, qdiscs

    views = list(views)
    yield Section("Queueing disciplines")
    record: Callable[..., object] = maker(Qdisc)
    for view in views:
        yield from _all(f"the queueing disciplines of {view.name}", qdiscs.qdiscs, view.dev, record)
    for title, kind, find, record_kind in (
        ("Bonds", "bond", kinds.bond_members, BondMember),
        ("Bridges", "bridge", kinds.bridge_ports, BridgePort),
    ):
        of_kind = [view for view in views if view.link_kind == kind]
        if of_kind:
            yield Section(title)
        member: Callable[..., object] = maker(record_kind)
        for view in of_kind:
            yield from _all(f"the members of {view.name}", find, view.dev, member)


def _all(what: str, find: Callable[..., Iterable[Any]], device: StructResult, record: Callable[..., object]) -> Any:
    try:
        yield from made(what + ":", find(device), record)
    except UNREADABLE as problem:
        yield Problem(what, reason_of(problem))


def interface_lines(record: InterfaceDetails) -> Iterator[str]:
    """Return the text of an interface with all details."""
    flags = f"<{record.shown_flags}>"
    yield f"{record.index}: {record.name}  {flags}  mtu {record.mtu}  state {record.state}  at {record.address:#x}"
    parts = [record.link_type, record.hardware_address, f"broadcast {record.broadcast}" if record.broadcast else ""]
    yield "    " + "  ".join(filter(None, [*parts, f"driver {record.driver}" if record.driver else ""]))
    named = (
        ("kind", record.link_kind), ("", record.details), ("master", record.master), ("upper", " ".join(record.upper)),
        ("lower", " ".join(record.lower)), ("alias", record.alias), ("group", record.group or None),
        ("promiscuity", record.promiscuity or None),
    )  # fmt: skip
    rest = [f"{name} {value}".strip() for name, value in named if value]
    if rest:
        yield "    " + "  ".join(rest)
    yield (
        f"    qdisc {record.queueing}, {record.transmit_queues} transmit and {record.receive_queues} receive queues, "
        f"length {record.transmit_queue_length}, {record.carrier_changes} changes of the carrier"
    )
    for address in record.addresses:
        yield "    " + _address_text(address)
    yield from _counter_lines(record.counters)
    yield "    features: " + (" ".join(record.features) or "none")


def _address_text(address: Address) -> str:
    words = [f"inet{'6' if address.family == 6 else ''} {address}"]
    words += [f"peer {address.peer}"] if address.peer else []
    words += [f"broadcast {address.broadcast}"] if address.broadcast else []
    words += [f"scope {address.scope}", *address.flags, address.label]
    words += [] if address.valid_seconds is None else [f"valid for {address.valid_seconds} s"]
    return " ".join(filter(None, words))


def _counter_lines(counters: InterfaceCounters | None) -> Iterator[str]:
    if counters is None:
        yield "    counters: only the driver knows them"
        return
    for way in ("rx", "tx"):
        names = ("packets", "bytes", "errors", "dropped")
        yield f"    {way}: " + ", ".join(f"{getattr(counters, f'{way}_{name}')} {name}" for name in names)
    shown = {f"{way}_{name}" for way in ("rx", "tx") for name in ("packets", "bytes", "errors", "dropped")}
    others = [f"{name} {value}" for name, value in vars(counters).items() if value and name not in shown]
    if others:
        yield "    " + ", ".join(others)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options: xportshow has them."""


TABLES: Layouts = {
    Interface: (
        Column("INDEX", "index"),
        Column("NAME", "name", left=True),
        Column("STATE", "state", left=True),
        Column("MTU", "mtu"),
        Column("QDISC", "queueing", left=True),
        Column("KIND", "link_kind", left=True),
        Column("HARDWARE", "hardware_address", left=True),
        Column("FLAGS", "shown_flags", left=True),
        Column("ADDRESSES", "address_text", left=True),
    ),
    InterfaceDetails: interface_lines,
    Qdisc: (
        Column("DEV", "device", left=True),
        Column("KIND", "discipline", left=True),
        Column("HANDLE", "handle"),
        Column("PARENT", "parent"),
        Column("BYTES", "sent_bytes"),
        Column("PACKETS", "sent_packets"),
        Column("DROPS", "drops"),
        Column("OVERLIMITS", "overlimits"),
        Column("REQUEUES", "requeues"),
        Column("WAITING-BYTES", "queued_bytes"),
        Column("WAITING", "queued_packets"),
    ),
    BondMember: (
        Column("BOND", "bond", left=True),
        Column("MODE", "mode", left=True),
        Column("MEMBER", "device", left=True),
        Column("LINK", "link", left=True),
        Column("ACTIVE", "active"),
        Column("FAILURES", "failures"),
        Column("SPEED", "speed", show=rounded),
        Column("PERMANENT-ADDRESS", "permanent_address", left=True),
    ),
    BridgePort: (
        Column("BRIDGE", "bridge", left=True),
        Column("PORT", "number"),
        Column("DEV", "device", left=True),
        Column("STATE", "state", left=True),
        Column("PRIORITY", "priority"),
        Column("COST", "cost"),
    ),
}
COMMAND = Command(__doc__, add_options, interfaces, TABLES)
