# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's tables of sockets: hash tables whose chains are hlists or hlist_nulls."""

from __future__ import annotations

from crash import Addr, error, getFullBuckets, member_offset, member_size, readPtr, readSU, struct_size, sym2addr

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.inet import get_net_namespace_list
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crash import StructResult

SOCK_COMMON = "struct sock_common"
MAX_CHAIN = 1_000_000
UNIX_HASH_SIZE = 512  # include/net/af_unix.h: 256 buckets for names and 256 for inodes


def chain(node: int, offset: int) -> Iterator[int]:
    """Yield the address of each struct in an hlist or hlist_nulls, whose end is an odd value.

    ``node`` is its first ``struct hlist_node *``, ``offset`` that of the node in the struct. A chain that cannot be
    read ends, and pylog gets the reason.
    """
    for _ in range(MAX_CHAIN):
        if not node or node & 1:
            return
        yield node - offset
        try:
            node = readPtr(node)
        except error as problem:
            pylog.error(f"A chain of sockets ends at {node:#x}: {problem}")
            return
    pylog.error(f"A chain of sockets has more than {MAX_CHAIN} elements; it ends here")


def hashed(start: int, count: int, size: int, head: int, offset: int) -> Iterator[int]:
    """Yield the address of each struct in a table of ``count`` buckets at ``start``.

    A bucket has ``size`` bytes, with its list at ``head``. ``offset`` is that of the node in the struct.
    """
    for first in getFullBuckets(start, size, count, head):
        if not first & 1:
            yield from chain(first, offset)


def node_offset() -> int:
    """Return the offset of ``skc_node`` (and ``skc_nulls_node``) in ``struct sock_common``."""
    return member_offset(SOCK_COMMON, "skc_node")


def tcp_tables(nets: Iterable[StructResult] | None = None) -> list[StructResult]:
    """Return each ``struct inet_hashinfo`` of TCP: the one that all namespaces share, and those of single namespaces.

    ``nets`` are the ``struct net`` to look at, by default all of them.
    """
    # Commit 4461568aa4e5 ("tcp: Access &tcp_hashinfo via net.", v6.1): a namespace may have its own table.
    # From v5.18 to v6.0 tcp_death_row was a pointer (commit fbb8295248e1), and there was only one table.
    found = {}
    if member_offset("struct net", "ipv4.tcp_death_row.hashinfo") >= 0:
        for net in get_net_namespace_list() if nets is None else nets:
            info = net.ipv4.tcp_death_row.hashinfo
            if info:
                found[int(info)] = info
    if not found:
        address = sym2addr("tcp_hashinfo")
        found[address] = readSU("struct inet_hashinfo", address)
    return list(found.values())


def tcp_listeners(info: StructResult) -> Iterator[int]:
    """Yield the address of each listening ``struct tcp_sock`` in a ``struct inet_hashinfo``."""
    bucket = "struct inet_listen_hashbucket"
    # Commit cae3873c5b3a ("net: inet: Retire port only listening_hash", v5.19): the table by address and port stayed.
    if info.hasField("listening_hash"):
        table = Addr(info, "listening_hash")
        count = member_size("struct inet_hashinfo", "listening_hash") // struct_size(bucket)
    else:
        table, count = int(info.lhash2), int(info.lhash2_mask) + 1
    head = member_offset(bucket, "nulls_head")
    if head < 0:  # before v5.5 the bucket is a plain hlist
        head = member_offset(bucket, "head")
    return hashed(table, count, struct_size(bucket), head, node_offset())


def tcp_connections(info: StructResult) -> Iterator[int]:
    """Yield the address of each ``struct sock_common`` in the table of connections of a ``struct inet_hashinfo``.

    These are connections (``struct tcp_sock``), requests (``struct request_sock``, state TCP_NEW_SYN_RECV) and those in
    TIME_WAIT (``struct tcp_timewait_sock``).
    """
    bucket = "struct inet_ehash_bucket"
    head = member_offset(bucket, "chain")
    return hashed(int(info.ehash), int(info.ehash_mask) + 1, struct_size(bucket), head, node_offset())


def udp_tables(symbol: str = "udp_table", nets: Iterable[StructResult] | None = None) -> list[StructResult]:
    """Return each ``struct udp_table``: that of ``symbol``, and for UDP those of single namespaces."""
    # Commit ba6aac151677 ("udp: Access &udp_table via net.", v6.2).
    found = {}
    if symbol == "udp_table" and member_offset("struct net", "ipv4.udp_table") >= 0:
        for net in get_net_namespace_list() if nets is None else nets:
            if net.ipv4.udp_table:
                found[int(net.ipv4.udp_table)] = net.ipv4.udp_table
    address = sym2addr(symbol)
    if not found and address:  # UDP-Lite was removed from newer kernels
        found[address] = readSU("struct udp_table", address)
    return list(found.values())


def udp_sockets(table: StructResult) -> Iterator[int]:
    """Yield the address of each ``struct udp_sock`` in a ``struct udp_table``."""
    slot = table.hash[0].PYT_symbol
    head = member_offset(slot, "head")
    return hashed(int(table.hash), int(table.mask) + 1, struct_size(slot), head, node_offset())


def raw_sockets(symbol: str) -> Iterator[int]:
    """Yield the address of each ``struct raw_sock`` in ``struct raw_hashinfo raw_v4_hashinfo`` or raw_v6_hashinfo."""
    address = sym2addr(symbol)
    if not address:
        return iter(())
    count = member_size("struct raw_hashinfo", "ht") // PTR_SIZE
    return hashed(Addr(readSU("struct raw_hashinfo", address), "ht"), count, PTR_SIZE, 0, node_offset())


def ping_sockets() -> Iterator[int]:
    """Yield the address of each ``struct inet_sock`` in ``struct ping_table``: ICMP sockets without privileges."""
    address = sym2addr("ping_table")
    if not address:
        return iter(())
    count = member_size("struct ping_table", "hash") // PTR_SIZE
    return hashed(address + member_offset("struct ping_table", "hash"), count, PTR_SIZE, 0, node_offset())


def unix_sockets(net: StructResult) -> Iterator[int]:
    """Yield the address of each ``struct unix_sock`` of a ``struct net``; before v6.0, of all namespaces."""
    # Commit b6e811383062 ("af_unix: Define a per-netns hash table.", v6.0).
    if member_offset("struct net", "unx.table") >= 0:
        return hashed(int(net.unx.table.buckets), UNIX_HASH_SIZE, PTR_SIZE, 0, node_offset())
    start = sym2addr("unix_socket_table")
    return hashed(start, UNIX_HASH_SIZE, PTR_SIZE, 0, node_offset())
