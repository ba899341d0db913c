# SPDX-License-Identifier: GPL-3.0-or-later
"""Network interfaces: flags, state, addresses, features and queues."""

from __future__ import annotations

from crash import HZ, Addr, MissingMember, error, readmem, readSU, readSymbol, struct_size

from pykdump.linux.inet import ntodots
from pykdump.linux.inet.netdevice import dev_base_list, get_ifa_list, hwaddr2str
from pykdump.linux.inet.routing.names import SCOPES, flag_names, named
from pykdump.linux.inet.sock import address6
from pykdump.linux.inet.times import now
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_ADDRESS, MAX_ALIAS, MAX_QUEUES = 32, 256, 65536
# include/uapi/linux/if.h: IFF_*
FLAGS = {
    1 << 0: "UP", 1 << 1: "BROADCAST", 1 << 2: "DEBUG", 1 << 3: "LOOPBACK", 1 << 4: "POINTOPOINT",
    1 << 5: "NOTRAILERS", 1 << 6: "RUNNING", 1 << 7: "NOARP", 1 << 8: "PROMISC", 1 << 9: "ALLMULTI",
    1 << 10: "MASTER", 1 << 11: "SLAVE", 1 << 12: "MULTICAST", 1 << 13: "PORTSEL", 1 << 14: "AUTOMEDIA",
    1 << 15: "DYNAMIC", 1 << 16: "LOWER_UP", 1 << 17: "DORMANT", 1 << 18: "ECHO",
}  # fmt: skip
UP, RUNNING, CHOSEN, LOWER_UP, DORMANT = 1, 1 << 6, 3 << 8, 1 << 16, 1 << 17
VOLATILE = CHOSEN | RUNNING | LOWER_UP | DORMANT
# enum netdev_state_t (include/linux/netdevice.h): bits of net_device.state
STARTED, NO_CARRIER, IS_DORMANT = 1 << 0, 1 << 2, 1 << 4
# include/uapi/linux/if.h: IF_OPER_*
OPERATION = ("UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP")
# include/uapi/linux/if_arp.h: ARPHRD_*
LINK_TYPES = {
    1: "ether", 32: "infiniband", 280: "can", 512: "ppp", 768: "ipip", 769: "tunnel6", 772: "loopback", 776: "sit",
    778: "gre", 823: "gre6", 824: "netlink", 65534: "none",
}  # fmt: skip
# include/uapi/linux/if_addr.h: IFA_F_*
ADDRESS_FLAGS = {
    0x01: "secondary", 0x02: "nodad", 0x04: "optimistic", 0x08: "dadfailed", 0x10: "homeaddress", 0x20: "deprecated",
    0x40: "tentative", 0x80: "permanent", 0x100: "mngtmpaddr", 0x200: "noprefixroute", 0x400: "autojoin",
    0x800: "stable-privacy",
}  # fmt: skip
FOREVER = 0xFFFFFFFF
# Scopes of IPv6 addresses (include/net/ipv6.h: IPV6_ADDR_LOOPBACK, LINKLOCAL and SITELOCAL) as rt_scope() shows them
SCOPES6 = {0x10: "host", 0x20: "link", 0x40: "site"}
# enum netdev_queue_state_t: the driver or the kernel has stopped the queue
QUEUE_STOPPED_BY_DRIVER = 1


class Interface:
    """A ``struct net_device``."""

    def __init__(self, device: StructResult) -> None:
        self.dev = device
        self.address = int(device)

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.dev.name)

    @property
    def index(self) -> int:
        """Its number."""
        return int(self.dev.ifindex)

    @property
    def net(self) -> int:
        """The address of its ``struct net``."""
        return int(self.dev.nd_net.net)

    @property
    def is_up(self) -> bool:
        """Whether somebody has switched it on."""
        return bool(self.dev.flags & UP)

    @property
    def has_carrier(self) -> bool:
        """Whether the driver sees a link."""
        return not int(self.dev.state) & NO_CARRIER

    @property
    def flags(self) -> tuple[str, ...]:
        """UP, RUNNING, LOWER_UP and so on: dev_get_flags() in net/core/dev.c."""
        state = int(self.dev.state)
        flags = int(self.dev.flags) & ~VOLATILE | int(self.dev.gflags) & CHOSEN
        if state & STARTED:
            flags |= RUNNING if OPERATION[int(self.dev.operstate)] in ("UP", "UNKNOWN") else 0
            flags |= 0 if state & NO_CARRIER else LOWER_UP
            flags |= DORMANT if state & IS_DORMANT else 0
        return flag_names(FLAGS, flags)

    @property
    def state(self) -> str:
        """Its state by RFC 2863: UP, DOWN, UNKNOWN, LOWERLAYERDOWN and so on."""
        return OPERATION[int(self.dev.operstate)] if int(self.dev.state) & STARTED else "DOWN"

    @property
    def mtu(self) -> int:
        """The largest packet that it sends, in bytes."""
        return int(self.dev.mtu)

    @property
    def link_type(self) -> str:
        """ "ether", "loopback" and so on."""
        return named(LINK_TYPES, self.dev.type)

    @property
    def link_kind(self) -> str | None:
        """The kind of a virtual interface: "bond", "vlan", "veth"; None for hardware."""
        return str(self.dev.rtnl_link_ops.kind) if self.dev.rtnl_link_ops else None

    @property
    def hardware_address(self) -> str:
        """Its hardware address; that of a tunnel is its own IP address."""
        return self._address_text(int(self.dev.dev_addr))

    @property
    def broadcast(self) -> str:
        """The hardware address of all; that of a tunnel is the IP address of the other end."""
        return self._address_text(Addr(self.dev, "broadcast"))

    def _address_text(self, address: int) -> str:
        length = min(int(self.dev.addr_len), MAX_ADDRESS)
        data = readmem(address, length) if length else b""
        if self.link_type in ("ipip", "sit", "gre") and length == 4:
            return ".".join(map(str, data))
        return hwaddr2str(data, length)

    @property
    def transmit_queue_length(self) -> int:
        """Packets that its queue may hold: ``unsigned int tx_queue_len``."""
        return int(self.dev.tx_queue_len)

    @property
    def promiscuity(self) -> int:
        """How many users want it to receive the packets of others."""
        return int(self.dev.promiscuity)

    @property
    def group(self) -> int:
        """The number of its group; most interfaces are in group 0."""
        return int(self.dev.group)

    @property
    def alias(self) -> str | None:
        """A text that an administrator gave it."""
        alias = self.dev.ifalias
        if not alias:
            return None
        text = readmem(Addr(alias, "ifalias"), MAX_ALIAS).partition(b"\0")[0]
        return text.decode("utf-8", "backslashreplace")

    @property
    def queueing(self) -> str:
        """The name of its queueing discipline: "fq_codel", "noqueue"."""
        return str(self.dev.qdisc.ops.id)

    @property
    def driver(self) -> str | None:
        """The driver of its hardware, or its kind; None for an interface such as lo."""
        parent = self.dev.dev.parent
        return str(parent.driver.name) if parent and parent.driver else self.link_kind

    @property
    def transmit_queues(self) -> int:
        """The number of its transmit queues that are used."""
        return int(self.dev.real_num_tx_queues)

    @property
    def receive_queues(self) -> int:
        """The number of its receive queues that are used."""
        return int(self.dev.real_num_rx_queues)

    @property
    def carrier_changes(self) -> int:
        """How often the link came or went."""
        return int(self.dev.carrier_up_count.counter) + int(self.dev.carrier_down_count.counter)

    @property
    def master(self) -> str | None:
        """The bond, bridge or VRF that it belongs to."""
        return next((str(near.dev.name) for near in self._near("upper") if near.master), None)

    @property
    def upper(self) -> tuple[str, ...]:
        """The interfaces that are made of it."""
        return tuple(str(near.dev.name) for near in self._near("upper"))

    @property
    def lower(self) -> tuple[str, ...]:
        """The interfaces that it is made of."""
        return tuple(str(near.dev.name) for near in self._near("lower"))

    def _near(self, side: str) -> list[StructResult]:
        head = int(getattr(self.dev.adj_list, side))
        return readSUListFromHead(head, "list", "struct netdev_adjacent")

    @property
    def features(self) -> tuple[str, ...]:
        """The offloads that are on, with the names that ethtool shows."""
        bits, names = int(self.dev.features), feature_names()
        return tuple(name for bit, name in enumerate(names) if bits >> bit & 1 and name)

    def addresses(self) -> Iterator[Address4 | Address6]:
        """Yield a view of each of its IP addresses."""
        for address in get_ifa_list(self.dev):
            yield Address4(address)
        if self.dev.ip6_ptr:
            for found in readSUListFromHead(Addr(self.dev.ip6_ptr, "addr_list"), "if_list", "struct inet6_ifaddr"):
                yield Address6(found)

    def stopped_queues(self) -> list[int]:
        """Return the numbers of the transmit queues that the driver has stopped."""
        size, start = struct_size("struct netdev_queue"), int(self.dev._tx)
        queues = (readSU("struct netdev_queue", start + n * size) for n in range(min(self.transmit_queues, MAX_QUEUES)))
        return [number for number, queue in enumerate(queues) if int(queue.state) & QUEUE_STOPPED_BY_DRIVER]


class Address4:
    """A ``struct in_ifaddr``."""

    family = 4

    def __init__(self, ifaddr: StructResult) -> None:
        self.ifaddr = ifaddr
        self.address = int(ifaddr)

    @property
    def ip(self) -> str:
        """The address."""
        return ntodots(int(self.ifaddr.ifa_local))

    @property
    def prefix_length(self) -> int:
        """The number of bits of its network."""
        return int(self.ifaddr.ifa_prefixlen)

    @property
    def peer(self) -> str | None:
        """The address of the other end, None if there is none."""
        peer = int(self.ifaddr.ifa_address)
        return ntodots(peer) if peer != int(self.ifaddr.ifa_local) else None

    @property
    def broadcast(self) -> str | None:
        """The address of all in the network."""
        address = int(self.ifaddr.ifa_broadcast)
        return ntodots(address) if address else None

    @property
    def scope(self) -> str:
        """ "global", "link" or "host"."""
        return named(SCOPES, self.ifaddr.ifa_scope)

    @property
    def flags(self) -> tuple[str, ...]:
        """ "permanent", "secondary" and so on."""
        return flag_names(ADDRESS_FLAGS, self.ifaddr.ifa_flags)

    @property
    def label(self) -> str:
        """Its name: "eth0:1"."""
        return str(self.ifaddr.ifa_label)

    @property
    def valid_seconds(self) -> int | None:
        """How long it is valid, None for ever."""
        return _left(int(self.ifaddr.ifa_valid_lft), int(self.ifaddr.ifa_tstamp), self.flags)


class Address6:
    """A ``struct inet6_ifaddr``."""

    family = 6
    broadcast = None
    label = ""

    def __init__(self, ifaddr: StructResult) -> None:
        self.ifaddr = ifaddr
        self.address = int(ifaddr)

    @property
    def ip(self) -> str:
        """The address."""
        return address6(self.ifaddr.addr)

    @property
    def prefix_length(self) -> int:
        """The number of bits of its network."""
        return int(self.ifaddr.prefix_len)

    @property
    def peer(self) -> str | None:
        """The address of the other end, None if there is none."""
        peer = address6(self.ifaddr.peer_addr)
        return None if peer == "::" else peer

    @property
    def scope(self) -> str:
        """ "global", "link", "site" or "host"."""
        return SCOPES6.get(int(self.ifaddr.scope) & 0xF0, "global")

    @property
    def flags(self) -> tuple[str, ...]:
        """ "permanent", "tentative", "dadfailed" and so on."""
        return flag_names(ADDRESS_FLAGS, self.ifaddr.flags)

    @property
    def valid_seconds(self) -> int | None:
        """How long it is valid, None for ever."""
        return _left(int(self.ifaddr.valid_lft), int(self.ifaddr.tstamp), self.flags)


def _left(lifetime: int, stamp: int, flags: tuple[str, ...]) -> int | None:
    """Return how much is left of a lifetime that began at ``stamp`` in jiffies."""
    if lifetime == FOREVER or "permanent" in flags:
        return None
    return max(lifetime - (now() - stamp) // HZ, 0)


def feature_names() -> list[str]:
    """Return the name of each bit of ``netdev_features_t``, from the kernel's own table for ethtool."""
    try:
        return [str(name) for name in readSymbol("netdev_features_strings")]
    except (TypeError, error, MissingMember):
        return [f"feature-{bit}" for bit in range(64)]


def interfaces(net: StructResult) -> Iterator[Interface]:
    """Yield a view of each interface of a ``struct net``, in the order of their numbers."""
    for device in dev_base_list(net):
        yield Interface(device)
