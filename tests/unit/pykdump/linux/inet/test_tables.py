# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of sockets, and where kernels keep their tables."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import tables  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402


@pytest.fixture
def reported() -> Iterator[list[str]]:
    """The messages of this test. (The embedded interpreters run the tests without conftest.py.)"""
    messages: list[str] = []
    before = pylog.send_to(lambda prefix, message: messages.append(message))
    yield messages
    pylog.send_to(before)


@pytest.fixture
def chains(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    pointers: dict[int, int] = {}

    def read_pointer(address: int) -> int:
        if address not in pointers:
            raise fake_crash.CrashError("missing page")
        return pointers[address]

    monkeypatch.setattr(tables, "readPtr", read_pointer)
    return pointers


def test_an_hlist_ends_at_null_and_an_hlist_nulls_at_an_odd_value(chains: dict[int, int]) -> None:
    chains.update({0x1000: 0x2000, 0x2000: 0, 0x3000: 0x4000, 0x4000: 0x77})
    assert list(tables.chain(0x1000, 0x10)) == [0xFF0, 0x1FF0]
    assert list(tables.chain(0x3000, 0)) == [0x3000, 0x4000]
    assert list(tables.chain(0, 0)) == list(tables.chain(0x77, 0)) == []


def test_a_chain_ends_at_a_missing_page_and_at_a_loop(
    chains: dict[int, int], monkeypatch: pytest.MonkeyPatch, reported: list[str]
) -> None:
    chains[0x1000] = 0x2000
    assert list(tables.chain(0x1000, 0)) == [0x1000, 0x2000]
    assert reported == ["A chain of sockets ends at 0x2000: missing page"]
    monkeypatch.setattr(tables, "MAX_CHAIN", 5)
    chains[0x2000] = 0x1000
    assert len(list(tables.chain(0x1000, 0))) == 5


def test_empty_buckets_are_left_out(chains: dict[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "getFullBuckets", lambda start, size, count, head: [0x1000, 0x3, 0x2000])
    chains.update({0x1000: 0x5, 0x2000: 0x7})
    assert list(tables.hashed(1, 3, 8, 0, 0)) == [0x1000, 0x2000]


class Table(int):
    """A table at this address."""


def net(info: int) -> Any:
    return SimpleNamespace(
        ipv4=SimpleNamespace(tcp_death_row=SimpleNamespace(hashinfo=Table(info)), udp_table=Table(info))
    )


def test_namespaces_may_have_tables_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "member_offset", lambda struct, member: 8)
    monkeypatch.setattr(tables, "sym2addr", lambda name: 0)
    nets = [net(0x10), net(0x20), net(0x10)]
    assert [int(table) for table in tables.tcp_tables(nets)] == [0x10, 0x20]
    assert [int(table) for table in tables.udp_tables(nets=nets)] == [0x10, 0x20]
    assert tables.udp_tables("udplite_table") == []


def test_older_kernels_have_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "member_offset", lambda struct, member: -1)
    monkeypatch.setattr(tables, "sym2addr", lambda name: {"tcp_hashinfo": 0x99, "udp_table": 0x88}.get(name, 0))
    monkeypatch.setattr(tables, "readSU", lambda struct, address: (struct, address))
    assert tables.tcp_tables([net(0)]) == [("struct inet_hashinfo", 0x99)]
    assert tables.udp_tables(nets=[net(0)]) == [("struct udp_table", 0x88)]
    assert list(tables.raw_sockets("raw_v6_hashinfo")) == list(tables.ping_sockets()) == []
