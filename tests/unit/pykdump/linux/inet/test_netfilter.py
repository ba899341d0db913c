# SPDX-License-Identifier: GPL-3.0-or-later
"""nf_tables and conntrack: places that have moved, and kernels without them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import netfilter  # noqa: E402


def test_without_the_modules_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def address(struct: Any, member: str) -> int:
        raise fake_crash.MissingMember(member)

    monkeypatch.setattr(netfilter, "Addr", address)
    monkeypatch.setattr(netfilter, "sym2addr", lambda name: 0)
    net: Any = SimpleNamespace(nft=None)
    assert list(netfilter.nft_tables(net)) == []
    assert netfilter.conntrack_counts(net) is None


def test_older_kernels_have_the_tables_in_struct_net(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netfilter, "Addr", lambda struct, member: 0x77)
    monkeypatch.setattr(netfilter, "readSUListFromHead", lambda head, *args, **options: [head])
    net: Any = SimpleNamespace(nft=None)
    assert [table.address for table in netfilter.nft_tables(net)] == [0x77]


def test_the_memory_of_a_module_for_a_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netfilter, "readS32", lambda address: {0x50: 3}[address])
    monkeypatch.setattr(netfilter, "readPtr", lambda address: {0x1000 + 24: 0xABC}[address])
    assert netfilter.net_generic(SimpleNamespace(gen=0x1000), 0x50) == 0xABC  # type: ignore[arg-type]


def test_names_of_a_base_chain() -> None:
    table: Any = SimpleNamespace(nft=SimpleNamespace(family=1), family="inet", name="t")
    chain: Any = netfilter.Chain.__new__(netfilter.Chain)
    chain.table_view, chain.is_base = table, True
    ops = SimpleNamespace(hooknum=3, priority=-100)
    chain.base = SimpleNamespace(ops=ops, policy=0, type=SimpleNamespace(name="nat"))
    assert (chain.type, chain.hook, chain.priority, chain.policy) == ("nat", "output", -100, "drop")
    chain.is_base = False
    assert (chain.type, chain.hook, chain.priority, chain.policy) == (None, None, None, None)
