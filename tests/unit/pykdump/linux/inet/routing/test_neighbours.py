# SPDX-License-Identifier: GPL-3.0-or-later
"""Neighbours: states, tables of other kernels, full tables."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.routing import neighbours  # noqa: E402


class Hash(SimpleNamespace):
    def hasField(self, name: str) -> bool:
        return hasattr(self, name)


@pytest.fixture(autouse=True)
def views(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "Neighbour", lambda neighbour, length: (neighbour, length))


def test_today_the_chains_are_hlists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "hlist_for_each_entry", lambda struct, head, member: [(member, head)])
    table: Any = SimpleNamespace(key_len=4, nht=Hash(hash_heads=0x100, hash_shift=1))
    assert list(neighbours.neighbours(table)) == [(("hash", 0x100), 4), (("hash", 0x108), 4)]


def test_they_were_chains_of_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "getFullBuckets", lambda start, size, count, head: [7] if count == 8 else [])
    monkeypatch.setattr(neighbours, "readSU", lambda struct, address: address)
    monkeypatch.setattr(neighbours, "readStructNext", lambda first, member, maxel: [first, first + 1])
    table: Any = SimpleNamespace(key_len=16, nht=Hash(hash_buckets=0x100, hash_shift=3))
    assert list(neighbours.neighbours(table)) == [(7, 16), (8, 16)]


@pytest.mark.parametrize(("entries", "full"), [(1023, False), (1024, True)])
def test_a_full_table(entries: int, full: bool) -> None:
    table: Any = SimpleNamespace(gc_entries=SimpleNamespace(counter=entries), gc_thresh3=1024)
    assert neighbours.is_full(table) is full
