# SPDX-License-Identifier: GPL-3.0-or-later
"""routes: routes and policy rules of xportshow."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Section, guarded, item
from pykdump.commands.xport.common import chosen_nets, each_net, made, maker

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from typing import Any

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts

MAIN = 254  # RT_TABLE_MAIN


@dataclass
class NextHop:
    """Where a route leads."""

    gateway: str | None = item("address of the gateway; null: the destination is on the link")
    device: str | None = item("name of the interface")
    weight: int = item("share of the packets, relative to the other ways")
    flags: tuple[str, ...] = item("dead, linkdown, onlink and so on")

    def __str__(self) -> str:
        words = [f"via {self.gateway}"] if self.gateway else []
        words += [f"dev {self.device}"] if self.device else []
        return " ".join([*words, *self.flags])


@dataclass
class Route:
    """A route of IPv4 or IPv6."""

    family: int = item("4 or 6")
    table: str = item("main, local, default or a number")
    type: str = item("unicast, local, blackhole and so on")
    destination: str = item("address of the destination")
    prefix_length: int = item("bits that the destination fixes", unit="bits")
    source: str | None = item("IPv6: source addresses that it is for; null: all")
    tos: int = item("type of service that it is for, 0: any")
    protocol: str = item("who made it: kernel, static, dhcp and so on")
    scope: str = item("how far the destination is: global, link, host")
    metric: int = item("its priority: a lower one is preferred")
    preferred_source: str | None = item("source address of packets")
    mtu: int | None = item("MTU that it sets", unit="bytes")
    advertised_mss: int | None = item("MSS that it sets", unit="bytes")
    expires: float | None = item("until it ends; null: never", unit="s")
    nexthop_id: int | None = item("number of its nexthop object")
    nexthops: tuple[NextHop, ...] = item("where it leads")
    address: int = item("struct fib_alias * or struct fib6_info *", unit="address")
    net: int = item("struct net *", unit="address")

    @property
    def target(self) -> str:
        """Destination and prefix, as ip(8) writes it."""
        if not self.prefix_length:
            return "default"
        whole = self.prefix_length == (32 if self.family == 4 else 128)
        return self.destination if whole else f"{self.destination}/{self.prefix_length}"

    @property
    def ways(self) -> str:
        """Where it leads, in one line."""
        if len(self.nexthops) == 1:
            return str(self.nexthops[0])
        return ", ".join(f"{way} weight {way.weight}" for way in self.nexthops)

    @property
    def rest(self) -> str:
        """What only some routes have."""
        named = (
            ("src", self.preferred_source), ("from", self.source), ("tos", hex(self.tos) if self.tos else None),
            ("mtu", self.mtu), ("advmss", self.advertised_mss), ("nhid", self.nexthop_id),
            ("expires", None if self.expires is None else f"{self.expires:.0f} s"),
        )  # fmt: skip
        return " ".join(f"{name} {value}" for name, value in named if value is not None)


@dataclass
class Rule:
    """A policy rule: which packets use which table. Null, 0 and empty mean no condition."""

    family: int = item("4 or 6")
    preference: int = item("its place: the lowest number is asked first")
    inverted: bool = item("it is for the packets that the conditions do not describe")
    source: str | None = item("addresses that packets come from")
    destination: str | None = item("addresses that packets go to")
    input_interface: str | None = item("interface that packets come from")
    output_interface: str | None = item("interface that a socket is bound to")
    mark: int | None = item("mark of packets")
    mark_mask: int | None = item("bits of the mark that count")
    tos: int = item("type of service")
    ip_protocol: int = item("number of the protocol")
    source_ports: tuple[int, ...] = item("first and last port")
    destination_ports: tuple[int, ...] = item("first and last port")
    uids: tuple[int, ...] = item("first and last user ID")
    l3mdev: bool = item("the table is that of the packet's VRF")
    action: str = item("to_tbl, goto, blackhole and so on")
    table: str | None = item("table that it leads to")
    target: int | None = item("preference of the rule that a goto leads to")
    suppressed_prefix_length: int | None = item("routes with so many bits or fewer do not count", unit="bits")
    protocol: str = item("who made it")
    address: int = item("struct fib_rule *", unit="address")
    net: int = item("struct net *", unit="address")


@dataclass
class RouteException:
    """What a redirect or a too large packet has taught about one destination."""

    destination: str = item("address")
    gateway: str | None = item("gateway to use instead; null: unchanged")
    path_mtu: int | None = item("MTU of the path; null: that of the route", unit="bytes")
    expires: float | None = item("until it is forgotten; null: never", unit="s")
    device: str | None = item("interface of the route")
    address: int = item("struct fib_nh_exception * or struct rt6_exception *", unit="address")
    net: int = item("struct net *", unit="address")


def routes(options: argparse.Namespace) -> Iterator[object]:
    """Yield the routes of the main tables; with -v, of all tables, and the policy rules."""
    from pykdump.linux.inet.routing.routes4 import routes4
    from pykdump.linux.inet.routing.routes6 import routes6
    from pykdump.linux.inet.routing.rules import rules

    table = None if options.verbose else MAIN

    def of_net(net: StructResult) -> Iterator[object]:
        record = _route_maker(net)
        yield from made("the route at", routes4(net, table), record)
        yield from guarded("IPv6 routes", lambda: made("the route at", routes6(net, table), record))
        if options.verbose:
            yield Section("Policy rules")
            make: Callable[..., object] = maker(Rule, "net")
            yield from guarded("policy rules", lambda: made("the rule at", rules(net), lambda r: make(r, int(net))))

    return each_net(chosen_nets(options), of_net)


def _route_maker(net: StructResult) -> Callable[[Any], object]:
    make: Callable[..., object] = maker(Route, "nexthops", "net")
    way = maker(NextHop)
    return lambda view: make(view, tuple(map(way, view.nexthops)), int(net))


def exceptions(options: argparse.Namespace) -> Iterator[object]:
    """Yield the exceptions of IPv4 and IPv6 routes: what is left of the cache of routes that old kernels had."""
    from pykdump.linux.inet.routing.exceptions import exceptions4, exceptions6

    make: Callable[..., object] = maker(RouteException, "net")

    def of_net(net: StructResult) -> Iterator[object]:
        for find in (exceptions4, exceptions6):
            yield from guarded(
                "exceptions", lambda f=find: made("the exception at", f(net), lambda v: make(v, int(net)))
            )

    return each_net(chosen_nets(options), of_net)


def rule_lines(rule: Rule) -> Iterator[str]:
    """Return a rule in one line, as ip(8) writes it."""
    words = [f"{rule.preference}:", "not" if rule.inverted else "", f"from {rule.source or 'all'}"]
    named = (
        ("to", rule.destination), ("tos", hex(rule.tos) if rule.tos else None),
        ("fwmark", None if rule.mark is None else f"{rule.mark:#x}/{rule.mark_mask:#x}"),
        ("iif", rule.input_interface), ("oif", rule.output_interface), ("ipproto", rule.ip_protocol or None),
        ("sport", _range(rule.source_ports)), ("dport", _range(rule.destination_ports)),
        ("uidrange", _range(rule.uids)), ("lookup", "[l3mdev-table]" if rule.l3mdev else rule.table),
        ("suppress_prefixlength", rule.suppressed_prefix_length), ("goto", rule.target),
    )  # fmt: skip
    words += [f"{name} {value}" for name, value in named if value is not None]
    words += [] if rule.action in ("to_tbl", "goto") else [rule.action]
    yield " ".join(filter(None, words)) + ("" if rule.family == 4 else "  (IPv6)")


def _range(numbers: tuple[int, ...]) -> str | None:
    return "-".join(map(str, dict.fromkeys(numbers))) if numbers else None


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options: xportshow has them."""


TABLES: Layouts = {
    Route: (
        Column("TABLE", "table", left=True),
        Column("TYPE", "type", left=True),
        Column("DESTINATION", "target", left=True),
        Column("WAY", "ways", left=True),
        Column("PROTO", "protocol", left=True),
        Column("SCOPE", "scope", left=True),
        Column("METRIC", "metric"),
        Column("", "rest", left=True),
    ),
    Rule: rule_lines,
    RouteException: (
        Column("DESTINATION", "destination", left=True),
        Column("GATEWAY", "gateway", left=True),
        Column("PATH-MTU", "path_mtu"),
        Column("EXPIRES", "expires"),
        Column("DEV", "device", left=True),
    ),
}
COMMAND = Command(__doc__, add_options, routes, TABLES)
