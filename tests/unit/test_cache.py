# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache of products: whole or not there, one builder at a time."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from mpykbuild.cache import Product, build_once, digest_of, file_digest


@pytest.fixture
def product(tmp_path: Path) -> Product:
    return Product(tmp_path, "crash", "9.0.2", "a" * 64)


def fill(folder: Path) -> None:
    (folder / "crash").write_text("program")


def test_digest_depends_on_names_values_and_borders_only() -> None:
    assert digest_of({"a": "1", "b": "2"}) == digest_of({"b": b"2", "a": "1"})
    assert digest_of({"a": "12", "b": ""}) != digest_of({"a": "1", "b": "2"})


def test_file_digest_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert file_digest(tmp_path / "x").startswith("ba7816bf8f01cfea")


def test_built_product_is_recorded_and_not_built_again(product: Product) -> None:
    folder = build_once(product, fill, {"compiler": "gcc 12"})
    assert (folder / "crash").read_text() == "program"
    assert json.loads((folder / "product.json").read_text())["compiler"] == "gcc 12"
    build_once(product, lambda _: pytest.fail("built twice"))


def test_failed_build_leaves_no_product(product: Product) -> None:
    def fail(folder: Path) -> None:
        fill(folder)
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        build_once(product, fail)
    assert not product.is_built()
    assert build_once(product, fill).is_dir()


def test_leftovers_of_a_killed_build_are_not_used(product: Product) -> None:
    partial = product.path.with_name(product.path.name + ".partial")
    partial.mkdir(parents=True)
    (partial / "stale").write_text("")
    assert not (build_once(product, fill) / "stale").exists()


def test_two_builders_build_once(product: Product) -> None:
    count, started = [], threading.Event()

    def slow(folder: Path) -> None:
        count.append(1)
        started.set()
        threading.Event().wait(0.2)
        fill(folder)

    threads = [threading.Thread(target=build_once, args=(product, slow)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert started.is_set()
    assert len(count) == 1
