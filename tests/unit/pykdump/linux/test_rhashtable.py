# SPDX-License-Identifier: GPL-3.0-or-later
"""Resizable hash tables: chains, locked buckets, a table that is being resized, nested tables, damage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

KERNEL = fake_crash.install()

from pykdump.linux import rhashtable  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402

NODES, TABLE, END = 0x1000, 0x8000, 1


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """{address: pointer there}."""
    pointers: dict[int, int] = {}

    def read_pointer(address: int) -> int:
        if address not in pointers:
            raise fake_crash.CrashError(f"cannot read {address:#x}")
        return pointers[address]

    monkeypatch.setattr(rhashtable, "readPtr", read_pointer)
    monkeypatch.setattr(rhashtable, "member_offset", lambda struct, member: 64)
    monkeypatch.setattr(rhashtable, "_pointers", lambda start, count: [pointers[start + 8 * n] for n in range(count)])
    monkeypatch.setattr(rhashtable, "container_of", lambda node, struct, member: node - 16)
    return pointers


class Buckets(int):
    """A struct bucket_table at this address."""

    size, nest, future_tbl = 0, 0, 0


def table(address: int, size: int, nest: int = 0, future: Any = 0) -> Buckets:
    found = Buckets(address)
    found.size, found.nest, found.future_tbl = size, nest, future
    return found


def found(tbl: Buckets) -> list[int]:
    return [int(each) for each in rhashtable.for_all_rhashtable(SimpleNamespace(tbl=tbl), "struct x", "node")]  # type: ignore[arg-type]


def test_chains_and_locked_buckets(memory: dict[int, int]) -> None:
    memory.update({TABLE + 64: 0, TABLE + 72: NODES | 1, NODES: NODES + 8, NODES + 8: 0x55 | END})
    assert found(table(TABLE, 2)) == [NODES - 16, NODES + 8 - 16]


def test_a_table_that_is_being_resized(memory: dict[int, int]) -> None:
    second = 0x9000
    memory.update({TABLE + 64: NODES, NODES: END, second + 64: NODES + 32, NODES + 32: END})
    assert found(table(TABLE, 1, future=table(second, 1))) == [NODES - 16, NODES + 16]


def test_a_nested_table(memory: dict[int, int]) -> None:
    root, leaf = 0xA000, 0xB000
    memory[TABLE + 64] = root
    memory.update({root + 8 * n: 0 for n in range(4)})
    memory[root + 8] = leaf
    memory.update({leaf: NODES, leaf + 8: 0, NODES: END})
    assert found(table(TABLE, 8, nest=2)) == [NODES - 16]


def test_a_damaged_chain_costs_that_chain(memory: dict[int, int]) -> None:
    memory.update({TABLE + 64: NODES, TABLE + 72: NODES + 64, NODES + 64: END})
    messages: list[str] = []
    before = pylog.send_to(lambda prefix, message: messages.append(message))
    assert found(table(TABLE, 2)) == [NODES - 16, NODES + 64 - 16]
    pylog.send_to(before)
    assert len(messages) == 1 and f"ends at {NODES:#x}" in messages[0]
