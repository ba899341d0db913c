# SPDX-License-Identifier: GPL-3.0-or-later
"""netfilter: hook functions, tables and chains of nf_tables, and the number of tracked connections, for xportshow."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, Section, guarded, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.commands.xport.common import chosen_nets, each_net, made, maker

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts


@dataclass
class NetfilterHook:
    """A function that packets pass."""

    family: str = item("ip, ip6, arp, bridge or netdev")
    hook: str = item("place: prerouting, input, forward, output, postrouting, ingress, egress")
    device: str | None = item("interface of a hook of family netdev")
    priority: int = item("its order: the lowest number comes first")
    function: str = item("name of the function")
    module: str | None = item("module of the function; null: the kernel")
    address: int = item("struct nf_hook_ops *", unit="address")
    net: int = item("struct net *", unit="address")


@dataclass
class NftTable:
    """A table of nf_tables."""

    family: str = item("inet, ip, ip6, arp, bridge or netdev")
    name: str = item("its name")
    handle: int = item("its number")
    dormant: bool = item("it is switched off")
    sets: tuple[str, ...] = item("names of its sets and maps")
    address: int = item("struct nft_table *", unit="address")
    net: int = item("struct net *", unit="address")


@dataclass
class NftChain:
    """A chain of nf_tables. Only a base chain has a type, a hook, a priority and a policy."""

    family: str = item("family of its table")
    table: str = item("name of its table")
    name: str = item("its name")
    handle: int = item("its number")
    type: str | None = item("filter, nat or route")
    hook: str | None = item("where packets come into it")
    priority: int | None = item("its order: the lowest number comes first")
    policy: str | None = item("what becomes of a packet that no rule decides: accept or drop")
    rules: int = item("number of its rules")
    address: int = item("struct nft_chain *", unit="address")
    net: int = item("struct net *", unit="address")


@dataclass
class TrackedConnections:
    """The number of connections that conntrack follows."""

    tracked: int = item("connections")
    limit: int = item("connections that are allowed; 0: no limit")
    net: int = item("struct net *", unit="address")


def netfilter(options: argparse.Namespace) -> Iterator[object]:
    """Yield hooks, tables, chains and the number of tracked connections."""
    return each_net(chosen_nets(options), _of_net)


def _of_net(net: StructResult) -> Iterator[object]:
    from pykdump.linux.inet import netfilter as found

    yield Section("Netfilter hooks")
    hook: Callable[..., object] = maker(NetfilterHook, "net")
    yield from guarded("hooks", lambda: made("the hook at", found.hooks(net), lambda view: hook(view, int(net))))
    yield Section("nf_tables")
    yield from guarded("nf_tables", _nft, net)
    yield from guarded("tracked connections", _tracked, net)


def _nft(net: StructResult) -> Iterator[object]:
    from pykdump.linux.inet import netfilter as found

    table_record: Callable[..., object] = maker(NftTable, "net")
    chain_record: Callable[..., object] = maker(NftChain, "net")
    chains: list[object] = []
    for table in found.nft_tables(net):
        try:
            yield table_record(table, int(net))
            chains += made("the chain at", table.chains, lambda view: chain_record(view, int(net)))
        except UNREADABLE as problem:
            yield Problem(f"the table at {table.address:#x}", reason_of(problem))
    yield from chains


def _tracked(net: StructResult) -> Iterator[object]:
    from pykdump.linux.inet.netfilter import conntrack_counts

    counts = conntrack_counts(net)
    if counts is None:
        return
    tracked, limit = counts
    yield TrackedConnections(tracked, limit, int(net))
    if limit and tracked >= limit:
        text = f"{tracked} connections are tracked, the limit is {limit}: packets of new ones are dropped."
        yield Finding("conntrack-table-full", text, (), (int(net),))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options: xportshow has them."""


TABLES: Layouts = {
    NetfilterHook: (
        Column("FAMILY", "family", left=True),
        Column("HOOK", "hook", left=True),
        Column("DEV", "device", left=True),
        Column("PRIORITY", "priority"),
        Column("FUNCTION", "function", left=True),
        Column("MODULE", "module", left=True),
    ),
    NftTable: (
        Column("FAMILY", "family", left=True),
        Column("TABLE", "name", left=True),
        Column("HANDLE", "handle"),
        Column("DORMANT", "dormant"),
        Column("SETS", "sets", left=True, show=",".join),
    ),
    NftChain: (
        Column("FAMILY", "family", left=True),
        Column("TABLE", "table", left=True),
        Column("CHAIN", "name", left=True),
        Column("TYPE", "type", left=True),
        Column("HOOK", "hook", left=True),
        Column("PRIORITY", "priority"),
        Column("POLICY", "policy", left=True),
        Column("RULES", "rules"),
    ),
    TrackedConnections: lambda record: (f"{record.tracked} connections are tracked, {record.limit} are allowed",),
}
COMMAND = Command(__doc__, add_options, netfilter, TABLES)
