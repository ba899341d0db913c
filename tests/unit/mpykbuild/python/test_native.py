# SPDX-License-Identifier: GPL-3.0-or-later
"""The build of CPython, with a stand-in for its source that builds in a moment."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mpykbuild.base.cache import Product
from mpykbuild.base.errors import BuildError
from mpykbuild.base.run_log import RunLog
from mpykbuild.python import native as native_python
from mpykbuild.python import user_source
from support.fakepython import BUILTIN, MINOR, OTHER_VERSION, VERSION, make_manifests, make_patches, make_source

needs_tools = pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("gcc", "make", "ar", "patch")), reason="needs gcc, make and patch"
)
PATCH = '--- a/core.c\n+++ b/core.c\n@@ -1 +1 @@\n-{old}\n+const char *core(void) {{ return "patched"; }}\n'


@dataclass
class Bench:
    """A folder with the manifests and patches of the stand-in."""

    root: Path

    def wanted(self, cache: str = "cache", key: str = "k", version: str = VERSION) -> Product:
        return native_python.python_product(
            key, version, self.root / cache, manifests=self.root / "manifests", patch_root=self.root / "patches"
        )

    def build(self, source: Path | Callable[[Path], None], cache: str = "cache") -> Path:
        wanted = self.wanted(cache)
        return native_python.build_python(
            wanted, source, RunLog("CPython", wanted.log), 1,
            manifests=self.root / "manifests", patch_root=self.root / "patches",
        )  # fmt: skip


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    make_manifests(tmp_path / "manifests")
    make_patches(tmp_path / "patches")
    return Bench(tmp_path)


@needs_tools
def test_the_product_has_what_the_extension_needs(bench: Bench, tmp_path: Path) -> None:
    folder = bench.build(make_source(tmp_path / "src"))
    assert (folder / "builtin.txt").read_text().split() == sorted(BUILTIN)
    assert (folder / "version.txt").read_text() == f"{VERSION}\n"
    assert (folder / "link.txt").read_text() == "-lm -ldl -lpthread\n"
    for name in ("lib/libpython.a", "include/Python.h", "include/pyconfig.h", "bin/python", f"lib/python{MINOR}/os.py"):
        assert (folder / name).is_file(), name
    assert not (folder / f"lib/python{MINOR}/test/test_json.py").exists()
    assert not (folder / "build").exists()


@needs_tools
def test_two_folders_and_two_surroundings_give_the_same_bytes(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source(tmp_path / "src")
    first = bench.build(source)
    for name, value in (("TZ", "Asia/Tokyo"), ("LC_ALL", "C"), ("CFLAGS", "-O3"), ("SOURCE_DATE_EPOCH", "7")):
        monkeypatch.setenv(name, value)
    previous = os.umask(0o077)
    try:
        second = bench.build(lambda folder: shutil.copytree(source, folder / "Python-x") and None, "another/cache")
    finally:
        os.umask(previous)
    assert first != second
    for name in ("lib/libpython.a", "include/pyconfig.h", "bin/python"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
        assert (first / name).stat().st_mode == (second / name).stat().st_mode


@needs_tools
def test_the_users_tree_is_not_changed_and_the_environment_is_ours(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/y")
    source = make_source(tmp_path / "src")
    configure = (source / "configure").read_text()
    (source / "configure").write_text(configure + f"cp ../arguments ../environment ../umask {tmp_path}\n")
    before = {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}
    bench.build(source)
    assert before == {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}
    seen = dict(line.split("=", 1) for line in (tmp_path / "environment").read_text().splitlines())
    assert "PYTHONPATH" not in seen
    assert (seen["LC_ALL"], seen["TZ"], seen["PYTHONHASHSEED"]) == ("C.UTF-8", "UTC", "0")
    assert seen["MODULE_BUILDTYPE"] == "static"
    assert (tmp_path / "umask").read_text().strip() == "0022"
    assert "--prefix=/mpykdump" in (tmp_path / "arguments").read_text()


@needs_tools
def test_a_folder_and_a_tarball_of_the_user_give_the_same_library(bench: Bench, tmp_path: Path) -> None:
    source = make_source(tmp_path / f"Python-{VERSION}")
    with tarfile.open(tmp_path / "python.tar", "w") as archive:
        archive.add(source, source.name)
    libraries = [
        bench.build(user_source.user_source(given, tmp_path).fill, cache) / "lib" / "libpython.a"
        for given, cache in ((source, "one"), (tmp_path / "python.tar", "two"))
    ]
    assert libraries[0].read_bytes() == libraries[1].read_bytes()


@needs_tools
def test_patches_are_applied_to_the_copy(bench: Bench, tmp_path: Path) -> None:
    source = make_source(tmp_path / "src")
    make_patches(tmp_path / "patches", PATCH.format(old=(source / "core.c").read_text().rstrip()))
    assert b"patched" in (bench.build(source) / "lib" / "libpython.a").read_bytes()
    assert "patched" not in (source / "core.c").read_text()


@needs_tools
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"builtin": ("_core", "posix", "zlib")}, "the interpreter has zlib"),
        ({"says": OTHER_VERSION}, f"{VERSION} was wanted, but the source built is {OTHER_VERSION}"),
        ({"says": VERSION[:-1]}, f"{VERSION} was wanted, but the source built is {VERSION[:-1]}"),
        ({"libs": "-lm -lcrypt"}, "would link -lcrypt"),
        ({"flags": "-D__FILE__='\"\\$(CURDIR)/x\"'"}, r"core\.o contains "),
    ],
)
def test_a_wrong_result_is_no_product(bench: Bench, tmp_path: Path, how: dict[str, str], message: str) -> None:
    with pytest.raises(BuildError, match=message):
        bench.build(make_source(tmp_path / "src", **how))  # type: ignore[arg-type]
    assert not bench.wanted().is_built()
    assert not list(bench.wanted().path.parent.glob("*/build"))


@needs_tools
def test_a_source_that_the_manifest_does_not_fit_is_refused_before_it_is_built(bench: Bench, tmp_path: Path) -> None:
    source = make_source(tmp_path / "src")
    (source / "Lib" / "fresh.py").write_text("")
    with pytest.raises(BuildError, match="fresh"):
        bench.build(source)
    assert not bench.wanted().log.exists()


def test_a_folder_without_configure(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BuildError, match="no CPython source"):
        bench.build(tmp_path / "empty")


def test_all_that_decides_on_the_product_is_in_its_key(bench: Bench, tmp_path: Path) -> None:
    keys = [bench.wanted().key, bench.wanted(key="other").key, bench.wanted(version=OTHER_VERSION).key]
    make_patches(tmp_path / "patches", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")
    keys.append(bench.wanted().key)
    with (tmp_path / "manifests" / MINOR / "Setup.local").open("a") as setup:
        setup.write("# more\n")
    keys.append(bench.wanted().key)
    assert len(set(keys)) == 5
    with (tmp_path / "manifests" / MINOR / "stdlib.lst").open("a") as listing:
        listing.write("# only for the bundle\n")
    assert bench.wanted().key == keys[-1]


def test_a_compiler_that_is_not_there() -> None:
    with pytest.raises(BuildError, match="no-such-gcc cannot be run"):
        native_python.compiler_identity("no-such-gcc")
