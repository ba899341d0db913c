# SPDX-License-Identifier: GPL-3.0-or-later
"""VSOCK sockets, between a virtual machine and its host. They exist if the module vsock is loaded."""

from __future__ import annotations

from crash import readSU, sym2addr

from pykdump.linux.inet.sock import Socket
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

VSOCK_HASH_SIZE = 251  # net/vmw_vsock/af_vsock.c
LIST_HEAD_SIZE = 16
MAX_SOCKETS = 1_000_000
VSOCK_SOCK = "struct vsock_sock"


class VsockSocket(Socket):
    """A ``struct vsock_sock``. A CID or port of 4294967295 means any."""

    def __init__(self, address: int) -> None:
        super().__init__(address)
        self.vsock: StructResult = readSU(VSOCK_SOCK, self.address)

    @property
    def local_cid(self) -> int:
        """The CID of its own machine."""
        return int(self.vsock.local_addr.svm_cid)

    @property
    def local_port(self) -> int:
        """Its port."""
        return int(self.vsock.local_addr.svm_port)

    @property
    def remote_cid(self) -> int:
        """The CID of the other machine."""
        return int(self.vsock.remote_addr.svm_cid)

    @property
    def remote_port(self) -> int:
        """The port of the other side."""
        return int(self.vsock.remote_addr.svm_port)

    @property
    def accept_queue(self) -> int | None:
        """A listener: the number of connections that wait for accept()."""
        return int(self.sock.sk_ack_backlog) if self.state == "LISTEN" else None

    @property
    def accept_limit(self) -> int | None:
        """A listener: how many may wait."""
        return int(self.sock.sk_max_ack_backlog) if self.state == "LISTEN" else None


def vsock() -> Iterator[VsockSocket]:
    """Yield a view of each VSOCK socket, those with a port first. Each comes once."""
    seen = set()
    # The last list of the first table has the sockets without a port (vsock_unbound_sockets).
    for symbol, member, count in (
        ("vsock_bind_table", "bound_table", VSOCK_HASH_SIZE + 1),
        ("vsock_connected_table", "connected_table", VSOCK_HASH_SIZE),
    ):
        start = sym2addr(symbol)
        for number in range(count if start else 0):
            head = start + number * LIST_HEAD_SIZE
            for sock in readSUListFromHead(head, member, VSOCK_SOCK, maxel=MAX_SOCKETS):
                if int(sock) not in seen:
                    seen.add(int(sock))
                    yield VsockSocket(int(sock))
