# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of IPv6 routes: order, routes with several ways, the entry for nothing, damage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.routing import routes6  # noqa: E402

NOTHING = 0x99


class Struct(int):
    """A struct at this address with these members."""

    nh = fib6_nsiblings = fib6_flags = 0

    def hasField(self, name: str) -> bool:
        return hasattr(self, name)


def struct(address: int, **members: Any) -> Any:
    found = Struct(address)
    for name, value in members.items():
        setattr(found, name, value)
    return found


def test_children_come_before_their_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = {
        1: struct(1, left=2, right=3),
        2: struct(2, left=0, right=0, subtree=4),
        4: struct(4, left=0, right=0),
    }

    def read(name: str, address: int) -> Any:
        if address not in nodes:
            raise fake_crash.CrashError("missing page")
        return nodes[address]

    monkeypatch.setattr(routes6, "readSU", read)
    assert [int(node) for node in routes6._nodes(1)] == [4, 2, 1]


def test_a_loop_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes6, "readSU", lambda name, address: struct(1, left=1, right=0))
    with pytest.raises(fake_crash.CrashError, match="loop"):
        list(routes6._nodes(1))


def test_several_ways_are_one_route(monkeypatch: pytest.MonkeyPatch) -> None:
    last = struct(3, fib6_next=0)
    second = struct(2, fib6_nsiblings=1, fib6_next=last)
    first = struct(1, fib6_nsiblings=1, fib6_next=second)
    monkeypatch.setattr(routes6, "Addr", lambda info, member: int(info))
    monkeypatch.setattr(routes6, "readSUListFromHead", lambda head, *args: [second if head == 1 else first])
    node = struct(9, fn_flags=routes6.RTN_RTINFO, leaf=first)
    assert [route.address for route in routes6._of_node(node, NOTHING)] == [1, 3]


def test_nodes_without_routes_and_the_entry_for_nothing() -> None:
    nothing = struct(NOTHING, fib6_next=0)
    assert list(routes6._of_node(struct(9, fn_flags=0, leaf=nothing), NOTHING)) == []
    assert list(routes6._of_node(struct(9, fn_flags=4, leaf=nothing), NOTHING)) == []


def test_a_route_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes6, "seconds_until", lambda expiry: expiry / 250)
    assert routes6.Route6(struct(1, fib6_flags=routes6.RTF_EXPIRES, expires=500)).expires == 2.0
    assert routes6.Route6(struct(1, expires=500)).expires is None


def test_a_kernel_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes6, "member_offset", lambda name, member: -1)
    assert list(routes6.tables6(SimpleNamespace())) == []  # type: ignore[arg-type]
