# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive manifests: for small trees, and for real releases without their own manifest."""

from __future__ import annotations

import re
import shutil
import tarfile
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS, default_cache_root
from mpykbuild.fetch import sources
from mpykbuild.python import derive_manifest, manifest
from mpykbuild.python.derive_manifest import Derived
from mpykbuild.python.inside import imports
from support.fakepython import MINOR, later_minor, make_manifests, make_source

NEXT = later_minor(1)
READ = re.compile(r"[^/]+/(Modules/(Setup|Setup\.\w+\.in|config\.c\.in)|setup\.py|Lib/(?!(.*/)?tests?/).*\.py)")


def derived(source: Path, manifests: Path, minor: str) -> Derived:
    known = derive_manifest.described_releases(manifests, minor, source)
    lib = source / "Lib"
    listed, _ = known[0].stdlib.resolve(lib)
    imported = {name for names in imports.survey_imports(lib, listed).values() for name in names}
    result = derive_manifest.derive_modules(known, source, frozenset(imported))
    builtin = frozenset(result.texts[manifest.BUILTIN].splitlines()[1:])
    derive_manifest.derive_stdlib(known, result, lib, builtin, imports.survey_imports)
    (manifests / minor).mkdir()
    for name, text in result.texts.items():
        (manifests / minor / name).write_text(text)
    return result


def test_an_equal_release_gives_an_equal_manifest(tmp_path: Path) -> None:
    source, manifests = make_source(tmp_path / "src"), make_manifests(tmp_path / "manifests")
    result = derived(source, manifests, NEXT)
    assert result.base == MINOR
    assert (result.appeared, result.vanished, result.questions) == ([], [], [])
    made, model = (manifest.load_manifest(manifests, minor) for minor in (NEXT, MINOR))
    assert (made.builtin, made.disabled, made.stdlib) == (model.builtin, model.disabled, model.stdlib)
    manifest.check_source(made, source)


def test_appeared_and_vanished_modules_are_reported(tmp_path: Path) -> None:
    source, manifests = make_source(tmp_path / "src"), make_manifests(tmp_path / "manifests")
    stdlib = source / "Modules" / "Setup.stdlib.in"
    rows = stdlib.read_text().replace("@MODULE_ARRAY_TRUE@array arraymodule.c\n", "")
    stdlib.write_text(rows + "@MODULE__FRESH_TRUE@_fresh fresh.c\n@MODULE__IDLE_TRUE@_idle idle.c\n")
    lib = source / "Lib"
    (lib / "abc.py").write_text("import _fresh, newer, gone_for_good\nfrom json import decoder\n")
    (lib / "newer.py").write_text("import tkinter\n")
    (lib / "lonely.py").write_text("")
    shutil.rmtree(lib / "json")
    (lib / "json.py").write_text("decoder = 1\n")
    result = derived(source, manifests, NEXT)
    assert result.appeared == [
        "C module _fresh: built in", "C module _idle: left out",
        f"stdlib lonely: left out (not in {MINOR}, and nothing listed imports it: look at it)",
        "stdlib newer: listed",
    ]  # fmt: skip
    assert result.vanished == ["C module array", "stdlib json.decoder"]
    asked = "\n".join(result.questions)
    for part in ("C module _fresh is built in", "_idle is left out", "gone_for_good", "lonely", "tkinter is imported"):
        assert part in asked
    made = manifest.load_manifest(manifests, NEXT)
    manifest.check_source(made, source)
    files, _ = made.stdlib.resolve(lib)
    manifest.check_stdlib(made, lib, imports.survey_imports(lib, files))


def test_name_that_only_some_patch_releases_import_keeps_its_question_mark(tmp_path: Path) -> None:
    source, manifests = make_source(tmp_path / "src"), make_manifests(tmp_path / "manifests")
    model = manifests / MINOR / manifest.STDLIB
    model.write_text(model.read_text().replace("zlib: does", "zlib?: does"))
    derived(source, manifests, NEXT)
    assert manifest.load_manifest(manifests, NEXT).stdlib.sometimes_imported == {"zlib"}


def test_the_most_similar_release_comes_first(tmp_path: Path) -> None:
    source, manifests = make_source(tmp_path / "src"), make_manifests(tmp_path / "manifests")
    unverified, last = later_minor(2), later_minor(3)
    for minor in (unverified, last):
        make_manifests(manifests, minor)
    (manifests / unverified / manifest.UNVERIFIED).write_text("not built\n")
    names = [one.folder.name for one in derive_manifest.described_releases(manifests, NEXT, source)]
    assert names == [MINOR, unverified, last]
    (source / "Modules" / "Setup.stdlib.in").unlink()
    (manifests / last / manifest.SETUP).write_text("*static*\narray arraymodule.c\n*disabled*\nzlib xx\n")
    assert derive_manifest.described_releases(manifests, NEXT, source)[0].folder.name == last


def test_nothing_described_is_nothing_to_start_from(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="describes no release"):
        derive_manifest.described_releases(tmp_path, NEXT, tmp_path)


def unpacked(minor: str, place: Path) -> Path:
    """Unpack what is read of a pinned source that an earlier build has left in the cache."""
    pinned = sources.load_sources().python(minor)
    names = {file.wanted.name for group in pinned.sets for file in group.files}
    found = [path for name in names if (path := default_cache_root() / "downloads" / name).is_file()]
    if not found:
        pytest.skip(f"the source of {pinned} is not in the cache: build it once")
    with tarfile.open(found[0]) as archive:
        wanted = [member for member in archive if member.isfile() and READ.fullmatch(member.name)]
        archive.extractall(place, members=wanted)
    return next(place.iterdir())


@pytest.mark.parametrize("minor", ["3.9", "3.11"])
def test_a_release_whose_folder_is_gone_is_described_as_before(minor: str, tmp_path: Path) -> None:
    source = unpacked(minor, tmp_path / "src")
    shutil.copytree(MANIFESTS, tmp_path / "manifests", ignore=shutil.ignore_patterns(minor))
    result = derived(source, tmp_path / "manifests", minor)
    made, ours = manifest.load_manifest(tmp_path / "manifests", minor), manifest.load_manifest(MANIFESTS, minor)
    assert made.builtin == ours.builtin
    assert made.disabled == ours.disabled
    assert made.configured == ours.configured
    assert made.stdlib.whole == ours.stdlib.whole
    assert {name: set(subs) for name, subs in made.stdlib.parts.items()} == {
        name: set(subs) for name, subs in ours.stdlib.parts.items()
    }
    assert made.stdlib.omitted.keys() == ours.stdlib.omitted.keys()
    assert made.stdlib.absent.keys() == ours.stdlib.absent.keys()
    manifest.check_source(made, source)
    assert result.vanished != []


def test_derived_folder_differs_only_in_comments_and_question_marks(tmp_path: Path) -> None:
    """The releases around 3.11 give the same reasons as 3.11, so nothing else need be edited."""
    source = unpacked("3.11", tmp_path / "src")
    shutil.copytree(MANIFESTS, tmp_path / "manifests", ignore=shutil.ignore_patterns("3.11"))
    result = derived(source, tmp_path / "manifests", "3.11")
    assert result.questions == []
    for name in (manifest.SETUP, manifest.BUILTIN, manifest.STDLIB):
        made, ours = (
            [
                re.sub(r"\?(?=[ :])", "", line)
                for line in (root / "3.11" / name).read_text().splitlines()
                if not line.startswith("#")
            ]
            for root in (tmp_path / "manifests", MANIFESTS)
        )
        assert made == ours, name
