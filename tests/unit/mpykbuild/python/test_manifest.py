# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare manifests with upstream's files in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS
from mpykbuild.python import manifest
from mpykbuild.python.inside import imports
from support.fakepython import MINOR, make_manifests, make_source


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_source(tmp_path / "src")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_manifests(tmp_path / "manifests") / MINOR


def load(folder: Path) -> manifest.Manifest:
    return manifest.load_manifest(folder.parent, MINOR)


def complaint(folder: Path, source: Path) -> str:
    with pytest.raises(BuildError) as caught:
        manifest.check_source(load(folder), source)
    return caught.value.what


def test_a_fitting_manifest_is_accepted(folder: Path, source: Path) -> None:
    manifest.check_source(load(folder), source)


def test_setup_local_is_read_like_makesetup_does(folder: Path) -> None:
    (folder / "Setup.local").write_text("X=1\nours ours.c -I.\n*disabled*\na b # c\n*static*\nmore more.c\n")
    wanted = load(folder)
    assert (wanted.disabled, wanted.configured) == ({"a", "b"}, {"ours", "more"})


def test_the_error_has_all_differences_of_the_modules(folder: Path, source: Path) -> None:
    (folder / "Setup.local").write_text("*disabled*\nzlib gone\n")
    (folder / "builtin.lst").write_text("array posix never\n")
    message = complaint(folder, source)
    assert "Setup.local names gone, which upstream's Setup files do not have" in message
    assert "upstream has xx, which Setup.local does not disable" in message
    assert "builtin.lst lists never, which upstream does not have" in message
    assert "_core is always built in, but builtin.lst does not list it" in message
    assert "array" not in message


def test_a_module_cannot_be_wanted_and_disabled(folder: Path, source: Path) -> None:
    (folder / "builtin.lst").write_text("_core array posix zlib\n")
    assert "builtin.lst lists zlib, which Setup.local disables" in complaint(folder, source)


def test_the_error_has_all_differences_of_the_stdlib(folder: Path, source: Path) -> None:
    (source / "Lib" / "fresh.py").write_text("")
    (source / "Lib" / "json" / "decoder.py").unlink()
    text = "os abc old\njson: decoder\n[omitted]\nabc vanished: no use\n"
    (folder / "stdlib.lst").write_text(text)
    message = complaint(folder, source)
    for sentence in (
        "upstream's Lib has fresh, which stdlib.lst does not mention",
        "upstream's Lib has tkinter, which stdlib.lst does not mention",
        "stdlib.lst lists old, which is not in Lib",
        "stdlib.lst lists json.decoder, which is not in Lib",
        "stdlib.lst omits vanished, which is not in Lib",
        "stdlib.lst both lists and omits abc",
    ):
        assert sentence in message


def test_a_list_with_all_its_imports_is_accepted(folder: Path, source: Path) -> None:
    wanted, lib = load(folder), source / "Lib"
    files, _ = wanted.stdlib.resolve(lib)
    manifest.check_stdlib(wanted, lib, imports.survey_imports(lib, files))


def test_missing_imports_and_needless_absent_names_are_errors(folder: Path, source: Path) -> None:
    text = "os abc\njson\n[omitted]\ntkinter: no use\n[absent]\nxml sometimes?: for nothing\n"
    (folder / "stdlib.lst").write_text(text)
    wanted, lib = load(folder), source / "Lib"
    files, _ = wanted.stdlib.resolve(lib)
    with pytest.raises(BuildError) as caught:
        manifest.check_stdlib(wanted, lib, imports.survey_imports(lib, files))
    message = caught.value.what
    assert "zlib is imported by os, but stdlib.lst neither lists it" in message
    assert "tkinter is imported by json.tool, but" in message
    assert "stdlib.lst calls xml [absent], but nothing listed imports it" in message
    assert "sometimes" not in message


def test_builtin_mismatch_lists_both_directions(folder: Path) -> None:
    with pytest.raises(BuildError) as caught:
        manifest.check_builtins(load(folder), ["_core", "posix", "extra"])
    assert "builtin.lst lists array, which the interpreter lacks" in caught.value.what
    assert "the interpreter has extra, which builtin.lst does not list" in caught.value.what


def test_an_unknown_minor_names_the_known_ones(folder: Path) -> None:
    make_manifests(folder.parent, "3.9")
    with pytest.raises(BuildError, match=r"Python 3\.8 has no complete manifest") as caught:
        manifest.load_manifest(folder.parent, "3.8")
    assert f"3.9, {MINOR}" in caught.value.next_step


@pytest.mark.parametrize("minor", manifest.known_minors(MANIFESTS))
def test_our_own_manifests_agree_with_themselves(minor: str) -> None:
    ours = manifest.load_manifest(MANIFESTS, minor)
    assert not ours.builtin & ours.disabled
    assert not ours.stdlib.top_level() & ours.stdlib.omitted.keys()
    assert {"posix", "_socket", "_struct", "math"} <= ours.builtin
    # Libraries of the build machine are never linked; these modules have their library in CPython's tree.
    assert {"_ssl", "_ctypes", "readline", "_curses", "_bz2"} <= ours.disabled
    assert {"zlib", "pyexpat", "_elementtree", "_decimal"} <= ours.builtin
    assert {"encodings", "codecs", "io", "argparse", "json"} <= ours.stdlib.top_level()
