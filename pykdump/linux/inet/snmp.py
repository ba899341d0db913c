# SPDX-License-Identifier: GPL-3.0-or-later
"""SNMP counters, as /proc/net/snmp, snmp6 and netstat show them, with the kernel's own tables of names."""

from __future__ import annotations

from crash import (
    enumerator_value,
    error,
    mem2long,
    member_offset,
    member_size,
    readmem,
    readPtr,
    readS32,
    struct_size,
    sym2addr,
)

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.percpu import percpu_ptr, possible_cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MASK = (1 << 64) - 1
MAX_NAMES, MAX_NAME = 1000, 64
# (prefix, table of names, members of struct netns_mib). The tables are in net/ipv4/proc.c, net/ipv6/proc.c,
# net/mptcp/mib.c, net/xfrm/xfrm_proc.c and net/tls/tls_proc.c.
TABLES = (
    ("Ip", "snmp4_ipstats_list", "ip_statistics"),
    ("IpExt", "snmp4_ipextstats_list", "ip_statistics"),
    ("Tcp", "snmp4_tcp_list", "tcp_statistics"),
    ("TcpExt", "snmp4_net_list", "net_statistics"),
    ("Udp", "snmp4_udp_list", "udp_statistics"),
    ("UdpLite", "snmp4_udp_list", "udplite_statistics"),
    ("Ip6", "snmp6_ipstats_list", "ipv6_statistics"),
    ("Icmp6", "snmp6_icmp6_list", "icmpv6_statistics"),
    ("Udp6", "snmp6_udp6_list", "udp_stats_in6"),
    ("UdpLite6", "snmp6_udplite6_list", "udplite_stats_in6"),
    ("MPTcpExt", "mptcp_snmp_list", "mptcp_statistics"),
    ("Xfrm", "xfrm_mib_list", "xfrm_statistics"),
    ("Tls", "tls_mib_list", "tls_statistics"),
)
# {name: enumerator in include/uapi/linux/snmp.h}
ICMP = {
    "InMsgs": "ICMP_MIB_INMSGS",
    "InErrors": "ICMP_MIB_INERRORS",
    "InCsumErrors": "ICMP_MIB_CSUMERRORS",
    "OutMsgs": "ICMP_MIB_OUTMSGS",
    "OutErrors": "ICMP_MIB_OUTERRORS",
    "OutRateLimitGlobal": "ICMP_MIB_RATELIMITGLOBAL",
    "OutRateLimitHost": "ICMP_MIB_RATELIMITHOST",
}
ICMP_TYPES = 256


class Counter:
    """A counter."""

    def __init__(self, protocol: str, name: str, value: int) -> None:
        self.protocol = protocol
        self.name = name
        self.value = value


def counters(net: StructResult) -> Iterator[Counter]:
    """Yield each SNMP counter of a ``struct net``. A table that the kernel or the dump lacks is left out."""
    # No counters: snmp_seq_show_ipstats() in net/ipv4/proc.c takes them elsewhere.
    yield Counter("Ip", "Forwarding", 1 if int(net.ipv4.devconf_all.data[0]) == 1 else 2)
    yield Counter("Ip", "DefaultTTL", int(net.ipv4.sysctl_ip_default_ttl))
    for protocol, names, member in TABLES:
        table = sym2addr(names)
        if not table or not net.mib.hasField(member):
            continue
        sums = mib_sums(net, member)
        if sums:
            for name, index in named_entries(table):
                if index < len(sums):
                    # The tables of IPv6 repeat the protocol: "Udp6InDatagrams".
                    yield Counter(protocol, name.removeprefix(protocol), signed_if_limit(name, sums[index]))
    yield from _icmp(net)


def signed_if_limit(name: str, value: int) -> int:
    """Return a counter; MaxConn of TCP is signed, and -1 means no limit."""
    return value - MASK - 1 if name == "MaxConn" and value >> 63 else value


def _icmp(net: StructResult) -> Iterator[Counter]:
    """Yield the counters of ICMP and of its types."""
    sums = mib_sums(net, "icmp_statistics")
    for name, enumerator in ICMP.items():
        index = enumerator_value(enumerator)
        if index is not None and index < len(sums):
            yield Counter("Icmp", name, sums[index])
    # struct icmpmibmap in net/ipv4/proc.c begins like a struct snmp_mib.
    table = sym2addr("icmpmibmap")
    names = dict(named_entries(table)) if table else {}
    yield from _icmp_types(net, "Icmp", "IcmpMsg", "icmpmsg_statistics", names)
    yield from _icmp_types(net, "Icmp6", "Icmp6", "icmpv6msg_statistics", _icmp6_names())


def _icmp6_names() -> dict[str, int]:
    """Return {name: type} of the types of ICMPv6 that have a name: ``icmp6type2name`` in net/ipv6/proc.c."""
    table = sym2addr("icmp6type2name")
    pointers = _longs(table, ICMP_TYPES) if table else []
    return {text(pointer): number for number, pointer in enumerate(pointers) if pointer}


def _icmp_types(
    net: StructResult, protocol: str, by_number: str, member: str, names: dict[str, int]
) -> Iterator[Counter]:
    """Yield the counters of the types that have a name, and as ``by_number`` those of all types that occurred."""
    pointer = getattr(net.mib, member)
    if not pointer:
        return
    values = _longs(int(pointer), 2 * ICMP_TYPES)  # not per CPU: atomic_long_t mibs[]
    for way, start in (("In", 0), ("Out", ICMP_TYPES)):
        for name, number in names.items():
            yield Counter(protocol, way + name, values[start + number])
        for number in range(ICMP_TYPES):
            if values[start + number]:
                yield Counter(by_number, f"{way}Type{number}", values[start + number])


def text(address: int) -> str:
    """Return the name at a ``char *``."""
    return readmem(address, MAX_NAME).partition(b"\0")[0].decode("ascii", "backslashreplace")


def named_entries(table: int) -> Iterator[tuple[str, int]]:
    """Yield (name, index) of each ``struct snmp_mib`` in a table, in its order."""
    size, name, entry = (
        struct_size("struct snmp_mib"),
        *(member_offset("struct snmp_mib", m) for m in ("name", "entry")),
    )
    for number in range(MAX_NAMES):
        address = table + number * size
        pointer = readPtr(address + name)
        if not pointer:
            return
        yield text(pointer), readS32(address + entry)


def mib_sums(net: StructResult, member: str) -> list[int]:
    """Return the counters in a member of ``struct netns_mib``, summed over the CPUs; [] if there are none."""
    pointer = getattr(net.mib, member)
    if not pointer:
        return []
    kind = pointer.PYT_symbol if hasattr(pointer, "PYT_symbol") else pointer.ti.fullname()
    kind = kind.rstrip(" *")
    count, offset = member_size(kind, "mibs") // PTR_SIZE, member_offset(kind, "mibs")
    total = [0] * count
    for cpu in possible_cpus():
        try:
            values = _longs(int(percpu_ptr(int(pointer), cpu)) + offset, count)
        except error:  # the memory of a CPU that never ran may be missing
            continue
        total = [(a + b) & MASK for a, b in zip(total, values)]
    return total


def _longs(address: int, count: int) -> list[int]:
    found: list[int] = mem2long(readmem(address, count * PTR_SIZE), array=count)
    return [value & MASK for value in found]
