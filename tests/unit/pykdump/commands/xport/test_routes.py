# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of routes and rules."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands.xport import routes  # noqa: E402


def route(**given: Any) -> routes.Route:
    values: dict[str, Any] = {field.name: None for field in dataclasses.fields(routes.Route)}
    return routes.Route(**{**values, "family": 4, "tos": 0, "nexthops": (), **given})


@pytest.mark.parametrize(
    ("family", "address", "length", "text"),
    [
        (4, "0.0.0.0", 0, "default"),
        (4, "10.0.0.0", 8, "10.0.0.0/8"),
        (4, "10.0.0.1", 32, "10.0.0.1"),
        (6, "fd00::", 32, "fd00::/32"),
        (6, "fd00::1", 128, "fd00::1"),
    ],
)
def test_destinations(family: int, address: str, length: int, text: str) -> None:
    assert route(family=family, destination=address, prefix_length=length).target == text


def test_ways() -> None:
    one, two = routes.NextHop("10.0.0.254", "eth0", 3, ()), routes.NextHop(None, "eth1", 1, ("linkdown",))
    assert route(nexthops=(one,)).ways == "via 10.0.0.254 dev eth0"
    assert route(nexthops=(one, two)).ways == "via 10.0.0.254 dev eth0 weight 3, dev eth1 linkdown weight 1"
    assert route().ways == ""


def test_what_only_some_routes_have() -> None:
    assert route().rest == ""
    assert (
        route(preferred_source="10.0.0.1", tos=16, mtu=1300, expires=9.7).rest
        == "src 10.0.0.1 tos 0x10 mtu 1300 expires 10 s"
    )


def rule(**given: Any) -> str:
    empty: dict[str, Any] = dict.fromkeys(("source_ports", "destination_ports", "uids"), ())
    values: dict[str, Any] = {field.name: None for field in dataclasses.fields(routes.Rule)}
    values.update(empty, family=4, preference=100, inverted=False, tos=0, ip_protocol=0, l3mdev=False, action="to_tbl")
    (line,) = routes.rule_lines(routes.Rule(**{**values, **given}))
    return line


def test_rules_as_ip_writes_them() -> None:
    assert rule(table="main") == "100: from all lookup main"
    assert rule(inverted=True, source="10.0.0.0/8", mark=16, mark_mask=255, table="5") == (
        "100: not from 10.0.0.0/8 fwmark 0x10/0xff lookup 5"
    )
    assert rule(destination_ports=(80, 90), uids=(5, 5), action="blackhole") == (
        "100: from all dport 80-90 uidrange 5 blackhole"
    )
    assert rule(l3mdev=True, family=6) == "100: from all lookup [l3mdev-table]  (IPv6)"
    assert rule(action="goto", target=300) == "100: from all goto 300"
