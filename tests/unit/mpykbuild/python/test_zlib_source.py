# SPDX-License-Identifier: GPL-3.0-or-later
"""zlib's sources in a CPython tree, and the rows of Setup.local that compile them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS, PROJECT
from mpykbuild.python import manifest, zlib_source


def python_tree(folder: Path) -> None:
    (folder / "Python-3" / "Modules").mkdir(parents=True)
    (folder / "Python-3" / "configure").touch()


def zlib_tree(folder: Path) -> None:
    for name in ("zlib.h", "adler32.c", "configure", "README"):
        (folder / name).write_text(name)


def test_sources_and_headers_are_added(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    zlib_source.source_with_zlib(python_tree, zlib_tree, tree)
    added = tree / "Python-3" / "Modules" / "zlib"
    assert sorted(path.name for path in added.iterdir()) == ["adler32.c", "zlib.h"]
    assert [path.name for path in tmp_path.iterdir()] == ["tree"], "the work folder is gone"


def test_a_source_that_is_not_zlib_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    with pytest.raises(BuildError, match=r"no zlib\.h"):
        zlib_source.source_with_zlib(python_tree, lambda folder: None, tmp_path / "tree")


@pytest.mark.parametrize("minor", manifest.known_minors(MANIFESTS))
def test_every_manifest_compiles_the_same_units(minor: str) -> None:
    text = (MANIFESTS / minor / manifest.SETUP).read_text().replace("\\\n", " ")
    (row,) = [line.split() for line in text.splitlines() if line.startswith("zlib ")]
    units = {word for word in row if word.startswith("zlib/")}
    assert len(units) == 10
    assert f"-I$(srcdir)/{zlib_source.FOLDER}" in row


def test_the_bundled_licence_is_zlibs() -> None:
    text = (PROJECT / "pykdump" / "licences" / "zlib.txt").read_text()
    assert re.search(r"Jean-loup Gailly and Mark Adler", text)
    assert "provided 'as-is'" in text
