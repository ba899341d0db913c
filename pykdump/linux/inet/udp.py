# SPDX-License-Identifier: GPL-3.0-or-later
"""UDP, UDP-Lite, raw and ping sockets."""

from __future__ import annotations

from crash import readSU

from pykdump.linux.inet.sock import InternetSocket
from pykdump.linux.inet.tables import ping_sockets, raw_sockets, udp_sockets, udp_tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crash import StructResult


class UdpSocket(InternetSocket):
    """A ``struct udp_sock``."""

    protocol = "udp"

    def __init__(self, address: int) -> None:
        super().__init__(address)
        self.udp: StructResult = readSU("struct udp_sock", self.address)

    @property
    def receive_queue(self) -> int:
        """Memory of what nobody has read: udp_rqueue_get()."""
        # Commit 6b229cf77d68 ("udp: add batching to udp_rmem_release()", v4.13): freed memory is given back later.
        return self.receive_memory - int(self.udp.forward_deficit)

    @property
    def pending(self) -> int:
        """Bytes that a process holds back with MSG_MORE or UDP_CORK."""
        return int(self.udp.len) if self.udp.pending else 0


class UdpLiteSocket(UdpSocket):
    """A ``struct udp_sock`` of UDP-Lite."""

    protocol = "udplite"


class RawSocket(InternetSocket):
    """A ``struct raw_sock``. Its local_port is the number of its protocol."""

    protocol = "raw"
    pending = 0


class PingSocket(InternetSocket):
    """A ``struct inet_sock`` for ICMP echoes without privileges. Its local_port is the identifier of its packets."""

    protocol = "ping"
    pending = 0


def udp(nets: Iterable[StructResult] | None = None) -> Iterator[UdpSocket]:
    """Yield a view of each UDP socket, of all namespaces that share a table. ``nets`` (``struct net``): default all."""
    for table in udp_tables("udp_table", nets):
        for address in udp_sockets(table):
            yield UdpSocket(address)


def udplite() -> Iterator[UdpLiteSocket]:
    """Yield a view of each UDP-Lite socket of all namespaces; nothing on a kernel without UDP-Lite."""
    for table in udp_tables("udplite_table"):
        for address in udp_sockets(table):
            yield UdpLiteSocket(address)


def raw() -> Iterator[RawSocket]:
    """Yield a view of each raw socket of IPv4 and IPv6, of all namespaces."""
    for symbol in ("raw_v4_hashinfo", "raw_v6_hashinfo"):
        for address in raw_sockets(symbol):
            yield RawSocket(address)


def ping() -> Iterator[PingSocket]:
    """Yield a view of each ping socket of all namespaces."""
    for address in ping_sockets():
        yield PingSocket(address)
