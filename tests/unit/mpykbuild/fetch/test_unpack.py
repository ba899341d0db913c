# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacking: good archives give the right trees, and a member that would be written outside is an error."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.fetch import unpack
from mpykbuild.fetch.download import PinnedFile
from mpykbuild.fetch.sources import DebianOrigin, FileSet, Source, SourceFile

Member = tuple[tarfile.TarInfo, bytes]


def file(name: str, content: bytes = b"x\n", mode: int = 0o644) -> Member:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime, info.uid = len(content), mode, 1_000_000_000, 12345
    return info, content


def special(name: str, kind: bytes, target: str = "") -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def archive(path: Path, *members: Member, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return path


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_first_part_of_names_is_dropped(tmp_path: Path, mode: str) -> None:
    path = archive(
        tmp_path / "a.tar", special("./top-1.0/", tarfile.DIRTYPE), file("./top-1.0/sub/run", mode=0o6755),
        file("./top-1.0/sub/data", mode=0o600), special("./top-1.0/link", tarfile.SYMTYPE, "sub/data"),
        special("./top-1.0/hard", tarfile.LNKTYPE, "./top-1.0/sub/data"), mode=mode,
    )  # fmt: skip
    tree = tmp_path / "tree"
    unpack.unpack_tarball(path, tree)
    assert everything_in(tree) == ["hard", "link", "sub", "sub/data", "sub/run"]
    assert (tree / "link").readlink() == Path("sub/data")
    run = (tree / "sub" / "run").stat()
    assert (oct(run.st_mode & 0o7777), run.st_mtime, run.st_uid) == ("0o755", 1_000_000_000, os.getuid())
    assert oct((tree / "sub" / "data").stat().st_mode & 0o7777) == "0o644"


def test_umask_does_not_matter(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        unpack.unpack_tarball(archive(tmp_path / "a.tar", file("t/sub/x")), tmp_path / "tree")
    finally:
        os.umask(before)
    assert oct((tmp_path / "tree" / "sub" / "x").stat().st_mode & 0o777) == "0o644"


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ([file("t/../../escaped")], "would be written outside"),
        ([file("/escaped")], "would be written outside"),
        ([special("t/link", tarfile.SYMTYPE, "/etc")], "points outside"),
        ([special("t/link", tarfile.SYMTYPE, "../escaped")], "points outside"),
        ([special("t/sub/link", tarfile.SYMTYPE, "x/../../../escaped")], "points outside"),
        ([special("t/sub", tarfile.DIRTYPE), special("t/link", tarfile.SYMTYPE, "sub"), file("t/link/x")],
         "through the link"),
        ([special("t/sub", tarfile.DIRTYPE), special("t/link", tarfile.SYMTYPE, "sub"),
          special("t/link/", tarfile.DIRTYPE)], "through the link"),
        ([special("t/hard", tarfile.LNKTYPE, "../../etc/passwd")], "would be written outside"),
        ([special("t/hard", tarfile.LNKTYPE, "/etc/passwd")], "would be written outside"),
        ([special("t/fifo", tarfile.FIFOTYPE)], "is not a file"),
        ([special("t/device", tarfile.CHRTYPE)], "is not a file"),
    ],
)  # fmt: skip
def test_members_outside_of_the_tree_are_refused(tmp_path: Path, members: list[Member], complaint: str) -> None:
    path = archive(tmp_path / "a.tar", *members)
    with pytest.raises(BuildError, match=complaint):
        unpack.unpack_tarball(path, tmp_path / "out" / "tree")
    assert not [name for name in everything_in(tmp_path) if "escaped" in name]


def test_a_file_does_not_write_through_a_link_of_its_own_name(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar", file("t/x", b"kept"), special("t/y", tarfile.SYMTYPE, "x"), file("t/y", b"new"))
    unpack.unpack_tarball(path, tmp_path / "tree")
    assert (tmp_path / "tree" / "x").read_bytes() == b"kept"
    assert (tmp_path / "tree" / "y").read_bytes() == b"new"


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"no archive"])
def test_broken_archive_is_a_build_error(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = archive(tmp_path / "a.tar", file("t/x", os.urandom(100_000)))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BuildError, match=f"{path} cannot be unpacked into"):
        unpack.unpack_tarball(path, tmp_path / "tree")


def source(layout: str, *names: str) -> Source:
    files = tuple(SourceFile(PinnedFile(name, "0" * 64), (DebianOrigin("crash", name),)) for name in names)
    return Source("crash", "9.9.9", (FileSet("tarball", ()), FileSet(layout, files, "16.3")))


def test_crash_layout_puts_the_gdb_tarball_into_the_tree(tmp_path: Path) -> None:
    files = [archive(tmp_path / "crash.tar.gz", file("crash-9/defs.h")), archive(tmp_path / "gdb.tar.gz")]
    unpack.unpack_source(source("crash", "crash.tar.gz", "gdb.tar.gz"), files, tmp_path / "tree")
    assert everything_in(tmp_path / "tree") == ["defs.h", "gdb.tar.gz"]


PATCH = b"""Why: a test
--- a/defs.h
+++ b/defs.h
@@ -1 +1 @@
-old
+new
"""


def debian_package(folder: Path, content: bytes) -> list[Path]:
    return [
        archive(folder / "c.orig.tar.gz", file("crash-9/defs.h", content)),
        archive(folder / "c.orig-gdb.tar.gz", file("./gdb-16/gdb/x.c")),
        archive(folder / "c.debian.tar.xz", file("debian/patches/series", b"# first\nfix.patch\n\n"),
                file("debian/patches/fix.patch", PATCH), mode="w:xz"),
    ]  # fmt: skip


@pytest.mark.skipif(not shutil.which("patch"), reason="needs patch")
def test_debian_layout_adds_components_and_applies_patches(tmp_path: Path) -> None:
    files = debian_package(tmp_path, b"old\n")
    unpack.unpack_source(source("debian", *(path.name for path in files)), files, tmp_path / "tree")
    assert (tmp_path / "tree" / "defs.h").read_text() == "new\n"
    assert (tmp_path / "tree" / "gdb" / "gdb" / "x.c").is_file()


@pytest.mark.skipif(not shutil.which("patch"), reason="needs patch")
def test_a_patch_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    files = debian_package(tmp_path, b"something else\n")
    with pytest.raises(BuildError, match=r"(?s)fix.patch does not apply.*FAILED"):
        unpack.unpack_source(source("debian", *(path.name for path in files)), files, tmp_path / "tree")
