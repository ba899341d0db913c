# SPDX-License-Identifier: GPL-3.0-or-later
"""The build of libdeflate: with a source of a few lines, and the library that the build made from the real source."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mpykbuild.artefact import libdeflate
from mpykbuild.base.cache import Product
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.base.run_log import RunLog
from support.fakegcc import compiled, recording_gcc
from support.libdeflate import built_libdeflate
from support.pins import MACHINE

VERSION = "1.99"
HEADER = f'#define LIBDEFLATE_VERSION_STRING\t"{VERSION}"\n'

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None or shutil.which("ar") is None, reason="needs gcc")


def small_source(**changes: str | None) -> Callable[[Path], None]:
    """Return a function that writes a source with one function in each unit.

    ``changes`` replaces the content of files; None omits a file.
    """
    files: dict[str, str | None] = {"libdeflate.h": HEADER, "COPYING": "as you like\n"}
    for number, unit in enumerate(libdeflate.UNITS):
        files[unit] = f"const char *f{number}(void) {{ return __FILE__; }}\n"
    files.update({name.replace("__", "/").replace("_c", ".c"): content for name, content in changes.items()})

    def fill(folder: Path) -> None:
        for name, content in files.items():
            if content is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(content)

    return fill


def build(cache: Path, source: Callable[[Path], None], cc: str = "gcc", path: str | None = None) -> Path:
    wanted = libdeflate.libdeflate_product("k", VERSION, cache, cc=cc)
    return libdeflate.build_libdeflate(wanted, source, RunLog("libdeflate", wanted.log), cc=cc, path=path)


def symbols(archive: Path, *options: str) -> set[str]:
    command = ["nm", "-g", "--format=just-symbols", *options, archive]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return {line for line in lines if not line.endswith(":")}


def test_the_product_has_what_the_extension_needs(tmp_path: Path) -> None:
    folder = build(tmp_path, small_source())
    assert symbols(folder / "lib/libdeflate.a") >= {f"f{number}" for number in range(len(libdeflate.UNITS))}
    assert (folder / "include/libdeflate.h").read_text() == HEADER
    assert (folder / "COPYING").read_text() == "as you like\n"
    assert not (folder / "build").exists()


def test_bytes_do_not_depend_on_folder_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build(tmp_path / "one", small_source())
    for name, value in (("TZ", "Asia/Tokyo"), ("CPATH", "/x"), ("SOURCE_DATE_EPOCH", "7"), ("TMPDIR", str(tmp_path))):
        monkeypatch.setenv(name, value)
    previous = os.umask(0o077)
    try:
        second = build(tmp_path / "another" / "place", small_source())
    finally:
        os.umask(previous)
    archive = (first / "lib/libdeflate.a").read_bytes()
    assert archive == (second / "lib/libdeflate.a").read_bytes()
    assert str(tmp_path).encode() not in archive


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lib__utils_c": None, "COPYING": None}, r"has no lib/utils\.c, COPYING"),
        ({"libdeflate.h": HEADER.replace("99", "98")}, r"not that of libdeflate 1\.99"),
        ({"lib__utils_c": "int x = y;"}, "compile failed"),
    ],
)
def test_a_wrong_source_makes_no_product(tmp_path: Path, changes: dict[str, str | None], message: str) -> None:
    with pytest.raises(BuildError, match=message):
        build(tmp_path, small_source(**changes))
    assert not libdeflate.libdeflate_product("k", VERSION, tmp_path).is_built()


def test_a_path_of_the_machine_is_refused(tmp_path: Path) -> None:
    path = f'const char *path(void) {{ return "{tmp_path}/x"; }}\n'
    with pytest.raises(BuildError, match=r"libdeflate\.o contains "):
        build(tmp_path, small_source(lib__utils_c=path))


def test_another_compiler_makes_another_product(tmp_path: Path) -> None:
    cross = tmp_path / "other-gcc"
    cross.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexec gcc "$@"\n')
    cross.chmod(0o755)
    one, other = build(tmp_path, small_source()), build(tmp_path, small_source(), str(cross))
    assert one != other
    assert "-fPIC" in (tmp_path / "asked").read_text()


def test_each_unit_is_compiled_by_a_command_of_its_own(tmp_path: Path) -> None:
    path = recording_gcc(tmp_path / "bin", tmp_path / "calls")
    build(tmp_path, small_source(), path=path)
    assert sorted(compiled(tmp_path / "calls")) == sorted(Path(unit).name for unit in libdeflate.UNITS)


def test_all_that_decides_on_the_product_is_in_its_key(tmp_path: Path) -> None:
    wanted: list[Product] = [
        libdeflate.libdeflate_product("k", VERSION, tmp_path),
        libdeflate.libdeflate_product("other", VERSION, tmp_path),
        libdeflate.libdeflate_product("k", "1.98", tmp_path),
    ]  # fmt: skip
    assert len({product.key for product in wanted}) == 3
    assert libdeflate.libdeflate_product("k", VERSION, tmp_path / "elsewhere").key == wanted[0].key


def test_a_missing_compiler_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no-such-gcc cannot be run"):
        libdeflate.libdeflate_product("k", VERSION, tmp_path, cc="no-such-gcc")


def test_the_real_library_only_decompresses_and_needs_few_functions() -> None:
    archive = built_libdeflate() / "lib/libdeflate.a"
    assert "libdeflate_zlib_decompress" in symbols(archive, "--defined-only")
    assert not [name for name in symbols(archive) if name.endswith("_compress")]
    # On ARM it reads the features of the processor from /proc/self/auxv.
    reads = set() if MACHINE == "x86_64" else {"__errno_location", "close", "open", "read"}
    assert symbols(archive, "--undefined-only") <= reads | {
        "_GLOBAL_OFFSET_TABLE_", "free", "malloc", "memcmp", "memcpy", "memset",
    }  # fmt: skip


def test_the_bundled_licence_is_libdeflates() -> None:
    ours = PROJECT / "pykdump" / "licences" / "libdeflate.txt"
    assert ours.read_text() == (built_libdeflate() / "COPYING").read_text()
