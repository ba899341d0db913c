# SPDX-License-Identifier: GPL-3.0-or-later
"""neighbours: the hardware addresses that ARP and NDISC have found, for xportshow --arp."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, item
from pykdump.commands.xport.common import chosen_nets, each_net, made, maker, rounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts


@dataclass
class Neighbour:
    """A neighbour, or an address that this machine answers for (state PROXY)."""

    family: int = item("4 or 6")
    destination: str = item("IP address")
    device: str | None = item("name of the interface; null: all")
    hardware_address: str | None = item("hardware address; null: not known")
    state: str = item("REACHABLE, STALE, FAILED, PERMANENT and so on")
    flags: tuple[str, ...] = item("router, extern_learn and so on")
    protocol: str = item("who made it")
    used_seconds_ago: float | None = item("since it was used", unit="s")
    confirmed_seconds_ago: float | None = item("since the neighbour answered; very long: never", unit="s")
    updated_seconds_ago: float | None = item("since its state changed", unit="s")
    probes: int = item("questions without an answer")
    queued: int = item("packets that wait for its hardware address")
    proxy: bool = item("this machine answers for the address")
    address: int = item("struct neighbour * or struct pneigh_entry *", unit="address")
    net: int = item("struct net *", unit="address")


def neighbours(options: argparse.Namespace) -> Iterator[object]:
    """Yield the neighbours, and the addresses that this machine answers for."""
    from pykdump.linux.inet.routing import neighbours as tables

    make: Callable[..., Neighbour] = maker(Neighbour)

    def of_net(net: StructResult) -> Iterator[object]:
        for table in tables.neighbour_tables():
            for found in (tables.neighbours(table), tables.proxies(table)):
                yield from made("the neighbour at", (view for view in found if view.net == int(net)), make)

    yield from each_net(chosen_nets(options), of_net)
    yield from full_tables()


def full_tables() -> Iterator[Finding]:
    """Yield a finding for each table that is full."""
    from pykdump.linux.inet.routing import neighbours as tables

    for table in tables.neighbour_tables():
        if tables.is_full(table):
            text = (
                f"The table {table.id} has {int(table.entries.counter)} entries, its limit is {int(table.gc_thresh3)}."
            )
            yield Finding("neighbour-table-full", text, (), (int(table),))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options: xportshow has them."""


TABLES: Layouts = {
    Neighbour: (
        Column("ADDRESS", "destination", left=True),
        Column("DEV", "device", left=True),
        Column("HARDWARE", "hardware_address", left=True),
        Column("STATE", "state", left=True),
        Column("USED", "used_seconds_ago", show=rounded),
        Column("CONFIRMED", "confirmed_seconds_ago", show=rounded),
        Column("UPDATED", "updated_seconds_ago", show=rounded),
        Column("PROBES", "probes"),
        Column("QUEUED", "queued"),
        Column("FLAGS", "flags", left=True, show=",".join),
    ),
}
COMMAND = Command(__doc__, add_options, neighbours, TABLES)
