# SPDX-License-Identifier: GPL-3.0-or-later
"""Networking: addresses as text, network namespaces, sockets and their inodes."""

from __future__ import annotations

import stat
import sys

from crash import Addr, container_of, member_offset, readSU, sym2addr

from pykdump import namespaces
from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from crash import StructResult


def ntohs(n: int) -> int:
    """Convert a ``__be16`` of the dump to a number."""
    return n if sys.byteorder == "big" else (n & 0xFF) << 8 | n >> 8 & 0xFF


def ntohl(n: int) -> int:
    """Convert a ``__be32`` of the dump to a number."""
    return int.from_bytes((n & 0xFFFFFFFF).to_bytes(4, sys.byteorder), "big")


def ntodots(n: int, printzeroes: bool = True) -> str:
    """Return a ``__be32`` as "10.0.0.1". 0 gives "0.0.0.0", or "*" if ``printzeroes`` is False."""
    if n == 0 and not printzeroes:
        return "*"
    return ".".join(map(str, (n & 0xFFFFFFFF).to_bytes(4, sys.byteorder)))


def ntodots6(n4: StructResult | Sequence[int], printzeroes: bool = True) -> str:
    """Return a ``struct in6_addr`` (or its four ``__be32``) as "fe80::1" or "::ffff:10.0.0.1".

    The address :: gives "*" if ``printzeroes`` is False.
    """
    words = n4.in6_u.u6_addr32 if hasattr(n4, "in6_u") else n4
    raw = b"".join((int(word) & 0xFFFFFFFF).to_bytes(4, sys.byteorder) for word in words)
    if not any(raw) and not printzeroes:
        return "*"
    return _ipv6_text(raw)


def _ipv6_text(raw: bytes) -> str:
    """Return an IPv6 address as inet_ntop() does (RFC 5952). The bundled Python may have no socket module for this."""
    if raw[:12] == bytes(10) + b"\xff\xff":
        return "::ffff:" + ".".join(map(str, raw[12:]))
    groups = [f"{raw[i] << 8 | raw[i + 1]:x}" for i in range(0, 16, 2)]
    best, length, i = 0, 0, 0
    while i < 8:
        end = i
        while end < 8 and groups[end] == "0":
            end += 1
        if end - i > length:
            best, length = i, end - i
        i = end + 1
    if length < 2:
        return ":".join(groups)
    return ":".join(groups[:best]) + "::" + ":".join(groups[best + length :])


def ipv6_addr_v4mapped(in6_addr: StructResult) -> bool:
    """Return whether a ``struct in6_addr`` is ::ffff:a.b.c.d."""
    return ntodots6(in6_addr).startswith("::ffff:") and ntohl(in6_addr.in6_u.u6_addr32[2]) == 0xFFFF


def get_net_namespace_list() -> list[StructResult]:
    """Return each ``struct net``."""
    return readSUListFromHead(sym2addr("net_namespace_list"), "list", "struct net")


def get_ns_net() -> StructResult:
    """Return the ``struct net`` that set_ns_net() chose, or else that of get_nsproxy()."""
    return namespaces.get_net()


def set_ns_net(addr: int | None = None) -> bool:
    """Choose a ``struct net *``; None chooses that of get_nsproxy(). Returns False if there is no such namespace."""
    if addr is not None and int(addr) not in map(int, get_net_namespace_list()):
        return False
    namespaces.set_net(readSU("struct net", int(addr)) if addr is not None else None)
    return True


def hash_buckets(address: int, count: int, size: int, offset: int = 0) -> list[int]:
    """Return the addresses of the list heads of ``count`` hash buckets.

    A bucket has ``size`` bytes and its list head at ``offset``.
    """
    return [address + offset + number * size for number in range(count)]


def socket_inode(sock: StructResult) -> int:
    """Return the inode number of a ``struct sock``, 0 if the socket belongs to no process."""
    socket = int(sock.sk_socket)
    return int(readSU("struct inode", socket + _inode_offset()).i_ino) if socket else 0


@memoize_cond(CU_LIVE)
def _inode_offset() -> int:
    """Return the offset of the inode in a ``struct socket_alloc``, which begins with the socket."""
    return member_offset("struct socket_alloc", "vfs_inode") - member_offset("struct socket_alloc", "socket")


def inode_socket(inode: StructResult) -> StructResult | None:
    """Return the ``struct socket`` of a ``struct inode``, None if the inode does not belong to a socket."""
    if not inode or not stat.S_ISSOCK(inode.i_mode) or str(inode.i_sb.s_type.name) != "sockfs":
        return None
    alloc = container_of(inode, "struct socket_alloc", "vfs_inode")
    return readSU("struct socket", Addr(alloc, "socket"))
