# SPDX-License-Identifier: GPL-3.0-or-later
"""UNIX sockets."""

from __future__ import annotations

from crash import Addr, MissingMember, member_offset, readSU

from pykdump.linux.inet import get_net_namespace_list, socket_inode
from pykdump.linux.inet.skbuff import queued
from pykdump.linux.inet.sock import Socket
from pykdump.linux.inet.sockets import unix_sock
from pykdump.linux.inet.tables import unix_sockets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crash import StructResult

STREAM, DGRAM, SEQPACKET = 1, 2, 5
LISTEN, ESTABLISHED = 10, 1


class UnixSocket(Socket):
    """A ``struct unix_sock``."""

    def __init__(self, address: int) -> None:
        super().__init__(address)
        self.unix: StructResult = readSU("struct unix_sock", self.address)
        self.listens = self.common.skc_state == LISTEN

    @property
    def path(self) -> str:
        """Its name; "@…" for an abstract one, "" for none."""
        return unix_sock(self.unix)[2]

    @property
    def peer(self) -> int:
        """The address of the ``struct unix_sock`` that it is connected to, 0 for none."""
        return int(self.unix.peer)

    @property
    def peer_inode(self) -> int:
        """The number of its peer's inode, 0 for none."""
        return socket_inode(readSU("struct sock", self.peer)) if self.peer else 0

    @property
    def receive_queue(self) -> int:
        """Bytes to read: all of a stream, the first packet of a dgram socket. A listener: connections that wait.

        These are the numbers of unix_inq_len() in net/unix/af_unix.c and of ss.
        """
        if self.listens:
            return int(self.sock.sk_receive_queue.qlen)
        total = 0
        for skb in queued(self.sock.sk_receive_queue):
            if self.sock.sk_type == DGRAM:
                return int(skb.len)
            total += int(skb.len) - _consumed(skb)
        return total

    @property
    def send_queue(self) -> int:
        """Memory of what the peer has not read. A listener: how many connections may wait."""
        return int(self.sock.sk_max_ack_backlog) if self.listens else self.send_memory

    @property
    def packets(self) -> int:
        """The number of packets in its receive queue."""
        return int(self.sock.sk_receive_queue.qlen)

    @property
    def accept_queue(self) -> int | None:
        """A listener: the number of connections that wait for accept()."""
        return self.packets if self.listens else None

    @property
    def accept_limit(self) -> int | None:
        """A listener: how many may wait; one above it is still taken."""
        return int(self.sock.sk_max_ack_backlog) if self.listens else None


def _consumed(skb: StructResult) -> int:
    """Return how many bytes of a packet were read: UNIXCB(skb).consumed."""
    parameters = readSU("struct unix_skb_parms", Addr(skb, "cb"))
    try:
        return int(parameters.consumed)
    except MissingMember:
        return 0


def unix(nets: Iterable[StructResult] | None = None) -> Iterator[UnixSocket]:
    """Yield a view of each UNIX socket. ``nets`` are the ``struct net`` whose sockets are wanted, by default all."""
    chosen = get_net_namespace_list() if nets is None else list(nets)
    # Before v6.0 there was one table for all (commit b6e811383062).
    if member_offset("struct net", "unx.table") < 0:
        chosen = chosen[:1]
    for net in chosen:
        for address in unix_sockets(net):
            yield UnixSocket(address)
