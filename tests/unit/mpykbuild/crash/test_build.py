# SPDX-License-Identifier: GPL-3.0-or-later
"""The build of crash, with a stand-in for its source that builds in a moment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mpykbuild.base.cache import Product
from mpykbuild.base.errors import BuildError
from mpykbuild.base.run_log import RunLog
from mpykbuild.crash import build as crash_build
from mpykbuild.crash import tree as crash_tree
from mpykbuild.crash.build import Toolchain
from mpykbuild.crash.tree import parse_tree
from support.crashtrees import copy_tree
from support.pins import OTHER_TARGET, TARGET

ALL = Toolchain("gcc 1", ("zlib", "ncurses", "gmp", "mpfr", "lzo", "zstd"))
needs_compiler = pytest.mark.skipif(shutil.which("gcc") is None or shutil.which("make") is None, reason="needs gcc")

# Like crash's Makefile it configures the tree in place, unpacks gdb in the tree, and leaves objects behind.
MAKEFILE = """
TARGET=
GDB=
GDB_FLAGS=
LDFLAGS=
TARGET_CFLAGS=

all:
\tenv | sort > environment.h
\tumask > umask.h
\tmkdir -p gdb-10.2/gdb gdb-10.2/gdb/testsuite gdb-10.2/sim
\techo > gdb-10.2/gdb/config.h; echo > gdb-10.2/gdb/gdbtypes.h; echo > gdb-10.2/gdb/value.c
\techo > gdb-10.2/gdb/testsuite/test.h; echo > gdb-10.2/sim/sim.h
\techo $(THE_TARGET) > gdb-10.2/crash.target
\techo 'int main(void) { return puts("crash $(SAYS)") < 0; }' > main.c
\tgcc -O0 -include stdio.h -c -o main.o main.c && gcc -o crash main.o
\tsed -i -e 's/^GDB=$$/GDB=gdb-10.2/' -e 's/^GDB_FLAGS=$$/GDB_FLAGS=-DGDB_10_2/' -e 's/^TARGET=$$/TARGET=$(THE_TARGET)/' Makefile
"""  # noqa: E501


def stand_in(folder: Path, makefile: str = MAKEFILE, says: str = "8.0.6") -> Path:
    root = copy_tree("8.0.6", folder)
    (root / "gdb-10.2.tar.gz").write_bytes(b"gdb")
    (root / "Makefile").write_text(makefile.replace("$(SAYS)", says).replace("$(THE_TARGET)", TARGET))
    return root


def listing(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything about the files of a tree that a build could change."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {
        str(path.relative_to(root)): (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes()) for path in files
    }


def build(root: Path, cache: Path) -> Path:
    wanted = crash_build.crash_product_of_tree(parse_tree(root), cache, ALL)
    return crash_build.build_crash(wanted, root, RunLog("crash", wanted.log), 2, ALL)


def test_the_machines_toolchain() -> None:
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc")
    found = crash_build.probe_toolchain()
    assert "gcc" in found.compiler
    assert set(found.libraries) <= {row.name for row in crash_build.LIBRARIES}


def test_a_missing_compiler_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="gcc cannot be run") as caught:
        crash_build.probe_toolchain(str(tmp_path))
    assert "install gcc" in caught.value.next_step


def test_the_key_of_a_copy_is_the_same(tmp_path: Path) -> None:
    root = copy_tree("9.0.2-debian", tmp_path)
    (root / ".git").mkdir()
    (root / ".git" / "HEAD").write_text("x")
    shutil.copytree(root, tmp_path / "copy", ignore=shutil.ignore_patterns(".git"))
    assert crash_build.tree_key(root) == crash_build.tree_key(tmp_path / "copy")


@pytest.mark.parametrize("change", ["edit", "same size", "rename", "new", "gdb's time", "large file's time", "link"])
def test_the_key_changes_with_the_tree(change: str, tmp_path: Path) -> None:
    root = copy_tree("9.0.2-debian", tmp_path)
    large = root / "archive.tar.gz"
    large.write_bytes(bytes(crash_build.HASHED_SIZE + 1))
    (root / "link").symlink_to("defs.h")
    before = crash_build.tree_key(root)
    defs = root / "defs.h"
    if change == "edit":
        defs.write_text(defs.read_text() + "/* more */\n")
    elif change == "same size":
        facts = defs.stat()
        defs.write_text(defs.read_text().replace("20", "21"))
        os.utime(defs, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    elif change == "rename":
        defs.rename(root / "definitions.h")
    elif change == "new":
        (root / "CFLAGS.extra").write_text("-DLZO\n")
    elif change == "link":
        (root / "link").unlink()
        (root / "link").symlink_to("Makefile")
    else:
        os.utime(large if "large" in change else root / "gdb" / "gdb" / "symtab.h", (1, 1))
    assert crash_build.tree_key(root) != before


def test_a_touched_source_file_is_the_same_source(tmp_path: Path) -> None:
    root = copy_tree("8.0.6", tmp_path)
    before = crash_build.tree_key(root)
    os.utime(root / "defs.h", (1, 1))
    assert crash_build.tree_key(root) == before


def test_what_a_product_depends_on(tmp_path: Path) -> None:
    def key(source: str = "a", tools: Toolchain = ALL, target: str = TARGET) -> Product:
        return crash_build.crash_product(source, "1.2", tmp_path, tools, target)

    assert key() == key()
    assert key().path.parent == tmp_path / "crash"
    assert key().path.name.startswith("1.2-")
    others = [key("b"), key(tools=Toolchain("gcc 2", ALL.libraries)), key(tools=Toolchain("gcc 1", ("zlib",)))]
    others.append(key(target=OTHER_TARGET))
    assert len({product.key for product in (key(), *others)}) == 5
    assert others[-1].path.name.startswith(f"1.2-{OTHER_TARGET.lower()}-"), "in its name, too"


@needs_compiler
def test_another_target_than_the_machines(tmp_path: Path) -> None:
    makefile = MAKEFILE.replace("$(THE_TARGET)", "$(target)").replace(
        "environment.h", "environment.h; echo $(target) > t.h"
    )
    root = stand_in(tmp_path, makefile)
    wanted = crash_build.crash_product("hash", "8.0.6", tmp_path / "cache", ALL, OTHER_TARGET)
    folder = crash_build.build_crash(wanted, root, RunLog("crash", wanted.log), 2, ALL, target=OTHER_TARGET)
    assert parse_tree(folder / "tree").target == OTHER_TARGET
    assert (folder / "tree" / "t.h").read_text() == f"{OTHER_TARGET}\n"


def test_a_tree_without_gdb_says_which_file_is_missing(tmp_path: Path) -> None:
    root = copy_tree("8.0.6", tmp_path)
    with pytest.raises(BuildError) as caught:
        crash_build.crash_product_of_tree(parse_tree(root), tmp_path, ALL)
    assert "has neither the folder gdb-10.2 nor gdb-10.2.tar.gz" in caught.value.what
    assert caught.value.next_step == f"put gdb-10.2.tar.gz (from https://ftp.gnu.org/gnu/gdb/) into {root.resolve()}"


def test_gdb_unpacked_by_hand_lacks_crashs_patch(tmp_path: Path) -> None:
    root = copy_tree("8.0.2", tmp_path)
    crash_build.check_buildable(parse_tree(root), ALL)
    (root / "gdb-10.2.patch").write_text("--- a\n")
    with pytest.raises(BuildError, match="was unpacked by hand") as caught:
        crash_build.check_buildable(parse_tree(root), ALL)
    assert "make gdb_patch GDB=gdb-10.2" in caught.value.next_step
    (root / "gdb-10.2" / "gdb-10.2.patch").write_text("--- a\n")
    crash_build.check_buildable(parse_tree(root), ALL)


@pytest.mark.parametrize(
    ("name", "missing", "refused"),
    [("9.0.2-debian", "gmp", True), ("8.0.6", "gmp", False), ("8.0.6", "zlib", True), ("8.0.6", "lzo", False)],
)
def test_missing_headers(name: str, missing: str, refused: bool, tmp_path: Path) -> None:
    root = copy_tree(name, tmp_path)
    (root / "gdb-10.2.tar.gz").write_bytes(b"gdb")
    tools = Toolchain("gcc 1", tuple(name for name in ALL.libraries if name != missing))
    if refused:
        with pytest.raises(BuildError, match=f"the headers of {missing} are not installed") as caught:
            crash_build.crash_product_of_tree(parse_tree(root), tmp_path, tools)
        assert "-dev (Debian)" in caught.value.next_step
    else:
        crash_build.crash_product_of_tree(parse_tree(root), tmp_path, tools)


def test_gdb_without_a_bridge_is_refused_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crash_tree, "bridge_sources", lambda: {10: Path("x"), 16: Path("y")})
    with pytest.raises(BuildError, match="no bridge for gdb 7"):
        crash_build.crash_product_of_tree(parse_tree(copy_tree("7.2.8-unbuilt", tmp_path)), tmp_path, ALL)


@needs_compiler
def test_build_keeps_the_program_and_the_headers_only(tmp_path: Path) -> None:
    root = stand_in(tmp_path)
    before = listing(root)
    folder = build(root, tmp_path / "cache")
    assert listing(root) == before
    kept = sorted(str(path.relative_to(folder / "tree")) for path in (folder / "tree").rglob("*") if path.is_file())
    assert kept == [
        ".rh_rpm_package", "CFLAGS.extra", "LDFLAGS.extra", "Makefile", "configure.c", "crash", "defs.h",
        "environment.h", "gdb-10.2/crash.target", "gdb-10.2/gdb/config.h", "gdb-10.2/gdb/gdbtypes.h", "umask.h",
    ]  # fmt: skip
    assert not (folder / "build").exists()
    tree = parse_tree(folder / "tree")
    assert (tree.built, tree.version, tree.flags) == (True, "8.0.6", ("-DLZO", "-DZSTD"))
    assert tree.link_flags == ("-llzo2", "-lzstd")


@needs_compiler
def test_build_runs_once(tmp_path: Path) -> None:
    root = stand_in(tmp_path)
    folder = build(root, tmp_path / "cache")
    stamp = (folder / "product.json").stat().st_mtime_ns
    assert build(root, tmp_path / "cache") == folder
    assert (folder / "product.json").stat().st_mtime_ns == stamp


@needs_compiler
def test_the_environment_of_make_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("MAKEFLAGS", "-n"), ("CPATH", "/x"), ("LC_ALL", "de_DE"), ("TZ", "Asia/Tokyo")):
        monkeypatch.setenv(name, value)
    old = os.umask(0o077)
    try:
        folder = build(stand_in(tmp_path), tmp_path / "cache")
    finally:
        os.umask(old)
    env = dict(line.split("=", 1) for line in (folder / "tree" / "environment.h").read_text().splitlines())
    assert (env["LC_ALL"], env["TZ"], env["SOURCE_DATE_EPOCH"]) == ("C.UTF-8", "UTC", crash_build.SOURCE_DATE_EPOCH)
    assert (env["CFLAGS"], env["CXXFLAGS"]) == ("-O2 -g0 -std=gnu17", "-O2 -g0")
    assert "CPATH" not in env
    assert (folder / "tree" / "umask.h").read_text().strip() == "0022"


@needs_compiler
def test_cache_folder_with_a_blank(tmp_path: Path) -> None:
    folder = build(stand_in(tmp_path), tmp_path / "my cache")
    assert parse_tree(folder / "tree").built


def test_cache_folder_with_a_character_that_makefiles_cannot_take(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="another character that its makefiles cannot take") as caught:
        build(stand_in(tmp_path), tmp_path / "my;cache")
    assert "MPYKDUMP_CACHE" in caught.value.next_step


@needs_compiler
def test_a_source_that_is_unpacked_on_demand(tmp_path: Path) -> None:
    """Pinned archives have one folder at the top."""
    wanted = crash_build.crash_product("hash", "8.0.6", tmp_path / "cache", ALL)

    def unpack(place: Path) -> None:
        shutil.move(stand_in(tmp_path), place / "crash-8.0.6")

    folder = crash_build.build_crash(wanted, unpack, RunLog("crash", wanted.log), 1, ALL)
    assert parse_tree(folder / "tree").built


@needs_compiler
@pytest.mark.parametrize(
    ("makefile", "says", "what"),
    [
        (MAKEFILE.replace("&& gcc -o crash main.o", ""), "8.0.6", "ended without an error but made no crash program"),
        (MAKEFILE, "8.0.5", "prints '8.0.5' (status 0), but version 8.0.6 was expected"),
        (MAKEFILE.replace("\tenv", "\twget http://x/gdb.tgz\n\tenv"), "8.0.6", "downloads are refused"),
    ],
)
def test_a_build_that_went_wrong_leaves_nothing(makefile: str, says: str, what: str, tmp_path: Path) -> None:
    root = stand_in(tmp_path, makefile, says)
    with pytest.raises(BuildError) as caught:
        build(root, tmp_path / "cache")
    assert what in caught.value.what
    wanted = crash_build.crash_product_of_tree(parse_tree(root), tmp_path / "cache", ALL)
    assert str(wanted.log) in str(caught.value)
    assert wanted.log.is_file() and not wanted.is_built()
    assert not list((tmp_path / "cache").rglob("build"))


@needs_compiler
def test_leftovers_of_an_unfinished_build_do_not_count(tmp_path: Path) -> None:
    root = stand_in(tmp_path)
    (root / "main.o").write_bytes(b"of another compiler")
    (root / "gdb-10.2" / "gdb").mkdir(parents=True)
    (root / "gdb-10.2" / "gdb" / "gdbtypes.h").write_text("old")
    (root / "gdb-10.2" / "config.status").write_text("old")
    folder = build(root, tmp_path / "cache")
    assert (folder / "tree" / "gdb-10.2" / "gdb" / "gdbtypes.h").read_text() != "old"
    assert (root / "main.o").exists()


def test_gdbs_configure_flags_fit_into_crashs_buffer() -> None:
    longest = "GDB_CONF_FLAGS=--target=powerpc64le-unknown-linux-gnu CFLAGS=-m32 CXXFLAGS=-m32"
    assert len(" ".join((longest, *crash_build.GDB_CONFIGURE_FLAGS))) < 500
