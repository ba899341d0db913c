# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache of products: a product is complete or absent, and only one process builds it."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from mpykbuild.base import cache
from mpykbuild.base.cache import Product, build_once, digest_of, file_digest


@pytest.fixture
def product(tmp_path: Path) -> Product:
    return Product(tmp_path, "crash", "1.2", "a" * 64)


def fill(folder: Path) -> None:
    (folder / "crash").write_text("program")


def test_digest_depends_on_names_and_values_and_where_each_value_ends() -> None:
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
    partial = product.path.with_name(f"{product.path.name}.partial-{cache.machine_name()}-{os.getpid()}")
    partial.mkdir(parents=True)
    (partial / "stale").write_text("")
    assert not (build_once(product, fill) / "stale").exists()


@pytest.mark.parametrize(
    ("owner", "stays"),
    [
        ("", False),
        (f"-{cache.machine_name()}-999999999", False),
        (f"-{cache.machine_name()}-{os.getppid()}", True),
        ("-far-1", True),
    ],
)
def test_only_leftovers_of_dead_processes_of_this_machine_are_removed(
    product: Product, owner: str, stays: bool
) -> None:
    partial = product.path.with_name(f"{product.path.name}.partial{owner}")
    partial.mkdir(parents=True)
    build_once(product, fill)
    assert partial.exists() == stays


def test_half_removed_product_is_made_again(product: Product) -> None:
    build_once(product, fill)
    (product.path / "product.json").unlink()
    (product.path / "stale").write_text("")
    assert not (build_once(product, fill) / "stale").exists()
    assert [entry.name for entry in product.path.parent.iterdir() if entry.is_dir()] == [product.path.name]


def _build_without_locks(product: Product, barrier: object) -> None:
    """Build as on NFS without locks: both processes find no product, and both build."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    def make(folder: Path) -> None:
        barrier.wait(20)  # type: ignore[attr-defined]
        for number in range(200):
            (folder / str(number)).write_text(f"{os.getpid()}")
        fill(folder)

    fcntl.flock = refuse
    build_once(product, make)


def test_two_builders_without_locks_leave_one_whole_product(product: Product) -> None:
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(2)
    builders = [context.Process(target=_build_without_locks, args=(product, barrier)) for _ in range(2)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join(60)
    assert [builder.exitcode for builder in builders] == [0, 0]
    assert product.is_built()
    assert len({(product.path / str(number)).read_text() for number in range(200)}) == 1
    assert [entry.name for entry in product.path.parent.iterdir() if entry.is_dir()] == [product.path.name]


def test_another_failure_of_the_lock_is_raised(monkeypatch: pytest.MonkeyPatch, product: Product) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OSError, match="Input/output"):
        build_once(product, fill)


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


def test_a_product_is_made_in_a_folder_without_blanks_and_then_moved(tmp_path: Path) -> None:
    """The makefiles of CPython and crash split paths at blanks."""
    product = Product(tmp_path / "a place\twith blanks", "crash", "1.2", "a" * 64)
    places = []

    def make(folder: Path) -> None:
        places.append(folder)
        (folder / "tree").mkdir()
        fill(folder / "tree")
        (folder / "link").symlink_to("tree/crash")
        os.utime(folder / "tree" / "crash", (7, 7))

    folder = build_once(product, make)
    assert not set(str(places[0])) & set(" \t")
    assert folder == product.path
    assert (folder / "link").read_text() == "program"
    assert (folder / "link").is_symlink()
    assert (folder / "tree" / "crash").stat().st_mtime == 7
    assert not places[0].exists()
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == [folder.name]
