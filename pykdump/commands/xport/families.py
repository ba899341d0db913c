# SPDX-License-Identifier: GPL-3.0-or-later
"""families: UNIX, packet, netlink and VSOCK sockets of xportshow."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.commands.xport.common import each_net, maker
from pykdump.commands.xport.socket_findings import listener_findings

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts

    Pids = dict[int, tuple[int, ...]] | None


@dataclass
class UnixSocket:
    """A UNIX socket."""

    type: str = item("stream, dgram or seqpacket")
    state: str = item("LISTEN, ESTABLISHED or CLOSE (not connected)")
    receive_queue: int = item("bytes to read, of dgram only the first packet; a listener: waiting connections")
    send_queue: int = item("memory of what the peer has not read; a listener: limit of waiting connections")
    packets: int = item("packets to read; a listener: waiting connections")
    inode: int = item("number of its inode, 0: no process has it")
    peer_inode: int = item("number of its peer's inode, 0: none")
    path: str = item("its name; @… is an abstract one, empty: none")
    uid: int = item("its owner, as root sees it")
    references: int = item("reference count")
    peer: int = item("struct unix_sock * of the peer, 0: none", unit="address")
    address: int = item("struct unix_sock *", unit="address")
    net: int = item("struct net *", unit="address")
    pids: tuple[int, ...] | None = item("processes that have it open; null if nobody asked for them")

    @property
    def owners(self) -> str:
        """The PIDs, "-" if nobody asked for them."""
        return "-" if self.pids is None else ",".join(map(str, self.pids))


@dataclass
class PacketSocket:
    """A packet socket: it gets the packets of an interface."""

    type: str = item("raw (with the header of the link) or dgram")
    ethertype: int = item("EtherType that it wants, 3: all")
    interface: int = item("index of its interface, 0: all")
    running: bool = item("whether it gets packets")
    receive_memory: int = item("memory of what nobody has read", unit="bytes")
    receive_buffer: int = item("limit of receive_memory", unit="bytes")
    drops: int = item("packets dropped since the process asked last")
    inode: int = item("number of its inode, 0: no process has it")
    uid: int = item("its owner, as root sees it")
    references: int = item("reference count")
    address: int = item("struct packet_sock *", unit="address")
    net: int = item("struct net *", unit="address")
    pids: tuple[int, ...] | None = item("processes that have it open; null if nobody asked for them")

    @property
    def owners(self) -> str:
        """The PIDs, "-" if nobody asked for them."""
        return "-" if self.pids is None else ",".join(map(str, self.pids))


@dataclass
class NetlinkSocket:
    """A netlink socket: a process or the kernel exchanges messages through it."""

    protocol: str = item("route, audit, generic and so on, or a number")
    protocol_number: int = item("number of the protocol")
    port: int = item("its address, often the PID; 0: the kernel's own")
    groups: int = item("multicast groups, one bit each", unit="address")
    receive_memory: int = item("memory of what nobody has read", unit="bytes")
    send_memory: int = item("memory of what is to be sent", unit="bytes")
    dumping: bool = item("an answer of many messages is under way")
    drops: int = item("messages that did not fit")
    inode: int = item("number of its inode")
    uid: int = item("its owner, as root sees it")
    references: int = item("reference count")
    address: int = item("struct netlink_sock *", unit="address")
    net: int = item("struct net *", unit="address")
    pids: tuple[int, ...] | None = item("processes that have it open; null if nobody asked for them")

    @property
    def owners(self) -> str:
        """The PIDs, "-" if nobody asked for them."""
        return "-" if self.pids is None else ",".join(map(str, self.pids))


@dataclass
class VsockSocket:
    """A VSOCK socket, between a virtual machine and its host."""

    type: str = item("stream, dgram or seqpacket")
    state: str = item("LISTEN, ESTABLISHED and so on")
    local_cid: int = item("CID of its machine, 4294967295: any")
    local_port: int = item("its port")
    remote_cid: int = item("CID of the other machine, 4294967295: any")
    remote_port: int = item("the other port, 4294967295: any")
    accept_queue: int | None = item("a listener: connections that wait for accept()")
    accept_limit: int | None = item("a listener: connections that may wait")
    inode: int = item("number of its inode, 0: no process has it")
    address: int = item("struct vsock_sock *", unit="address")
    net: int = item("struct net *", unit="address")
    pids: tuple[int, ...] | None = item("processes that have it open; null if nobody asked for them")

    @property
    def owners(self) -> str:
        """The PIDs, "-" if nobody asked for them."""
        return "-" if self.pids is None else ",".join(map(str, self.pids))


def unix_sockets(nets: Sequence[StructResult], options: argparse.Namespace, pids: Pids) -> Iterator[object]:
    """Yield the records of UNIX sockets: those that listen with -l, the others without; all with -a."""
    from pykdump.linux.inet import unix

    make = _record_maker(UnixSocket, pids)

    def wanted(view: unix.UnixSocket) -> bool:
        return bool(options.all or options.everything or view.listens == options.listening)

    def of_net(net: StructResult) -> Iterator[object]:
        views = (view for view in unix.unix([net]) if view.net == int(net))
        yield from _records("UNIX socket", filter(wanted, views), make, lambda view: f"unix {view.path}")

    return each_net(nets, of_net)


def packet_sockets(nets: Sequence[StructResult], options: argparse.Namespace, pids: Pids) -> Iterator[object]:
    """Yield the records of packet sockets."""
    from pykdump.linux.inet import packet

    make = _record_maker(PacketSocket, pids)
    return each_net(nets, lambda net: _records("packet socket", packet.packet([net]), make))


def netlink_sockets(nets: Sequence[StructResult], options: argparse.Namespace, pids: Pids) -> Iterator[object]:
    """Yield the records of netlink sockets."""
    from pykdump.linux.inet import netlink

    make, chosen = _record_maker(NetlinkSocket, pids), set(map(int, nets))
    return _records("netlink socket", (view for view in netlink.netlink() if view.net in chosen), make)


def vsock_sockets(nets: Sequence[StructResult], options: argparse.Namespace, pids: Pids) -> Iterator[object]:
    """Yield the records of VSOCK sockets."""
    from pykdump.linux.inet import vsock

    make, chosen = _record_maker(VsockSocket, pids), set(map(int, nets))
    views = (view for view in vsock.vsock() if view.net in chosen)
    return _records("VSOCK socket", views, make, lambda view: f"vsock port {view.local_port}")


def _record_maker(kind: type, pids: Pids) -> Callable[[Any], object]:
    make: Callable[..., object] = maker(kind, "pids")
    return lambda view: make(view, None if pids is None else pids.get(view.socket, ()))


def _records(
    what: str, views: Iterable[Any], make: Callable[[Any], object], name: Callable[[Any], str] | None = None
) -> Iterator[object]:
    """Yield the record of each view, and what is wrong with it if it listens."""
    wrong: list[Finding] = []
    for view in views:
        try:
            yield make(view)
            if name is not None and view.state == "LISTEN":
                wrong += listener_findings(view, name(view))
        except UNREADABLE as problem:
            yield Problem(f"the {what} at {view.address:#x}", reason_of(problem))
    yield from wrong


def _any(number: int) -> str:
    return "*" if number == 0xFFFFFFFF else str(number)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options: xportshow has them."""


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield nothing: xportshow calls the functions above."""
    return iter(())


PIDS = Column("PIDS", "owners", left=True)
TABLES: Layouts = {
    UnixSocket: (
        Column("TYPE", "type", left=True),
        Column("STATE", "state", left=True),
        Column("RECV-Q", "receive_queue"),
        Column("SEND-Q", "send_queue"),
        Column("INODE", "inode"),
        Column("PEER", "peer_inode"),
        Column("SOCKET", "address", address=True),
        PIDS,
        Column("PATH", "path", left=True),
    ),
    PacketSocket: (
        Column("TYPE", "type", left=True),
        Column("ETHERTYPE", "ethertype", address=True),
        Column("IF", "interface"),
        Column("RUNNING", "running"),
        Column("RECV-MEM", "receive_memory"),
        Column("DROPS", "drops"),
        Column("INODE", "inode"),
        Column("SOCKET", "address", address=True),
        PIDS,
    ),
    NetlinkSocket: (
        Column("PROTOCOL", "protocol", left=True),
        Column("PORT", "port"),
        Column("GROUPS", "groups", show=lambda groups: f"{groups:08x}"),
        Column("RECV-MEM", "receive_memory"),
        Column("SEND-MEM", "send_memory"),
        Column("DUMP", "dumping"),
        Column("DROPS", "drops"),
        Column("INODE", "inode"),
        Column("SOCKET", "address", address=True),
        PIDS,
    ),
    VsockSocket: (
        Column("TYPE", "type", left=True),
        Column("STATE", "state", left=True),
        Column("CID", "local_cid", show=_any),
        Column("PORT", "local_port", show=_any),
        Column("REMOTE-CID", "remote_cid", show=_any),
        Column("REMOTE-PORT", "remote_port", show=_any),
        Column("INODE", "inode"),
        Column("SOCKET", "address", address=True),
        PIDS,
    ),
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
