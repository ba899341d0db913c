# SPDX-License-Identifier: GPL-3.0-or-later
"""What sockets of all families have in common: class Socket, a view of a ``struct sock``.

A view reads a member when it is asked for it. Each attribute may raise crash.error. Sizes are in bytes.
"""

from __future__ import annotations

import sys

from crash import addr2sym, member_offset, readSU

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.inet import ntodots, ntodots6, ntohs, socket_inode
from pykdump.linux.inet.tables import SOCK_COMMON

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crash import StructResult

AF_INET, AF_INET6 = 2, 10
SOCKET_TYPES = {1: "stream", 2: "dgram", 3: "raw", 4: "rdm", 5: "seqpacket", 6: "dccp", 10: "packet"}
# include/net/tcp_states.h
TCP_STATES = {
    1: "ESTABLISHED",
    2: "SYN_SENT",
    3: "SYN_RECV",
    4: "FIN_WAIT1",
    5: "FIN_WAIT2",
    6: "TIME_WAIT",
    7: "CLOSE",
    8: "CLOSE_WAIT",
    9: "LAST_ACK",
    10: "LISTEN",
    11: "CLOSING",
    12: "SYN_RECV",  # TCP_NEW_SYN_RECV, a request that is no socket yet
}


class Common:
    """A socket, or what is left of it: ``struct sock_common``, with which all of their structs begin."""

    def __init__(self, address: int) -> None:
        self.address = int(address)
        self.common: StructResult = readSU(SOCK_COMMON, self.address)

    @property
    def family(self) -> int:
        """``unsigned short skc_family``: AF_INET and so on."""
        return int(self.common.skc_family)

    @property
    def state(self) -> str:
        """Its state, with the names of TCP, which all families use."""
        number = int(self.common.skc_state)
        return TCP_STATES.get(number, str(number))

    @property
    def net(self) -> int:
        """The address of its ``struct net``."""
        return int(self.common.skc_net.net)

    @property
    def interface(self) -> int:
        """The index of the interface that it is bound to, 0 if it is bound to none."""
        return int(self.common.skc_bound_dev_if)

    @property
    def references(self) -> int:
        """``refcount_t skc_refcnt``."""
        return int(self.common.skc_refcnt.refs.counter)


class Socket(Common):
    """A socket of any family. ``address`` is that of its ``struct sock``."""

    def __init__(self, address: int) -> None:
        super().__init__(address)
        self.sock: StructResult = readSU("struct sock", self.address)

    @property
    def type(self) -> str:
        """ "stream", "dgram" and so on."""
        number = int(self.sock.sk_type)
        return SOCKET_TYPES.get(number, str(number))

    @property
    def protocol_number(self) -> int:
        """``u16 sk_protocol``."""
        return int(self.sock.sk_protocol)

    @property
    def socket(self) -> int:
        """The address of its ``struct socket``, 0 if no process and no part of the kernel uses it."""
        return int(self.sock.sk_socket)

    @property
    def inode(self) -> int:
        """The number of its inode, 0 if no process has it open."""
        return socket_inode(self.sock)

    @property
    def uid(self) -> int:
        """The user who owns it, as root sees it."""
        return int(self.sock.sk_uid.val)

    @property
    def receive_memory(self) -> int:
        """Memory of what it has received and nobody has read: sk_rmem_alloc_get()."""
        return int(self.sock.sk_backlog.rmem_alloc.counter)

    @property
    def send_memory(self) -> int:
        """Memory of what it has to send: sk_wmem_alloc_get(), which leaves out the 1 of the socket itself."""
        return int(self.sock.sk_wmem_alloc.refs.counter) - 1

    @property
    def backlog(self) -> int:
        """What came in while a process had the socket locked."""
        return int(self.sock.sk_backlog.len)

    @property
    def receive_buffer(self) -> int:
        """The limit of receive_memory: ``int sk_rcvbuf``."""
        return int(self.sock.sk_rcvbuf)

    @property
    def send_buffer(self) -> int:
        """The limit of send_memory: ``int sk_sndbuf``."""
        return int(self.sock.sk_sndbuf)

    @property
    def drops(self) -> int:
        """The number of packets that it dropped: sk_drops_read()."""
        if has_drop_counters() and self.sock.sk_drop_counters:
            counters = self.sock.sk_drop_counters
            return int(counters.drops0.counter) + int(counters.drops1.counter)
        return int(self.sock.sk_drops.counter)

    @property
    def error(self) -> int:
        """The errno that the next call of a process gets, 0 for none: ``int sk_err``."""
        return int(self.sock.sk_err)

    @property
    def user(self) -> str | None:
        """The function that the kernel's own user of the socket has put into it: "xs_tcp_data_ready"."""
        if not self.sock.sk_user_data:
            return None
        return addr2sym(int(self.sock.sk_data_ready))


class Addresses(Common):
    """The addresses of a socket of IPv4 or IPv6. A port is in the byte order of the host."""

    @property
    def ip_version(self) -> int:
        """4 or 6."""
        return 6 if self.common.skc_family == AF_INET6 else 4

    @property
    def local(self) -> str:
        """Its own address."""
        if self.common.skc_family == AF_INET6:
            return address6(self.common.skc_v6_rcv_saddr)
        return ntodots(self.common.skc_rcv_saddr)

    @property
    def remote(self) -> str:
        """The address of the other side; 0.0.0.0 or :: if it is not connected."""
        if self.common.skc_family == AF_INET6:
            return address6(self.common.skc_v6_daddr)
        return ntodots(self.common.skc_daddr)

    @property
    def local_port(self) -> int:
        """Its port, 0 for none. A raw socket has the number of its protocol here."""
        return int(self.common.skc_num)

    @property
    def remote_port(self) -> int:
        """The port of the other side."""
        return ntohs(int(self.common.skc_dport))


class InternetSocket(Addresses, Socket):
    """A socket of IPv4 or IPv6: ``struct inet_sock``."""

    protocol = "?"

    @property
    def receive_queue(self) -> int:
        """What it has received and nobody has read."""
        return self.receive_memory

    @property
    def send_queue(self) -> int:
        """What it has to send."""
        return self.send_memory


@memoize_cond(CU_LIVE)
def has_drop_counters() -> bool:
    """Return whether UDP and raw sockets may count their drops in two places."""
    # Commit c51613fa276f ("net: add sk->sk_drop_counters", v6.18).
    return member_offset("struct sock", "sk_drop_counters") >= 0


_NO_ADDRESS = bytes(16)


def address6(address: StructResult) -> str:
    """Return a ``struct in6_addr`` as text."""
    words: Any = address.in6_u.u6_addr32
    raw = b"".join(int(word).to_bytes(4, sys.byteorder) for word in words)
    return "::" if raw == _NO_ADDRESS else ntodots6(address)
