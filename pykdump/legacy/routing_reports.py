# SPDX-License-Identifier: GPL-3.0-or-later
"""IPv4 routes and policy rules of the chosen network namespace, as the classic's module routing printed them."""

from __future__ import annotations

from pykdump.c_constants import CDefine, CEnum
from pykdump.compat_helpers import Bunch
from pykdump.linux.inet import get_ns_net, ntodots, ntohl
from pykdump.linux.inet.routing.exceptions import exceptions4
from pykdump.linux.inet.routing.names import TABLES
from pykdump.linux.inet.routing.routes4 import KEY_BITS, Route4, routes_of_table, tables4
from pykdump.linux.inet.routing.rules import rules
from pykdump.linux.inet.sock import AF_INET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crash import StructResult

    from pykdump.linux.inet.routing.nexthops import NextHop

KEYLENGTH = KEY_BITS
RT_TABLE_MAIN = 254  # enum rt_class_t (include/uapi/linux/rtnetlink.h)
# The types and the metrics of routes (include/uapi/linux/rtnetlink.h)
RTN = CEnum(
    "RTN_UNSPEC, RTN_UNICAST, RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST, RTN_BLACKHOLE, RTN_UNREACHABLE, "
    "RTN_PROHIBIT, RTN_THROW, RTN_NAT, RTN_XRESOLVE"
)
RTN_MAX = len(RTN) - 1
RTAX = CEnum(
    "RTAX_UNSPEC, RTAX_LOCK, RTAX_MTU, RTAX_WINDOW, RTAX_RTT, RTAX_RTTVAR, RTAX_SSTHRESH, RTAX_CWND, RTAX_ADVMSS, "
    "RTAX_REORDERING, RTAX_HOPLIMIT, RTAX_INITCWND, RTAX_FEATURES"
)
# include/uapi/linux/route.h
RTF = CDefine("""
#define RTF_UP 0x1
#define RTF_GATEWAY 0x2
#define RTF_HOST 0x4
#define RTF_REINSTATE 0x8
#define RTF_DYNAMIC 0x10
#define RTF_MODIFIED 0x20
#define RTF_MTU 0x40
#define RTF_WINDOW 0x80
#define RTF_IRTT 0x100
#define RTF_REJECT 0x200
""")
# The letters of route(8)
_LETTERS = (("UP", "U"), ("GATEWAY", "G"), ("HOST", "H"), ("REJECT", "R"), ("DYNAMIC", "D"), ("MODIFIED", "M"))
_NOT_SHOWN = (RTN.RTN_BROADCAST, RTN.RTN_MULTICAST)
_REJECTING = (RTN.RTN_UNREACHABLE, RTN.RTN_PROHIBIT)
_HEADERS = 40  # of IPv4 and TCP: /proc/net/route adds it to the MSS


class Entry(Bunch):
    """A route as get_fib_entries() yields it. ``ways`` are views of all its nexthops."""

    dest: int
    mask: int
    gw: int
    flags: int
    metric: int
    mtu: int
    dev: str
    fa: StructResult
    ways: list[NextHop]
    ref: int
    use: int


def get_fib_tables(All: bool = False) -> list[StructResult]:
    """Return the ``struct fib_table`` main as a list, or all tables. A namespace may have none."""
    found = list(tables4(get_ns_net()))
    return found if All else [table for table in found if int(table.tb_id) == RT_TABLE_MAIN]


def get_fib_entries(table: StructResult) -> Iterator[Entry]:
    """Yield the routes of a ``struct fib_table`` that /proc/net/route shows, with what it shows of them.

    ``dest``, ``gw`` and ``mask`` are of type __be32, ``flags`` has the bits RTF, ``dev`` is "*" for no device. ``mtu``
    is 0 if the route sets no MSS. ``fa`` is the ``struct fib_alias``.
    """
    for route in routes_of_table(table):
        if int(route.alias.fa_type) not in _NOT_SHOWN:
            yield _entry(route)


get_fib_entries_v40 = get_fib_entries


def _entry(route: Route4) -> Entry:
    mask = inet_make_mask(route.prefix_length)
    ways = route.nexthops
    way = ways[0] if ways else None
    mss = route.advertised_mss
    flags = _flags(int(route.alias.fa_type), mask, way is not None and way.gateway is not None)
    return Entry({
        "dest": ntohl(route.key), "mask": mask, "gw": _gateway(way), "flags": flags, "metric": route.metric,
        "dev": (way.device if way is not None else None) or "*", "mtu": mss + _HEADERS if mss else 0,
        "fa": route.alias, "ways": ways,
    })  # fmt: skip


def _gateway(way: NextHop | None) -> int:
    """Return the gateway as __be32. A route by an IPv6 gateway (RTA_VIA) has 0, as in /proc/net/route."""
    if way is None or int(way.common.nhc_gw_family) != AF_INET:
        return 0
    return int(way.common.nhc_gw.ipv4)


def inet_make_mask(logmask: int) -> int:
    """Return the mask of so many bits as __be32."""
    whole = (1 << KEY_BITS) - 1
    return ntohl(whole << KEY_BITS - logmask & whole)


def _flags(kind: int, mask: int, has_gateway: bool) -> int:
    flags = RTF.RTF_UP | (RTF.RTF_REJECT if kind in _REJECTING else 0)  # type: ignore[attr-defined]
    flags |= RTF.RTF_GATEWAY if has_gateway else 0  # type: ignore[attr-defined]
    return int(flags | (RTF.RTF_HOST if mask == 0xFFFFFFFF else 0))  # type: ignore[attr-defined]


def flags2str(flags: int) -> str:
    """Return the letters of route(8) for bits RTF: "UG"."""
    return "".join(letter for name, letter in _LETTERS if flags & RTF[f"RTF_{name}"])


def _table_name(number: int) -> str:
    return f"RT_TABLE_{TABLES[number].upper()}" if number in TABLES else f"Table ID {number}"


def print_fib(All: bool = False, v: int = 0) -> None:
    """Print the table main as route -n does, or all tables. ``v`` adds the ways of each route."""
    for table in get_fib_tables(All):
        if All:
            print("\n====", table, _table_name(int(table.tb_id)))
        do_fib_print(get_fib_entries(table), v)


def do_fib_print(g: Iterable[Entry], v: int = 0) -> None:
    """Print entries of get_fib_entries() as route -n does."""
    print("\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface")
    for entry in g:
        entry.ref = entry.use = 0  # the kernel does not count them
        print(
            f"{ntodots(entry.dest):<15s} {ntodots(entry.gw):<15s} {ntodots(entry.mask):<15s} "
            f"{flags2str(entry.flags):<5s} {entry.metric:<6d} {entry.ref:<6d} {entry.use:3d} {entry.dev:<8s}"
        )
        for way in entry.ways if v else ():
            print("    ", way.common)


def print_fib_rules() -> None:
    """Print the policy rules of IPv4, in the order in which they are asked."""
    for rule in rules(get_ns_net()):
        if rule.family != 4:
            continue
        own, common = rule.own, rule.rule
        print("    --", own, _table_name(int(common.table)))
        for name in ("src", "dst"):
            address, mask = ntodots(int(getattr(own, name))), ntodots(int(getattr(own, f"{name}mask")))
            print(f"\t{name} {address} {name}mask {mask} {name}_len {int(getattr(own, f'{name}_len'))}")
        ends = f"iifindex {int(common.iifindex)} {common.iifname} oifindex {int(common.oifindex)} {common.oifname}"
        print(f"\taction {int(common.action)} {ends}".rstrip())


def print_rt_hash() -> None:
    """Print what is left of the cache of routes: destinations for which ICMP has told another gateway or path MTU."""
    print("dev      rt_dst           gateway          pmtu   expires")
    print("---   -------------    -------------    ------   -------")
    exceptions = list(exceptions4(get_ns_net()))
    for found in exceptions:
        expires = f"{found.expires:.0f}" if found.expires is not None else "-"
        words = f"{found.device or '*':<5s} {found.destination:<16s} {found.gateway or '-':<16s}"
        print(f"{words} {found.path_mtu or '-'!s:<8} {expires}")
    print(f"\n{len(exceptions)} entries")
