# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans: the stamp of a product and the link to it."""

from __future__ import annotations

from pathlib import Path

from mpykbuild.base.cache import Product, build_once
from mpykbuild.plan.records import Plan


def plan(root: Path, key: str, link: Path | None = None) -> Plan:
    product = Product(root, "vmcore", "6.12", key * 64)
    return Plan("vmcore", product, lambda: build_once(product, lambda folder: None), link)


def test_stamp_changes_only_with_the_product(tmp_path: Path) -> None:
    assert plan(tmp_path, "a").stamp_text() == plan(tmp_path, "a").stamp_text()
    assert plan(tmp_path, "a").stamp_text() != plan(tmp_path, "b").stamp_text()


def test_link_follows_the_product(tmp_path: Path) -> None:
    link = tmp_path / "build" / "vmcore"
    first, second = plan(tmp_path, "a", link), plan(tmp_path, "b", link)
    first.provide()
    assert first.is_in_place()
    second.provide()
    assert second.is_in_place()
    assert not first.is_in_place()
    assert link.resolve() == second.folder


def test_emptied_cache_is_noticed(tmp_path: Path) -> None:
    one = plan(tmp_path, "a")
    one.provide()
    (one.folder / "product.json").unlink()
    assert not one.is_in_place()
