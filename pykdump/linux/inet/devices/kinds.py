# SPDX-License-Identifier: GPL-3.0-or-later
"""What bonds, bridges, VLANs and VXLANs know about themselves. Their types come from the BTF of their modules."""

from __future__ import annotations

from crash import Addr, readSU

from pykdump.linux.inet import ntohl, ntohs
from pykdump.linux.inet.devices.counters import private_of
from pykdump.linux.inet.netdevice import hwaddr2str
from pykdump.linux.inet.times import seconds_since
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_PORTS = 65536
# include/uapi/linux/if_bonding.h: BOND_MODE_*
BOND_MODES = ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")
# BOND_LINK_*
BOND_LINKS = ("up", "fail", "down", "back")
# include/uapi/linux/if_bridge.h: BR_STATE_*
PORT_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
UNKNOWN_SPEED = 0xFFFFFFFF
VLAN_PROTOCOLS = {0x8100: "802.1Q", 0x88A8: "802.1ad"}


class BondMember:
    """A ``struct slave``: an interface in a bond."""

    def __init__(self, slave: StructResult, bond: StructResult) -> None:
        self.slave = slave
        self.bonding = bond
        self.address = int(slave)

    @property
    def bond(self) -> str:
        """The name of the bond."""
        return str(self.bonding.dev.name)

    @property
    def mode(self) -> str:
        """ "active-backup", "802.3ad" and so on."""
        number = int(self.bonding.params.mode)
        return BOND_MODES[number] if number < len(BOND_MODES) else str(number)

    @property
    def monitor_ms(self) -> int:
        """How often the links are looked at, 0 for never."""
        return int(self.bonding.params.miimon)

    @property
    def device(self) -> str:
        """The name of the member."""
        return str(self.slave.dev.name)

    @property
    def active(self) -> bool:
        """Whether it is the one that sends, in modes with only one."""
        return int(self.bonding.curr_active_slave) == self.address

    @property
    def link(self) -> str:
        """ "up", "down", or "fail" and "back" while the bond waits."""
        return BOND_LINKS[int(self.slave.link)]

    @property
    def failures(self) -> int:
        """How often it lost its link."""
        return int(self.slave.link_failure_count)

    @property
    def speed(self) -> int | None:
        """Mbit/s, None if it is not known."""
        speed = int(self.slave.speed) & UNKNOWN_SPEED
        return None if speed in (UNKNOWN_SPEED, 0) else speed

    @property
    def permanent_address(self) -> str:
        """Its hardware address before it joined."""
        return hwaddr2str(bytes(int(byte) & 0xFF for byte in self.slave.perm_hwaddr), int(self.slave.dev.addr_len))

    @property
    def queue(self) -> int:
        """The number of its queue."""
        return int(self.slave.queue_id)

    @property
    def up_seconds(self) -> float:
        """Time since its link came up."""
        return seconds_since(int(self.slave.last_link_up))


def bond_members(device: StructResult) -> Iterator[BondMember]:
    """Yield a view of each member of a bond (``struct net_device``)."""
    bond = readSU("struct bonding", private_of(device))
    for near in readSUListFromHead(Addr(device.adj_list, "lower"), "list", "struct netdev_adjacent"):
        yield BondMember(readSU("struct slave", int(near.private)), bond)


class BridgePort:
    """A ``struct net_bridge_port``: an interface in a bridge."""

    def __init__(self, port: StructResult) -> None:
        self.port = port
        self.address = int(port)

    @property
    def bridge(self) -> str:
        """The name of the bridge."""
        return str(self.port.br.dev.name)

    @property
    def device(self) -> str:
        """The name of the interface."""
        return str(self.port.dev.name)

    @property
    def number(self) -> int:
        """The number of the port."""
        return int(self.port.port_no)

    @property
    def state(self) -> str:
        """ "forwarding", "blocking" and so on."""
        number = int(self.port.state)
        return PORT_STATES[number] if number < len(PORT_STATES) else str(number)

    @property
    def priority(self) -> int:
        """Its priority in the spanning tree."""
        return int(self.port.priority)

    @property
    def cost(self) -> int:
        """Its cost in the spanning tree."""
        return int(self.port.path_cost)


def bridge_ports(device: StructResult) -> Iterator[BridgePort]:
    """Yield a view of each port of a bridge (``struct net_device``)."""
    bridge = readSU("struct net_bridge", private_of(device))
    for port in readSUListFromHead(Addr(bridge, "port_list"), "list", "struct net_bridge_port", maxel=MAX_PORTS):
        yield BridgePort(port)


def vlan_text(device: StructResult) -> str:
    """Return "802.1Q 42 on eth0" for a VLAN (``struct net_device``)."""
    vlan = readSU("struct vlan_dev_priv", private_of(device))
    protocol = ntohs(int(vlan.vlan_proto))
    return f"{VLAN_PROTOCOLS.get(protocol, hex(protocol))} {int(vlan.vlan_id)} on {vlan.real_dev.name}"


def vxlan_text(device: StructResult) -> str:
    """Return "VNI 100 port 4789" for a VXLAN (``struct net_device``)."""
    vxlan = readSU("struct vxlan_dev", private_of(device))
    # The identifier is in the first three bytes of a __be32 (include/net/vxlan.h: vxlan_vni()).
    return f"VNI {ntohl(int(vxlan.default_dst.remote_vni))} port {ntohs(int(vxlan.cfg.dst_port))}"


def veth_text(device: StructResult) -> str:
    """Return the name of the other end of a veth (``struct net_device``), and its namespace if that is another one."""
    peer = readSU("struct veth_priv", private_of(device)).peer
    if not peer:
        return "no peer"
    other = int(peer.nd_net.net)
    place = "" if other == int(device.nd_net.net) else f" in namespace {other:#x}"
    return f"peer {peer.name}{place}"


def vrf_text(device: StructResult) -> str:
    """Return the table of a VRF (``struct net_device``)."""
    return f"table {int(readSU('struct net_vrf', private_of(device)).tb_id)}"


TEXTS = {"vlan": vlan_text, "vxlan": vxlan_text, "veth": veth_text, "vrf": vrf_text}


def kind_text(device: StructResult, kind: str | None) -> str | None:
    """Return in a few words what is special about an interface of this kind, None if nothing is known."""
    describe = TEXTS.get(kind or "")
    return describe(device) if describe else None
