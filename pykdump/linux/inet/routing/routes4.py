# SPDX-License-Identifier: GPL-3.0-or-later
"""IPv4 routes of all tables, from the tries in the dump."""

from __future__ import annotations

from crash import Addr, error, member_offset, readPtr, readSU

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.inet import ntodots, ntohl
from pykdump.linux.inet.routing.names import ADVMSS, MTU, PROTOCOLS, SCOPES, TABLES, TYPES, named
from pykdump.linux.inet.routing.nexthops import NextHop, of_ipv4
from pykdump.lists import hlist_for_each_entry
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

KEY_BITS = 32
MAX_DEPTH = 2 * KEY_BITS
MAX_BITS = 24  # a node with more children than 2**24 is damaged
# FIB_TABLE_HASHSZ (include/net/ip_fib.h), with and without CONFIG_IP_MULTIPLE_TABLES
HASH_SIZES = (256, 2)


class Route4:
    """A ``struct fib_alias`` with its ``struct fib_info``."""

    family = 4
    source = None
    expires = None

    def __init__(self, alias: StructResult, key: int) -> None:
        self.alias = alias
        self.address = int(alias)
        self.info: StructResult = alias.fa_info
        self.key = key  # the destination as a number, in host order

    @property
    def table(self) -> str:
        """ "main", "local", "default" or a number."""
        return named(TABLES, self.alias.tb_id)

    @property
    def prefix_length(self) -> int:
        """The number of bits that the destination fixes."""
        return KEY_BITS - int(self.alias.fa_slen)

    @property
    def destination(self) -> str:
        """The address of the destination."""
        return ntodots(ntohl(self.key))

    @property
    def type(self) -> str:
        """ "unicast", "blackhole" and so on."""
        return named(TYPES, self.alias.fa_type)

    @property
    def tos(self) -> int:
        """The type of service that it is for, 0 for any."""
        # Commit 32ccf1107980 ("ipv4: Use dscp_t in struct fib_alias", v5.18).
        try:
            return int(self.alias.fa_dscp)
        except AttributeError:
            return int(self.alias.fa_tos)

    @property
    def protocol(self) -> str:
        """Who made it: "kernel", "static", "dhcp" and so on."""
        return named(PROTOCOLS, self.info.fib_protocol)

    @property
    def scope(self) -> str:
        """How far the destination is: "global", "link", "host"."""
        return named(SCOPES, self.info.fib_scope)

    @property
    def metric(self) -> int:
        """Its priority: a lower one is preferred."""
        return int(self.info.fib_priority)

    @property
    def preferred_source(self) -> str | None:
        """The address that packets get as their source, None if the route does not say."""
        address = int(self.info.fib_prefsrc)
        return ntodots(address) if address else None

    @property
    def mtu(self) -> int | None:
        """The MTU that the route sets, None if it sets none."""
        return int(self.info.fib_metrics.metrics[MTU]) or None

    @property
    def advertised_mss(self) -> int | None:
        """The MSS that the route sets, None if it sets none."""
        return int(self.info.fib_metrics.metrics[ADVMSS]) or None

    @property
    def nexthop_id(self) -> int | None:
        """The number of its nexthop object, None if it has none."""
        return int(self.info.nh.id) if self.info.nh else None

    @property
    def nexthops(self) -> list[NextHop]:
        """Where it leads."""
        return list(of_ipv4(self.info))


def tables4(net: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct fib_table`` of a ``struct net``."""
    several = member_offset("struct netns_ipv4", "rules_ops") >= 0
    for number in range(HASH_SIZES[0] if several else HASH_SIZES[1]):
        yield from hlist_for_each_entry(
            "struct fib_table", int(net.ipv4.fib_table_hash) + number * PTR_SIZE, "tb_hlist"
        )


def routes4(net: StructResult, table: int | None = None) -> Iterator[Route4]:
    """Yield a view of each IPv4 route of a ``struct net``, in the order of the addresses.

    ``table`` is the number of the only table that is wanted. pylog gets what cannot be read.
    """
    for fib in tables4(net):
        if table is None or int(fib.tb_id) == table:
            yield from routes_of_table(fib)


def routes_of_table(fib: StructResult) -> Iterator[Route4]:
    """Yield a view of each route of a ``struct fib_table``, in the order of the addresses."""
    number = int(fib.tb_id)
    for key, leaf in _leaves(readPtr(int(fib.tb_data) + member_offset("struct key_vector", "tnode"))):
        for alias in hlist_for_each_entry("struct fib_alias", leaf, "fa_list"):
            # The tables "local" and "main" are one trie while there are no rules (commit 0ddcf43d5d4a, v4.1).
            if alias.tb_id == number:
                yield Route4(alias, key)


def _leaves(node: int, depth: int = 0) -> Iterator[tuple[int, int]]:
    """Yield (key, address of the ``struct hlist_head``) of each leaf below a ``struct key_vector *``."""
    if not node:
        return
    try:
        vector = readSU("struct key_vector", node)
        bits = int(vector.bits)
        if not bits:
            yield int(vector.key), Addr(vector, "leaf")
            return
        if bits > MAX_BITS or depth > MAX_DEPTH:
            raise error(f"it has 2**{bits} children at depth {depth}")
        children = [readPtr(Addr(vector, "tnode") + PTR_SIZE * number) for number in range(1 << bits)]
    except error as problem:
        pylog.error(f"The node of routes at {node:#x} cannot be read: {problem}")
        return
    for child in children:
        yield from _leaves(child, depth + 1)
