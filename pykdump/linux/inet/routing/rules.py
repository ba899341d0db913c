# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy rules: which packets use which routing table."""

from __future__ import annotations

from crash import Addr, MissingMember, container_of

from pykdump.linux.inet import ntodots
from pykdump.linux.inet.routing.names import ACTIONS, PROTOCOLS, TABLES, named
from pykdump.linux.inet.sock import AF_INET, AF_INET6, address6
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

FIB_RULE_INVERT = 2  # include/uapi/linux/fib_rules.h
NO_UID = 0xFFFFFFFF


class Rule:
    """A ``struct fib_rule`` with what IPv4 or IPv6 adds to it. None means: no condition."""

    def __init__(self, rule: StructResult, family: int) -> None:
        self.rule = rule
        self.address = int(rule)
        self.family = 6 if family == AF_INET6 else 4
        kind = "struct fib6_rule" if family == AF_INET6 else "struct fib4_rule"
        self.own: StructResult = container_of(rule, kind, "common")

    @property
    def preference(self) -> int:
        """Its place: the rule with the lowest number is asked first."""
        return int(self.rule.pref)

    @property
    def action(self) -> str:
        """ "to_tbl", "goto", "blackhole" and so on."""
        return named(ACTIONS, self.rule.action)

    @property
    def table(self) -> str | None:
        """The table that it leads to, None for another action."""
        return named(TABLES, self.rule.table) if self.rule.action == 1 and self.rule.table else None

    @property
    def target(self) -> int | None:
        """The preference of the rule that a "goto" leads to."""
        return int(self.rule.target) if self.rule.action == 2 else None

    @property
    def inverted(self) -> bool:
        """Whether it is for all packets that the conditions do not describe."""
        return bool(int(self.rule.flags) & FIB_RULE_INVERT)

    @property
    def source(self) -> str | None:
        """The addresses that packets come from: "10.0.0.0/8"."""
        return self._prefix("src")

    @property
    def destination(self) -> str | None:
        """The addresses that packets go to."""
        return self._prefix("dst")

    def _prefix(self, name: str) -> str | None:
        if self.family == 6:
            key = getattr(self.own, name)
            return f"{address6(key.addr)}/{int(key.plen)}" if key.plen else None
        length = int(getattr(self.own, f"{name}_len"))
        return f"{ntodots(int(getattr(self.own, name)))}/{length}" if length else None

    @property
    def input_interface(self) -> str | None:
        """The interface that packets come from."""
        return str(self.rule.iifname) or None

    @property
    def output_interface(self) -> str | None:
        """The interface that a socket is bound to."""
        return str(self.rule.oifname) or None

    @property
    def mark(self) -> int | None:
        """The mark of packets."""
        return int(self.rule.mark) if self.rule.mark_mask else None

    @property
    def mark_mask(self) -> int | None:
        """The bits of the mark that count."""
        return int(self.rule.mark_mask) or None

    @property
    def tos(self) -> int:
        """The type of service, 0 for any."""
        # Commit 563f8e97e054 ("ipv4: Stop taking ECN bits into account in fib4-rules", v5.18), a410a0cf9885 for IPv6.
        try:
            return int(self.own.dscp)
        except MissingMember:
            return int(self.own.tos if self.family == 4 else self.own.tclass)

    @property
    def ip_protocol(self) -> int:
        """The number of the protocol, 0 for any."""
        return int(self.rule.ip_proto)

    @property
    def source_ports(self) -> tuple[int, ...]:
        """First and last port; empty for any."""
        return _range(self.rule.sport_range)

    @property
    def destination_ports(self) -> tuple[int, ...]:
        """First and last port; empty for any."""
        return _range(self.rule.dport_range)

    @property
    def uids(self) -> tuple[int, ...]:
        """First and last user ID; empty for any."""
        first, last = int(self.rule.uid_range.start.val), int(self.rule.uid_range.end.val)
        return () if (first, last) == (0, NO_UID) or NO_UID in (first, last) else (first, last)

    @property
    def suppressed_prefix_length(self) -> int | None:
        """Routes with a prefix of so many bits or fewer do not count."""
        length = int(self.rule.suppress_prefixlen)
        return None if length < 0 else length

    @property
    def l3mdev(self) -> bool:
        """Whether the table is that of the VRF of the packet."""
        return bool(self.rule.l3mdev)

    @property
    def protocol(self) -> str:
        """Who made it."""
        return named(PROTOCOLS, self.rule.proto)


def _range(ports: StructResult) -> tuple[int, ...]:
    first, last = int(ports.start), int(ports.end)
    return (first, last) if first or last else ()


def rules(net: StructResult) -> Iterator[Rule]:
    """Yield a view of each rule of IPv4 and IPv6 of a ``struct net``, in the order in which they are asked."""
    for ops in readSUListFromHead(Addr(net, "rules_ops"), "list", "struct fib_rules_ops"):
        if ops.family in (AF_INET, AF_INET6):
            for rule in readSUListFromHead(Addr(ops, "rules_list"), "list", "struct fib_rule"):
                yield Rule(rule, int(ops.family))
