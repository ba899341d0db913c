# SPDX-License-Identifier: GPL-3.0-or-later
"""Netlink sockets."""

from __future__ import annotations

from crash import readPtr, readSU, struct_size, sym2addr

from pykdump.linux.inet.sock import Socket
from pykdump.linux.rhashtable import for_all_rhashtable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_LINKS = 32  # include/uapi/linux/netlink.h
# include/uapi/linux/netlink.h
PROTOCOLS = {
    0: "route", 2: "usersock", 3: "firewall", 4: "sock_diag", 5: "nflog", 6: "xfrm", 7: "selinux", 8: "iscsi",
    9: "audit", 10: "fib_lookup", 11: "connector", 12: "netfilter", 13: "ip6_fw", 14: "dnrtmsg", 15: "uevent",
    16: "generic", 18: "scsitransport", 19: "ecryptfs", 20: "rdma", 21: "crypto", 22: "smc",
}  # fmt: skip


class NetlinkSocket(Socket):
    """A ``struct netlink_sock``."""

    def __init__(self, address: int) -> None:
        super().__init__(address)
        self.netlink: StructResult = readSU("struct netlink_sock", self.address)

    @property
    def protocol(self) -> str:
        """ "route", "audit" and so on; the number if it has no name."""
        return PROTOCOLS.get(self.protocol_number, str(self.protocol_number))

    @property
    def port(self) -> int:
        """Its address: ``u32 portid``, often the PID of the process; 0 for the kernel's own socket."""
        return int(self.netlink.portid)

    @property
    def groups(self) -> int:
        """The first 32 multicast groups that it listens to, one bit each."""
        return int(self.netlink.groups[0]) & 0xFFFFFFFF if self.netlink.groups else 0

    @property
    def dumping(self) -> bool:
        """Whether an answer of many messages is under way."""
        return bool(self.netlink.cb_running)


def netlink() -> Iterator[NetlinkSocket]:
    """Yield a view of each netlink socket of all namespaces, in the order of the protocols."""
    table, size = readPtr(sym2addr("nl_table")), struct_size("struct netlink_table")
    for number in range(MAX_LINKS):
        hash_table = readSU("struct netlink_table", table + number * size).hash
        for sock in for_all_rhashtable(hash_table, "struct netlink_sock", "node"):
            yield NetlinkSocket(int(sock))
