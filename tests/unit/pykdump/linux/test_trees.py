# SPDX-License-Identifier: GPL-3.0-or-later
"""Red-black trees of made-up nodes: their order, and trees that are damaged."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import trees  # noqa: E402

LEFT, RIGHT = 1, 2


class Root(SimpleNamespace):
    def __int__(self) -> int:
        return 0x1000

    def hasField(self, name: str) -> bool:
        return hasattr(self, name)


def walk(monkeypatch: pytest.MonkeyPatch, children: dict[int, tuple[int, int]], root: int) -> list[int]:
    """Walk the tree {address: (left, right)}; what has no children is not in ``children``."""
    memory = {node + side: child for node, pair in children.items() for side, child in zip((LEFT, RIGHT), pair)}
    monkeypatch.setattr(trees, "member_offset", lambda suname, member: LEFT if member == "rb_left" else RIGHT)
    monkeypatch.setattr(trees, "readPtr", lambda address: memory.get(address, 0))
    monkeypatch.setattr(trees, "readSU", lambda suname, address: address)
    found: Any = list(trees.for_all_rbtree(Root(rb_node=root)))  # type: ignore[arg-type]
    assert found == list(trees.for_all_rbtree(Root(rb_root=Root(rb_node=root))))  # type: ignore[arg-type]
    return [int(node) for node in found]


def test_nodes_in_the_order_of_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    assert walk(monkeypatch, {}, 0) == []
    assert walk(monkeypatch, {}, 40) == [40]
    tree = {40: (20, 60), 20: (10, 30), 60: (0, 70), 30: (25, 0)}
    assert walk(monkeypatch, tree, 40) == [10, 20, 25, 30, 40, 60, 70]
    assert walk(monkeypatch, {node: (0, node + 10) for node in range(10, 2000, 10)}, 10) == list(range(10, 2010, 10))


def test_a_damaged_tree_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(fake_crash.CrashError, match="comes back"):
        walk(monkeypatch, {40: (20, 60), 60: (0, 40)}, 40)
    with pytest.raises(fake_crash.CrashError, match="deeper"):
        walk(monkeypatch, {40: (20, 60), 20: (40, 0)}, 40)
