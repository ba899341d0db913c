# SPDX-License-Identifier: GPL-3.0-or-later
"""The trie of IPv4 routes: leaves, damage, and members that have other names."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.routing import routes4  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402


@pytest.fixture
def reported() -> Iterator[list[str]]:
    """The messages of this test. (The embedded interpreters run the tests without conftest.py.)"""
    messages: list[str] = []
    before = pylog.send_to(lambda prefix, message: messages.append(message))
    yield messages
    pylog.send_to(before)


CHILDREN = {0x100: [0x200, 0, 0x300, 0x400], 0x400: [0x500, 0x500]}
BITS = {0x100: 2, 0x200: 0, 0x300: 40, 0x400: 1, 0x500: 0}


class Vector(int):
    key = bits = 0


@pytest.fixture
def trie(monkeypatch: pytest.MonkeyPatch) -> None:
    def vector(name: str, address: int) -> Any:
        if address not in BITS:
            raise fake_crash.CrashError("missing page")
        found = Vector(address)
        found.key, found.bits = address, BITS[address]
        return found

    monkeypatch.setattr(routes4, "readSU", vector)
    monkeypatch.setattr(routes4, "Addr", lambda struct, member: int(struct))
    monkeypatch.setattr(routes4, "readPtr", lambda address: CHILDREN[address & ~0xFF][(address & 0xFF) // 8])


def test_a_damaged_node_costs_what_is_below_it(trie: None, reported: list[str]) -> None:
    assert [key for key, _ in routes4._leaves(0x100)] == [0x200, 0x500, 0x500]
    assert len(reported) == 1 and "2**40 children" in reported[0]
    assert list(routes4._leaves(0x900)) == list(routes4._leaves(0)) == []


def alias(**members: Any) -> Any:
    return routes4.Route4(SimpleNamespaceInt(fa_info=SimpleNamespace(**members), **members), 0x0A010200)  # type: ignore[arg-type]


class SimpleNamespaceInt(SimpleNamespace):
    def __int__(self) -> int:
        return 1


def test_a_route() -> None:
    metrics = [0] * 17
    metrics[1] = 1300
    route = alias(
        tb_id=254, fa_slen=8, fa_type=1, fa_dscp=0x10, fib_protocol=186, fib_scope=253, fib_priority=7,
        fib_prefsrc=0x0100007F, fib_metrics=SimpleNamespace(metrics=metrics), nh=0,
    )  # fmt: skip
    assert (route.table, route.destination, route.prefix_length, route.type) == ("main", "10.1.2.0", 24, "unicast")
    assert (route.protocol, route.scope, route.metric, route.preferred_source) == ("bgp", "link", 7, "127.0.0.1")
    assert (route.mtu, route.advertised_mss, route.nexthop_id, route.tos) == (1300, None, None, 16)


def test_the_type_of_service_had_another_name() -> None:
    assert alias(fa_tos=8).tos == 8
