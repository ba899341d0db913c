# SPDX-License-Identifier: GPL-3.0-or-later
"""Static libraries are merged into one reproducible archive."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain import archives

needs_compiler = pytest.mark.skipif(shutil.which("gcc") is None or shutil.which("ar") is None, reason="needs gcc")
LONG = "a_name_longer_than_sixteen_characters"


def library(folder: Path, name: str, objects: dict[str, str]) -> Path:
    """Make a static library from C sources, in its own folder ``name``."""
    work = folder / name
    work.mkdir()
    for stem, text in objects.items():
        (work / f"{stem}.c").write_text(text)
        subprocess.run(["gcc", "-g0", "-c", f"{stem}.c"], cwd=work, check=True)
    subprocess.run(["ar", "rcU", "lib.a", *(f"{stem}.o" for stem in objects)], cwd=work, check=True)
    return work / "lib.a"


@needs_compiler
def test_members_with_short_long_and_equal_names(tmp_path: Path) -> None:
    one = library(tmp_path, "one", {"x": "int x(void){return 1;}", LONG: "int y(void){return 2;}"})
    two = library(tmp_path, "two", {"x": "int z(void){return 3;}"})
    assert [name for name, _ in archives.members(one)] == ["x.o", f"{LONG}.o"]
    assert sorted(archives.collect_objects([one, two, two])) == [f"{LONG}.o", "x.2.o", "x.o"]


@needs_compiler
def test_the_result_has_all_symbols_and_no_dates(tmp_path: Path) -> None:
    one = library(tmp_path, "one", {"x": "int x(void){return 1;}", LONG: "int y(void){return 2;}"})
    two = library(tmp_path, "two", {"x": "int z(void){return 3;}"})
    results = []
    for turn, umask in (("first", 0o022), ("second", 0o077)):
        previous = os.umask(umask)
        try:
            archives.merge_archives([one, two], tmp_path / f"{turn}.a", tmp_path / turn, os.environ)
        finally:
            os.umask(previous)
        results.append((tmp_path / f"{turn}.a").read_bytes())
    assert results[0] == results[1]
    table = subprocess.run(["nm", "-s", "first.a"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert all(f"{name} in " in table for name in ("x", "y", "z"))


@needs_compiler
def test_a_symbol_defined_twice_is_an_error_that_names_both_objects(tmp_path: Path) -> None:
    one = library(tmp_path, "one", {"a": "int twice(void){return 1;}"})
    two = library(tmp_path, "two", {"b": "int twice(void){return 2;}"})
    with pytest.raises(BuildError, match=r"twice: a\.o, b\.o"):
        archives.merge_archives([one, two], tmp_path / "out.a", tmp_path / "work", os.environ)


@needs_compiler
def test_a_path_of_the_machine_is_found_with_its_object(tmp_path: Path) -> None:
    leaking = library(tmp_path, "one", {"fine": "int f;", "leak": f'const char *p = "{tmp_path}/src/x.c";'})
    with pytest.raises(BuildError, match=r"leak\.o contains ") as caught:
        archives.refuse_paths(leaking, archives.machine_paths(tmp_path))
    assert "fine.o" not in caught.value.what
    archives.refuse_paths(leaking, archives.machine_paths(tmp_path / "elsewhere"))


def test_both_paths_of_a_linked_folder_are_forbidden(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert archives.machine_paths(tmp_path / "link", Path("/")) == sorted(
        f"{tmp_path.resolve() if name == 'real' else tmp_path}/{name}/".encode() for name in ("real", "link")
    )


def test_weak_and_local_symbols_may_repeat() -> None:
    nm_output = "lib.a:a.o:0001 T one\nlib.a:b.o:0001 W one\nlib.a:b.o:0002 V two\nlib.a:c.o:0002 V two\n"
    assert archives.duplicate_symbols(nm_output) == {}


def test_a_file_that_is_not_an_archive(tmp_path: Path) -> None:
    (tmp_path / "x.a").write_text("hello")
    with pytest.raises(BuildError, match="is not a static library"):
        list(archives.members(tmp_path / "x.a"))
