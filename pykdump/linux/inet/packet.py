# SPDX-License-Identifier: GPL-3.0-or-later
"""Packet sockets (AF_PACKET), and the functions that the kernel calls for packets of each type."""

from __future__ import annotations

from crash import Addr, MissingMember, addr2sym, enumerator_value, member_offset, readPtr, readSU, readSymbol, sym2addr

from pykdump.linux.inet import get_net_namespace_list, ntohs
from pykdump.linux.inet.netdevice import dev_base_list
from pykdump.linux.inet.sock import Socket
from pykdump.linux.inet.tables import chain, node_offset
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crash import StructResult

PACKET_TYPE = "struct packet_type"


class PacketSocket(Socket):
    """A ``struct packet_sock``."""

    def __init__(self, address: int) -> None:
        super().__init__(address)
        self.packet: StructResult = readSU("struct packet_sock", self.address)

    @property
    def ethertype(self) -> int:
        """The EtherType that it wants, 3 for all: ``__be16 num``."""
        return ntohs(int(self.packet.num))

    @property
    def interface(self) -> int:
        """The index of the interface that it is bound to, 0 for all: ``int ifindex``."""
        return int(self.packet.ifindex)

    @property
    def running(self) -> bool:
        """Whether it gets packets."""
        # Commit 61edf479818e ("af_packet: convert po->running to an atomic flag", v6.4).
        bit = enumerator_value("PACKET_SOCK_RUNNING")
        return bool(int(self.packet.flags) >> bit & 1) if bit is not None else bool(self.packet.running)

    @property
    def drops(self) -> int:
        """The number of packets that did not fit since the process asked last."""
        try:
            return int(self.packet.tp_drops.counter)
        except MissingMember:  # a plain number before commit 8e8e2951e309 ("net/packet: make tp_drops atomic", v5.3)
            return int(self.packet.stats.stats1.tp_drops)


def packet(nets: Iterable[StructResult] | None = None) -> Iterator[PacketSocket]:
    """Yield a view of each packet socket. ``nets`` are the ``struct net`` whose sockets are wanted, by default all."""
    for net in get_net_namespace_list() if nets is None else nets:
        for address in chain(readPtr(int(net.packet.sklist)), node_offset()):
            yield PacketSocket(address)


class PacketHandler:
    """A ``struct packet_type``: a function that gets the packets of a type."""

    def __init__(self, packet_type: StructResult) -> None:
        self.packet_type = packet_type
        self.address = int(packet_type)

    @property
    def ethertype(self) -> int | None:
        """The EtherType, None for all packets."""
        number = ntohs(int(self.packet_type.type))
        return None if number == 3 else number  # ETH_P_ALL

    @property
    def device(self) -> str | None:
        """The interface whose packets it gets, None for all."""
        return str(self.packet_type.dev.name) if self.packet_type.dev else None

    @property
    def function(self) -> str:
        """The name of the function."""
        return addr2sym(int(self.packet_type.func)) or f"{int(self.packet_type.func):#x}"

    @property
    def socket(self) -> int:
        """The address of the ``struct sock`` that gets the packets, 0 if it is the kernel."""
        private = int(self.packet_type.af_packet_priv)
        return private if private and self.function.startswith(("packet_rcv", "tpacket_rcv")) else 0

    @property
    def owner(self) -> int:
        """The address of the ``struct socket`` of that socket, 0 if it is the kernel."""
        return int(readSU("struct sock", self.socket).sk_socket) if self.socket else 0


def packet_handlers(net: StructResult) -> Iterator[PacketHandler]:
    """Yield each ``struct packet_type`` that a ``struct net`` uses, in the order of /proc/net/ptype."""
    heads = [int(head) for dev in dev_base_list(net) for head in (dev.ptype_all,)]
    heads += _all_heads(net)
    heads += [int(head) for dev in dev_base_list(net) for head in (dev.ptype_specific,)]
    heads += [int(head) for head in readSymbol("ptype_base")]
    for head in heads:
        for packet_type in readSUListFromHead(head, "list", PACKET_TYPE):
            owner = int(packet_type.af_packet_net)
            device = packet_type.dev
            if (int(device.nd_net.net) if device else owner or int(net)) == int(net):
                yield PacketHandler(packet_type)


def _all_heads(net: StructResult) -> list[int]:
    """Return the lists of functions that get packets of every type."""
    # "net: introduce per netns packet chains" (c353e8983e0d, v6.15) has lists in struct net; commit 0b91fa4bfb1c ("net:
    # move ptype_all into net_hotdata", v6.9) moved the one list for all; before, it was a variable of its own.
    names = ("ptype_all", "ptype_specific")
    own = [int(net) + at for name in names if (at := member_offset("struct net", name)) >= 0]
    if own:
        return own
    if member_offset("struct net_hotdata", "ptype_all") >= 0:
        return [Addr(readSymbol("net_hotdata"), "ptype_all")]
    return [sym2addr("ptype_all")]
