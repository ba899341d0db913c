# SPDX-License-Identifier: GPL-3.0-or-later
"""Read crash trees. The trees are shortened copies of real ones."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.crash import tree as crash_tree
from mpykbuild.crash.bridges import bridge_sources
from mpykbuild.crash.tree import (
    check_usable,
    compile_flags,
    parse_tree,
)
from mpykbuild.toolchain.crash_targets import host_target
from support.crashtrees import FIXTURES, copy_tree

HERE = host_target().name

# name, program's machine, and: version, release, target, gdb version, gdb major, define, flags, gdb folder, built
DETECTED = [
    ("7.2.8", "x86_64", "7.2.8", "7.2.8", "X86_64", "7.6", 7, "GDB_7_6", (), "gdb-7.6", True),
    ("7.2.8-unbuilt", "", "7.2.8", "7.2.8-9.el8", HERE, "7.6", 7, "GDB_7_6", (), None, False),
    ("8.0.2", "x86_64", "8.0.2", "8.0.2", "X86_64", "10.2", 10, "GDB_10_2", ("-DLZO", "-DSNAPPY"), "gdb-10.2", True),
    ("8.0.6", "", "8.0.6", "8.0.6", HERE, "10.2", 10, "GDB_10_2", (), None, False),
    ("8.0.6-arm64", "x86_64", "8.0.6", "8.0.6", "ARM64", "10.2", 10, "GDB_10_2", (), "gdb-10.2", True),
    ("9.0.2-upstream", "x86_64", "9.0.2", "9.0.2", "X86_64", "16.2", 16, "GDB_16_2", ("-DZSTD",), "gdb-16.2", True),
    ("9.0.2-debian", "", "9.0.2", "9.0.2", HERE, "16.3", 16, "GDB_16_3", (), "gdb", False),
    ("9.0.2-debian-built", "x86_64", "9.0.2", "9.0.2", "X86_64", "16.3", 16, "GDB_16_3", (), "gdb-16.3", True),
    ("gdb-override", "", "8.0.0", "8.0.0", HERE, "7.6", 7, "GDB_7_6", (), None, False),
]


@pytest.mark.parametrize("row", DETECTED, ids=[row[0] for row in DETECTED])
def test_detection(row: tuple[object, ...], tmp_path: Path) -> None:
    name, program, version, release, target, gdb, major, define, flags, folder, built = row
    root = copy_tree(str(name), tmp_path, str(program))
    tree = parse_tree(root)
    assert tree.path == root.resolve()
    assert (tree.version, tree.release, tree.target) == (version, release, target)
    assert (tree.gdb_version, tree.gdb_major, tree.gdb_define) == (gdb, major, define)
    assert tree.flags == flags
    assert (tree.gdb_dir.name if tree.gdb_dir else None) == folder
    assert tree.built is built
    assert tree.host_arch == (program or platform.machine())
    assert tree.major == int(str(version)[0])


def test_the_users_tree_is_only_read(tmp_path: Path) -> None:
    root = copy_tree("8.0.2", tmp_path, "x86_64")
    before = {path: path.stat() for path in (root, *root.rglob("*"))}
    assert parse_tree(root).built
    after = {path: path.stat() for path in (root, *root.rglob("*"))}
    assert {path: (facts.st_mtime_ns, facts.st_mode) for path, facts in after.items()} == {
        path: (facts.st_mtime_ns, facts.st_mode) for path, facts in before.items()
    }


def test_extra_files_of_an_unbuilt_tree_count(tmp_path: Path) -> None:
    root = copy_tree("8.0.6", tmp_path)
    (root / "CFLAGS.extra").write_text("# mine\n-DZSTD -DLZO\n")
    (root / "LDFLAGS.extra").write_text("-lzstd\n")
    tree = parse_tree(root)
    assert tree.flags == ("-DZSTD", "-DLZO")
    assert tree.link_flags == ("-lzstd",)


def test_flags_that_configure_would_write(tmp_path: Path) -> None:
    root = copy_tree("8.0.6", tmp_path)
    makefile = root / "Makefile"
    makefile.write_text(makefile.read_text().replace("\nTARGET=\n", "\nTARGET=X86\n"))
    assert parse_tree(root).flags == ("-D_FILE_OFFSET_BITS=64",)


def test_the_version_of_the_built_program_is_used(tmp_path: Path) -> None:
    root = copy_tree("8.0.2", tmp_path, "x86_64")
    (root / ".rh_rpm_package").write_text("8.0.2++\n")
    assert parse_tree(root).release == "8.0.2"


def test_an_unknown_minor_is_accepted(tmp_path: Path) -> None:
    """A fork with a newer gdb keeps the define that defs.h knows: it goes to the compiler as it is."""
    root = copy_tree("9.0.2-debian-built", tmp_path, "x86_64")
    makefile = root / "Makefile"
    makefile.write_text(makefile.read_text().replace("GDB=gdb-16.3", "GDB=gdb-16.9"))
    (root / "gdb-16.3").rename(root / "gdb-16.9")
    tree = parse_tree(root)
    assert (tree.gdb_version, tree.gdb_define, tree.built) == ("16.9", "GDB_16_3", True)


def test_a_gdb_override_that_names_no_row_is_ignored(tmp_path: Path) -> None:
    root = copy_tree("gdb-override", tmp_path)
    (root / ".gdb").write_text("3.14\n")
    assert parse_tree(root).gdb_version == "10.2"


def test_the_link_of_make_glink_is_no_gdb_source(tmp_path: Path) -> None:
    root = copy_tree("8.0.2", tmp_path)
    (root / "gdb").symlink_to("gdb-10.2/gdb")
    (root / "gdb-10.2").rename(root / "elsewhere")
    assert parse_tree(root).gdb_dir is None


BROKEN = [
    ("broken-no-defs", "has no defs.h, so it is not a crash source tree", "unpacked crash source tree"),
    ("broken-makefile", "is not crash's Makefile: it has no line for TARGET or GDB", "unpack the crash source again"),
    ("broken-target", "names the crash target 'VAX', which is not known", "LOONGARCH64"),
    (
        "broken-gdb-major",
        "with gdb 12.1; there is no bridge for gdb 12 in ext/ yet",
        f"gdb {' or '.join(map(str, sorted(bridge_sources())))}, or write ext/gdb/gdb12_bridge.cpp",
    ),
    ("broken-gdb-contradiction", "contradicts itself: GDB=gdb-16.3, but GDB_FLAGS=-DGDB_10_2", "make clean"),
    ("broken-target-contradiction", "configured for X86_64, but its gdb was built for ARM64", "freshly unpacked"),
    ("broken-version", "version of the crash tree", "echo 9.0.2 > "),
    ("broken-configure", "GDB= in its Makefile is empty", "unpack the crash source again"),
    ("crash-devel", "like a distribution's crash-devel package", "complete source tree of the same crash version"),
]


@pytest.mark.parametrize(("name", "what", "next_step"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_trees(name: str, what: str, next_step: str, tmp_path: Path) -> None:
    root = copy_tree(name, tmp_path)
    with pytest.raises(BuildError) as caught:
        check_usable(parse_tree(root))
    assert what in caught.value.what
    assert str(root) in caught.value.what
    assert next_step in caught.value.next_step
    assert "\n" not in caught.value.what


def test_a_folder_that_does_not_exist() -> None:
    with pytest.raises(BuildError) as caught:
        parse_tree(Path("/nonexistent"))
    assert str(caught.value) == (
        "crash=/nonexistent does not exist.\n  Next: give crash= the folder of an unpacked crash source tree "
        "(the one with defs.h, Makefile and configure.c)"
    )


@pytest.mark.parametrize(("name", "kind"), [("crash-9.0.2.tar.gz", "a source archive"), ("crash", "a file")])
def test_a_file_is_no_tree(name: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(BuildError, match=f"is {kind}, not a folder"):
        parse_tree(tmp_path / name)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"has no defs\.h"):
        parse_tree(tmp_path)


def test_for_the_folder_above_the_tree_the_error_names_the_tree(tmp_path: Path) -> None:
    root = copy_tree("8.0.6", tmp_path)
    with pytest.raises(BuildError) as caught:
        parse_tree(tmp_path)
    assert caught.value.next_step == f"did you mean crash={root.resolve()}?"


def test_a_program_that_is_no_elf(tmp_path: Path) -> None:
    root = copy_tree("8.0.2", tmp_path)
    (root / "crash").write_text("#!/bin/sh\n")
    with pytest.raises(BuildError, match="not an ELF program"):
        parse_tree(root)


def test_gdb_without_a_bridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = parse_tree(copy_tree("7.2.8", tmp_path, platform.machine()))
    check_usable(tree)
    monkeypatch.setattr(crash_tree, "bridge_sources", lambda: {10: Path("x"), 16: Path("y")})
    with pytest.raises(BuildError, match=r"crash 7\.2\.8 with gdb 7\.6; there is no bridge for gdb 7") as caught:
        check_usable(tree)
    assert "gdb 10 or 16" in caught.value.next_step


def test_a_tree_built_for_another_machine(tmp_path: Path) -> None:
    tree = parse_tree(copy_tree("8.0.2", tmp_path, "s390x"))
    with pytest.raises(BuildError, match="runs on s390x, but this machine is x86_64"):
        check_usable(tree, "x86_64")
    check_usable(tree, "s390x")


def test_flags_for_c_units(tmp_path: Path) -> None:
    root = copy_tree("8.0.2", tmp_path, platform.machine())
    flags = ["-isystem", str(root.resolve()), "-DX86_64", "-DLZO", "-DSNAPPY", "-DGDB_10_2"]
    assert compile_flags(parse_tree(root), "c") == flags


def test_flags_for_bridges_put_gdbs_own_defs_h_first(tmp_path: Path) -> None:
    root = copy_tree("9.0.2-debian-built", tmp_path, platform.machine())
    flags = compile_flags(parse_tree(root), "c++")
    folders = [word for word in flags if Path(word).is_dir()]
    assert flags[:2] == ["-isystem", folders[0]]
    assert folders[:2] == [f"{root.resolve()}/gdb-16.3/gdb", f"{root.resolve()}/gdb-16.3"]
    assert "-DGDB_16_3" in flags
    assert str(root.resolve()) not in flags


def test_flags_for_the_bridge_to_gdb_7(tmp_path: Path) -> None:
    root = copy_tree("7.2.8", tmp_path, platform.machine()).resolve()
    flags = compile_flags(parse_tree(root), "c++")
    gdb = root / "gdb-7.6" / "gdb"
    assert [flags[1], flags[3]] == [str(gdb), f"{gdb}/common"]
    assert f"{gdb}/build-gnulib/import" in flags
    assert "-DGDB_7_6" in flags


def test_bridges_need_a_built_tree() -> None:
    tree = parse_tree(FIXTURES / "9.0.2-debian")
    assert "-DGDB_16_3" in compile_flags(tree, "c")
    with pytest.raises(BuildError, match="is not built"):
        compile_flags(tree, "c++")
