# SPDX-License-Identifier: GPL-3.0-or-later
"""IPv6 routes of all tables, from the trees in the dump."""

from __future__ import annotations

from crash import Addr, error, member_offset, readSU

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.inet.routing.names import ADVMSS, MTU, PROTOCOLS, TABLES, TYPES, named
from pykdump.linux.inet.routing.nexthops import NextHop, of_ipv6
from pykdump.linux.inet.sock import address6
from pykdump.linux.inet.times import seconds_until
from pykdump.lists import hlist_for_each_entry, readSUListFromHead
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

FIB6_INFO = "struct fib6_info"
MAX_DEPTH = 300
MAX_ROUTES = 10_000_000
# FIB6_TABLE_HASHSZ (include/net/ip6_fib.h), with and without CONFIG_IPV6_MULTIPLE_TABLES
HASH_SIZES = (256, 1)
RTN_RTINFO = 4  # the node has routes (include/net/ip6_fib.h)
RTF_EXPIRES = 0x00400000  # include/uapi/linux/ipv6_route.h


class Route6:
    """A ``struct fib6_info``, with the others of a route that has several ways."""

    family = 6
    tos = 0
    scope = "global"

    def __init__(self, info: StructResult) -> None:
        self.info = info
        self.address = int(info)

    @property
    def table(self) -> str:
        """ "main", "local" or a number."""
        return named(TABLES, self.info.fib6_table.tb6_id)

    @property
    def destination(self) -> str:
        """The address of the destination."""
        return address6(self.info.fib6_dst.addr)

    @property
    def prefix_length(self) -> int:
        """The number of bits that the destination fixes."""
        return int(self.info.fib6_dst.plen)

    @property
    def source(self) -> str | None:
        """The source addresses that it is for, None for all."""
        length = int(self.info.fib6_src.plen)
        return f"{address6(self.info.fib6_src.addr)}/{length}" if length else None

    @property
    def type(self) -> str:
        """ "unicast", "blackhole" and so on."""
        return named(TYPES, self.info.fib6_type)

    @property
    def protocol(self) -> str:
        """Who made it: "kernel", "static", "ra" and so on."""
        return named(PROTOCOLS, self.info.fib6_protocol)

    @property
    def metric(self) -> int:
        """Its priority: a lower one is preferred."""
        return int(self.info.fib6_metric)

    @property
    def preferred_source(self) -> str | None:
        """The address that packets get as their source, None if the route does not say."""
        return address6(self.info.fib6_prefsrc.addr) if self.info.fib6_prefsrc.plen else None

    @property
    def expires(self) -> float | None:
        """Seconds until it ends, None if it does not end."""
        return seconds_until(int(self.info.expires)) if self.info.fib6_flags & RTF_EXPIRES else None

    @property
    def mtu(self) -> int | None:
        """The MTU that the route sets, None if it sets none."""
        return int(self.info.fib6_metrics.metrics[MTU]) or None

    @property
    def advertised_mss(self) -> int | None:
        """The MSS that the route sets, None if it sets none."""
        return int(self.info.fib6_metrics.metrics[ADVMSS]) or None

    @property
    def nexthop_id(self) -> int | None:
        """The number of its nexthop object, None if it has none."""
        return int(self.info.nh.id) if self.info.nh else None

    @property
    def nexthops(self) -> list[NextHop]:
        """Where it leads."""
        return [hop for info in (self.info, *siblings(self.info)) for hop in of_ipv6(info)]


def siblings(info: StructResult) -> list[StructResult]:
    """Return the other ``struct fib6_info`` of a route with several ways."""
    if info.nh or not info.fib6_nsiblings:
        return []
    return readSUListFromHead(Addr(info, "fib6_siblings"), "fib6_siblings", FIB6_INFO)


def tables6(net: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct fib6_table`` of a ``struct net``; nothing on a kernel without IPv6."""
    if member_offset("struct net", "ipv6") < 0 or not net.ipv6.fib_table_hash:
        return
    several = member_offset("struct netns_ipv6", "fib6_rules_ops") >= 0
    for number in range(HASH_SIZES[0] if several else HASH_SIZES[1]):
        head = int(net.ipv6.fib_table_hash) + number * PTR_SIZE
        yield from hlist_for_each_entry("struct fib6_table", head, "tb6_hlist")


def routes6(net: StructResult, table: int | None = None) -> Iterator[Route6]:
    """Yield a view of each IPv6 route of a ``struct net``, in the order of the kernel's own listing.

    ``table`` is the number of the only table that is wanted. pylog gets what cannot be read.
    """
    nothing = int(net.ipv6.fib6_null_entry)
    for fib in tables6(net):
        if table is None or fib.tb6_id == table:
            for node in _nodes(Addr(fib, "tb6_root")):
                yield from _of_node(node, nothing)


def _of_node(node: StructResult, nothing: int) -> Iterator[Route6]:
    if not node.fn_flags & RTN_RTINFO:
        return
    merged: set[int] = set()
    info = node.leaf
    for _ in range(MAX_ROUTES):
        if not info:
            return
        if int(info) != nothing and int(info) not in merged:
            merged.update(map(int, siblings(info)))
            yield Route6(info)
        info = info.fib6_next


def _nodes(address: int, depth: int = 0) -> Iterator[StructResult]:
    """Yield each ``struct fib6_node`` below one, and then this one."""
    if depth > MAX_DEPTH:
        raise error(f"The tree of routes has a loop at {address:#x}.")
    try:
        node = readSU("struct fib6_node", address)
        # Without CONFIG_IPV6_SUBTREES there are no routes by source.
        below = [int(node.subtree) if node.hasField("subtree") else 0, int(node.left), int(node.right)]
    except error as problem:
        pylog.error(f"The node of routes at {address:#x} cannot be read: {problem}")
        return
    for child in below:
        if child:
            yield from _nodes(child, depth + 1)
    yield node
