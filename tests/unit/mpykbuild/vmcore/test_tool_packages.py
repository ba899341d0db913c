# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs for the guest: which libraries they need, and what is copied."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore import tool_packages


def compile_c(out: Path, text: str, *options: str) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    source = out.with_suffix(".c")
    source.write_text(text)
    subprocess.run(["gcc", "-o", str(out), str(source), *options], check=True)
    source.unlink()
    return out


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that needs libouter, which needs libinner, and a library that nobody needs. libc.so.6 is a fake."""
    root = tmp_path_factory.mktemp("whole")
    lib = root / "lib"
    inner = compile_c(lib / "libinner.so.1.0", "int inner(void) { return 1; }", "-shared", "-Wl,-soname,libinner.so.1")
    (lib / "libinner.so.1").symlink_to(inner.name)
    compile_c(lib / "libunused.so.3", "int unused;", "-shared")
    link = ["-Wl,--no-as-needed", "-nostdlib"]
    outer = "int inner(void); int outer(void) { return inner(); }"
    compile_c(lib / "libouter.so.2", outer, "-shared", *link, str(inner), "-Wl,-soname,libouter.so.2")
    program = "int outer(void); void _start(void) { outer(); }"
    compile_c(root / "usr/bin/prog", program, *link, str(lib / "libouter.so.2"), f"-Wl,-rpath-link,{lib}")
    (root / "etc/iproute2").mkdir(parents=True)
    (root / "etc/iproute2/rt_tables").write_text("255 local\n")
    loader = next(name for name in tool_packages.needed_by(root / "usr/bin/prog") if name.startswith("ld"))
    shutil.copyfile(lib / "libunused.so.3", lib / loader)
    return root


def test_needed_libraries_and_the_loader_are_read(whole: Path) -> None:
    needed = list(tool_packages.needed_by(whole / "usr/bin/prog"))
    assert needed[0].startswith("ld")
    assert needed[1:] == ["libouter.so.2"]


def test_only_what_the_programs_need_is_copied(whole: Path, tmp_path: Path) -> None:
    tool_packages.copy_needed(whole, tmp_path, ["prog"])
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {"usr/bin/prog", "lib/libouter.so.2", "lib/libinner.so.1", "etc/iproute2/rt_tables"} <= found
    assert "lib/libunused.so.3" not in found
    assert not (tmp_path / "lib/libinner.so.1").is_symlink()


def test_all_missing_names_are_in_one_message(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="lack absent, other") as caught:
        tool_packages.copy_needed(whole, tmp_path, ["prog", "other", "absent"])
    assert "PACKAGES" in caught.value.next_step


def test_each_architecture_has_its_own_programs(tmp_path: Path) -> None:
    one, other = (tool_packages.tools_product(tmp_path, name) for name in ("amd64", "arm64"))
    assert one.key != other.key
    assert other.name == "bookworm-arm64"
