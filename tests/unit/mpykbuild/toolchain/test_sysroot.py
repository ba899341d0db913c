# SPDX-License-Identifier: GPL-3.0-or-later
"""sysroot=: which folders are refused, which files change its key, and that the compiler uses it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain import sysroot

FILES = (
    *sysroot.HEADERS, "usr/lib/some-linux-gnu/libc.so", "usr/lib/some-linux-gnu/crt1.o",
    "lib/some-linux-gnu/libc.so.6", "lib/some-linux-gnu/libm.so.6",
)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_text(f"#define MADE_FOR_THE_TEST {len(name)}\n")
    return tmp_path / "root"


def test_a_complete_sysroot_is_accepted(root: Path) -> None:
    sysroot.check_sysroot(root)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(root: Path, name: str) -> None:
    (root / name).unlink()
    with pytest.raises(BuildError, match=f"there is no {name if name in sysroot.HEADERS else Path(name).name}"):
        sysroot.check_sysroot(root)


def test_link_to_a_file_of_the_machine_is_refused(root: Path) -> None:
    (root / "usr/lib/some-linux-gnu/libm.so").symlink_to("/lib/some-linux-gnu/libm.so.6")
    with pytest.raises(BuildError, match=r"libm\.so leads to /lib/some-linux-gnu/libm\.so\.6, which is outside"):
        sysroot.check_sysroot(root)
    with pytest.raises(BuildError, match="is not a folder"):
        sysroot.check_sysroot(root / "nowhere")


def test_key_depends_on_headers_and_libraries(root: Path) -> None:
    keys = {sysroot.sysroot_key(root)}
    for name in FILES:
        (root / name).write_text("other\n")
        keys.add(sysroot.sysroot_key(root))
    assert len(keys) == len(FILES) + 1


def test_compilers_read_its_headers(root: Path, tmp_path: Path) -> None:
    found = sysroot.sysroot_compilers(root, tmp_path / "cache")
    for compiler in (found.cc, found.cxx):
        command = [compiler, "-E", "-x", "c", "-include", "features.h", "-dM", "/dev/null"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert "#define MADE_FOR_THE_TEST 22\n" in shown
    where = subprocess.run([found.cc, "-print-file-name=libc.so.6"], capture_output=True, text=True, check=True).stdout
    assert Path(where.strip()).resolve() == root / "lib/some-linux-gnu/libc.so.6"


def test_keys_of_products(root: Path, tmp_path: Path) -> None:
    assert sysroot.Compilers().key_with_sysroot("source") == "source"
    assert sysroot.sysroot_compilers(root, tmp_path / "cache").key_with_sysroot("source") != "source"


def test_missing_headers_come_from_the_machine(root: Path, tmp_path: Path) -> None:
    found = sysroot.sysroot_compilers(root, tmp_path / "cache")
    (tmp_path / "x.c").write_text("#include <features.h>\n#include <stdc-predef.h>\n")
    command = [found.cc, "-E", "-dM", *found.fallback_header_flags(), str(tmp_path / "x.c")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "#define MADE_FOR_THE_TEST 22\n" in shown
    assert "#define __STDC_IEC_559__" in shown
    assert sysroot.Compilers().fallback_header_flags() == []
