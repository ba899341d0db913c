# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets of the dump: TCP, UDP, raw and UNIX; names of families, protocols and states."""

from __future__ import annotations

from crash import Addr, error, member_offset, readmem, readSU

from pykdump.c_constants import CDefine, CEnum
from pykdump.linux.inet import get_ns_net, ntodots, ntodots6, ntohs, socket_inode
from pykdump.linux.inet.tables import (
    SOCK_COMMON,
    raw_sockets,
    tcp_connections,
    tcp_listeners,
    tcp_tables,
    udp_sockets,
    udp_tables,
    unix_sockets,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from crash import StructResult

P_FAMILIES = CDefine("""
#define PF_UNSPEC 0
#define PF_LOCAL 1
#define PF_UNIX 1
#define PF_FILE 1
#define PF_INET 2
#define PF_AX25 3
#define PF_IPX 4
#define PF_APPLETALK 5
#define PF_NETROM 6
#define PF_BRIDGE 7
#define PF_ATMPVC 8
#define PF_X25 9
#define PF_INET6 10
#define PF_ROSE 11
#define PF_DECnet 12
#define PF_NETBEUI 13
#define PF_SECURITY 14
#define PF_KEY 15
#define PF_NETLINK 16
#define PF_ROUTE 16
#define PF_PACKET 17
#define PF_ASH 18
#define PF_ECONET 19
#define PF_ATMSVC 20
#define PF_RDS 21
#define PF_SNA 22
#define PF_IRDA 23
#define PF_PPPOX 24
#define PF_WANPIPE 25
#define PF_BLUETOOTH 31
#define PF_VSOCK 40
#define PF_XDP 44
""")

tcpState = CEnum("""enum { TCP_ESTABLISHED = 1, TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1, TCP_FIN_WAIT2,
 TCP_TIME_WAIT, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_LISTEN, TCP_CLOSING, TCP_NEW_SYN_RECV };""")

sockTypes = CEnum("""enum sock_type { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_RDM = 4, SOCK_SEQPACKET = 5,
 SOCK_DCCP = 6, SOCK_PACKET = 10 };""")

PROTONAMES = {
    1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 50: "esp", 51: "ah", 58: "icmpv6", 132: "sctp", 136: "udplite",
    262: "mptcp",
}  # fmt: skip
PF_INET, PF_INET6 = 2, 10
TCP_TIME_WAIT, TCP_NEW_SYN_RECV = 6, 12


def protoName(proto: int) -> str:
    """Return the name of an IP protocol: "tcp". An unknown one gives "proto=47"."""
    return PROTONAMES.get(proto, f"proto={proto}")


class IP_sock:
    """An IPv4 or IPv6 socket.

    It has the attributes family, protocol, sktype, state, inode, net (``struct net``), and src, dst, sport, dport. The
    ports are in the byte order of the host; src and dst are a ``__be32`` or a ``struct in6_addr``. All other
    attributes are members of the struct. Raises TypeError for a socket of another family.
    """

    def __init__(self, o: StructResult, details: bool = False) -> None:
        self.sock = o
        common = readSU("struct sock_common", int(o))
        self.family, self.state = int(common.skc_family), int(common.skc_state)
        if self.family not in (PF_INET, PF_INET6):
            raise TypeError(f"family={self.family} o={o}")
        v6 = self.family == PF_INET6
        self.src = common.skc_v6_rcv_saddr if v6 else common.skc_rcv_saddr
        self.dst = common.skc_v6_daddr if v6 else common.skc_daddr
        self.sport, self.dport = int(common.skc_num), ntohs(common.skc_dport)
        self.net = common.skc_net.net
        full = self.state not in (TCP_TIME_WAIT, TCP_NEW_SYN_RECV)  # then the struct is smaller than struct sock
        sock = readSU("struct sock", int(o))
        self.protocol = int(sock.sk_protocol) if full else 6
        self.sktype = int(sock.sk_type) if full else 1
        self.inode = socket_inode(sock) if full else 0
        if self.state == TCP_NEW_SYN_RECV:
            self.sport = int(common.skc_num) or ntohs(readSU("struct inet_request_sock", int(o)).ir_num)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def wrongNameSpace(self) -> bool:
        """Return whether the socket belongs to another network namespace than get_ns_net()."""
        return int(self.net) != int(get_ns_net())

    def __str__(self) -> str:
        name = "raw" if self.sktype == sockTypes.SOCK_RAW else protoName(self.protocol)
        name += "6" if self.family == PF_INET6 else ""
        state = " " + tcpState[self.state][4:] if self.protocol == 6 else f"st={self.state}"
        if self.protocol != 6 and self.state == tcpState.TCP_ESTABLISHED:
            state = "ESTABLISHED"
        return f"{name:<5} {self.address(self.src, self.sport)}{self.address(self.dst, self.dport)}{state}"

    def address(self, ip: Any, port: int) -> str:
        """Return address and port as "10.0.0.1:22", padded for a table. Port 0 is "*"."""
        text = ntodots6(ip) if self.family == PF_INET6 else ntodots(ip)
        return f"{text}:{port or '*'}".ljust(27)


def decodeSock(sock: StructResult) -> tuple[int, int, str, bool]:
    """Return (family, type, name of the protocol, whether it is IPv4 or IPv6) of a ``struct sock`` or a larger one.

    If the socket cannot be read, the family is -1.
    """
    try:
        common = readSU("struct sock_common", int(sock))
        family, protocol = int(common.skc_family), common.skc_prot
        name = str(protocol.name) if protocol else "???"
        kind = int(readSU("struct sock", int(sock)).sk_type)
        return family, kind, name, family in (PF_INET, PF_INET6)
    except (error, IndexError):
        return -1, sockTypes.SOCK_STREAM, "CORRUPTED", False


def format_sockaddr_in(sin: StructResult) -> str:
    """Return a ``struct sockaddr_in`` as "10.0.0.1:22". Raises TypeError for another family than IPv4."""
    if int(sin.sin_family) != PF_INET:
        raise TypeError(f"family={int(sin.sin_family)} o={sin}")
    return f"{ntodots(int(sin.sin_addr.s_addr))}:{ntohs(int(sin.sin_port))}"


def get_TCP_LISTEN() -> Iterator[StructResult]:
    """Yield the ``struct tcp_sock`` of each listening socket, of all namespaces that share the table."""
    for info in tcp_tables([get_ns_net()]):
        for address in tcp_listeners(info):
            yield readSU("struct tcp_sock", address)


def get_TCP_ESTABLISHED() -> Iterator[tuple[StructResult, str]]:
    """Yield (struct, kind) of each TCP socket that does not listen.

    The kinds are "tcp" (``struct tcp_sock``), "tw" (TIME_WAIT, ``struct tcp_timewait_sock``) and "rqs" (a connection
    request, ``struct request_sock``).
    """
    kinds = {TCP_TIME_WAIT: ("struct tcp_timewait_sock", "tw"), TCP_NEW_SYN_RECV: ("struct request_sock", "rqs")}
    for info in tcp_tables([get_ns_net()]):
        for address in tcp_connections(info):
            struct, kind = kinds.get(int(readSU(SOCK_COMMON, address).skc_state), ("struct tcp_sock", "tcp"))
            yield readSU(struct, address), kind


def get_TCP_TIMEWAIT() -> list[StructResult]:
    """Return []: since v3.13 get_TCP_ESTABLISHED() yields the TIME_WAIT sockets. Old programs call this function."""
    return []


def get_UDP() -> Iterator[StructResult]:
    """Yield the ``struct udp_sock`` of each UDP socket of IPv4 and IPv6."""
    for table in udp_tables(nets=[get_ns_net()]):
        for address in udp_sockets(table):
            yield readSU("struct udp_sock", address)


def get_RAW() -> Iterator[StructResult]:
    """Yield the ``struct inet_sock`` of each raw IPv4 socket."""
    return (readSU("struct inet_sock", address) for address in raw_sockets("raw_v4_hashinfo"))


def get_RAW6() -> Iterator[StructResult]:
    """Yield the ``struct inet_sock`` of each raw IPv6 socket."""
    return (readSU("struct inet_sock", address) for address in raw_sockets("raw_v6_hashinfo"))


def get_AF_UNIX() -> Iterator[StructResult]:
    """Yield the ``struct unix_sock`` of each UNIX socket in get_ns_net(); before v6.0, in all namespaces."""
    return (readSU("struct unix_sock", address) for address in unix_sockets(get_ns_net()))


def unix_sock(s: StructResult) -> tuple[int, int, str]:
    """Return (state, inode number, path) of a ``struct unix_sock``. An abstract name begins with "@"."""
    sock = s.sk
    path = ""
    if s.addr:
        family = member_offset("struct sockaddr_un", "sun_path")
        raw = readmem(Addr(s.addr, "name") + family, int(s.addr.len) - family)
        # A path ends at its NUL. An abstract name begins with NUL and may have more of them; /proc shows each as @.
        text = b"@" + raw[1:].replace(b"\0", b"@") if raw[:1] == b"\0" else raw.split(b"\0")[0]
        path = text.decode("utf-8", "backslashreplace")
    return int(sock.__sk_common.skc_state), socket_inode(sock), path
