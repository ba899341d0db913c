# SPDX-License-Identifier: GPL-3.0-or-later
"""Neighbours: the hardware addresses that ARP and NDISC have found."""

from __future__ import annotations

from crash import Addr, MissingMember, getFullBuckets, readmem, readPtr, readSU, readSymbol, symbol_exists

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.inet import ntodots
from pykdump.linux.inet.netdevice import hwaddr2str
from pykdump.linux.inet.routing.names import PROTOCOLS, flag_names, named
from pykdump.linux.inet.sock import address6
from pykdump.linux.inet.times import seconds_since
from pykdump.lists import hlist_for_each_entry, readStructNext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

# include/uapi/linux/neighbour.h: NUD_* and NTF_*
STATES = {
    1: "INCOMPLETE", 2: "REACHABLE", 4: "STALE", 8: "DELAY", 16: "PROBE", 32: "FAILED", 64: "NOARP", 128: "PERMANENT",
}  # fmt: skip
FLAGS = {
    1: "use", 2: "self", 4: "master", 8: "proxy", 16: "extern_learn", 32: "offload", 64: "sticky", 128: "router",
    256: "managed", 512: "locked",
}  # fmt: skip
TABLES = ("arp_tbl", "nd_tbl")
MAX_ADDRESS = 32
MAX_CHAIN = 1_000_000
PROXY_BUCKETS = 16  # PNEIGH_HASHMASK + 1 (net/core/neighbour.c)
IPV4_BYTES = 4


class Neighbour:
    """A ``struct neighbour``."""

    proxy = False

    def __init__(self, neighbour: StructResult, key_length: int) -> None:
        self.neighbour = neighbour
        self.address = int(neighbour)
        self.family = 4 if key_length == IPV4_BYTES else 6

    @property
    def net(self) -> int:
        """The address of its ``struct net``."""
        return int(self.neighbour.dev.nd_net.net)

    @property
    def destination(self) -> str:
        """Its IP address."""
        return _key_text(Addr(self.neighbour, "primary_key"), self.family)

    @property
    def device(self) -> str:
        """The name of the interface."""
        return str(self.neighbour.dev.name)

    @property
    def hardware_address(self) -> str | None:
        """Its hardware address, None if it is not known."""
        if not self._state & ~0x21:  # INCOMPLETE and FAILED have none
            return None
        length = min(int(self.neighbour.dev.addr_len), MAX_ADDRESS)
        return hwaddr2str(readmem(Addr(self.neighbour, "ha"), length), length) if length else ""

    @property
    def _state(self) -> int:
        return int(self.neighbour.nud_state)

    @property
    def state(self) -> str:
        """REACHABLE, STALE, FAILED and so on."""
        return ",".join(flag_names(STATES, self._state)) or "NONE"

    @property
    def flags(self) -> tuple[str, ...]:
        """ "router", "extern_learn" and so on."""
        return flag_names(FLAGS, self.neighbour.flags)

    @property
    def protocol(self) -> str:
        """Who made it."""
        return named(PROTOCOLS, self.neighbour.protocol)

    @property
    def used_seconds_ago(self) -> float:
        """Time since it was used."""
        return seconds_since(int(self.neighbour.used))

    @property
    def confirmed_seconds_ago(self) -> float:
        """Time since the neighbour answered; very long if it never did."""
        return seconds_since(int(self.neighbour.confirmed))

    @property
    def updated_seconds_ago(self) -> float:
        """Time since the state changed."""
        return seconds_since(int(self.neighbour.updated))

    @property
    def probes(self) -> int:
        """How often it was asked without an answer."""
        return int(self.neighbour.probes.counter)

    @property
    def queued(self) -> int:
        """Packets that wait for its hardware address."""
        return int(self.neighbour.arp_queue.qlen)


class ProxyNeighbour:
    """A ``struct pneigh_entry``: an address that this machine answers for."""

    proxy = True
    hardware_address = None
    state = "PROXY"
    protocol = "unspec"
    used_seconds_ago = confirmed_seconds_ago = updated_seconds_ago = None
    probes = queued = 0

    def __init__(self, entry: StructResult, key_length: int) -> None:
        self.entry = entry
        self.address = int(entry)
        self.family = 4 if key_length == IPV4_BYTES else 6

    @property
    def net(self) -> int:
        """The address of its ``struct net``."""
        return int(self.entry.net.net)

    @property
    def destination(self) -> str:
        """The IP address."""
        return _key_text(Addr(self.entry, "key"), self.family)

    @property
    def device(self) -> str | None:
        """The interface on which it answers, None for all."""
        return str(self.entry.dev.name) if self.entry.dev else None

    @property
    def flags(self) -> tuple[str, ...]:
        """ "proxy", "router"."""
        return flag_names(FLAGS, self.entry.flags)


def _key_text(address: int, family: int) -> str:
    if family == 6:
        return address6(readSU("struct in6_addr", address))
    return ntodots(int(readSU("struct in_addr", address).s_addr))


def neighbour_tables() -> Iterator[StructResult]:
    """Yield the ``struct neigh_table`` of ARP and that of NDISC, if the kernel has it."""
    return (readSymbol(name) for name in TABLES if symbol_exists(name))


def neighbours(table: StructResult) -> Iterator[Neighbour]:
    """Yield a view of each neighbour in a ``struct neigh_table``, of all namespaces."""
    key_length, hashed = int(table.key_len), table.nht
    count = 1 << int(hashed.hash_shift)
    # Commit 41b3caa7c076 ("neighbour: Add hlist_node to struct neighbour", v6.13).
    if hashed.hasField("hash_heads"):
        for number in range(count):
            head = int(hashed.hash_heads) + number * PTR_SIZE
            for neighbour in hlist_for_each_entry("struct neighbour", head, "hash"):
                yield Neighbour(neighbour, key_length)
        return
    for first in getFullBuckets(int(hashed.hash_buckets), PTR_SIZE, count, 0):
        for neighbour in readStructNext(readSU("struct neighbour", first), "next", maxel=MAX_CHAIN):
            yield Neighbour(neighbour, key_length)


def proxies(table: StructResult) -> Iterator[ProxyNeighbour]:
    """Yield a view of each address that this machine answers for, of all namespaces."""
    key_length, buckets = int(table.key_len), int(table.phash_buckets)
    if not buckets:
        return
    for number in range(PROXY_BUCKETS):
        first = readPtr(buckets + number * PTR_SIZE)
        if first:
            for entry in readStructNext(readSU("struct pneigh_entry", first), "next", maxel=MAX_CHAIN):
                yield ProxyNeighbour(entry, key_length)


def is_full(table: StructResult) -> bool:
    """Return whether a ``struct neigh_table`` has reached gc_thresh3: no more neighbours fit."""
    try:
        entries = int(table.gc_entries.counter)  # commit 58956317c8de ("neighbor: Improve garbage collection", v5.0)
    except MissingMember:
        entries = int(table.entries.counter)
    return entries >= int(table.gc_thresh3)
