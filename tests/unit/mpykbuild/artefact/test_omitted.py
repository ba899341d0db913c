# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the modules that the bundle leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.artefact import omitted
from mpykbuild.base.paths import MANIFESTS
from mpykbuild.python import manifest
from mpykbuild.python.manifest import load_manifest
from support.fakepython import MINOR, make_manifests, make_product


def test_every_kind_of_omitted_module_has_its_reason(tmp_path: Path) -> None:
    python = make_product(tmp_path / "product")
    (python / "builtin.txt").write_text("_core\nposix\n")
    wanted = load_manifest(make_manifests(tmp_path / "manifests"), MINOR)
    table = omitted.omitted_modules(wanted, python, {"os", "abc", "json", "json.decoder"})
    assert table["tkinter"] == ("no use", "stdlib.lst")
    assert table["json.tool"] == ("of json only a part is here", "stdlib.lst")
    assert table["zlib"] == table["xx"] == ("why", "Setup.local")
    assert "array" in table, "the prebuilt library does not have it"
    assert table["array"][1] == ""
    assert not table.keys() & {"os", "json", "json.decoder", "posix"}


@pytest.mark.parametrize("minor", manifest.known_minors(MANIFESTS))
def test_modules_of_our_own_are_not_omitted(tmp_path: Path, minor: str) -> None:
    (tmp_path / "builtin.txt").write_text("")
    table = omitted.omitted_modules(load_manifest(MANIFESTS, minor), tmp_path, set())
    assert "_curses" in table
    assert "readline" not in table


def test_reason_of_a_disabled_module_is_the_comment_before_it(tmp_path: Path) -> None:
    setup = tmp_path / "Setup.local"
    setup.write_text("# all\n*static*\none one.c\n\n*disabled*\n# Too\n# large.\ntwo three\n# Odd. And old.\nfour\n")
    assert omitted.disabled_modules(setup) == {"two": "too large", "three": "too large", "four": "odd"}


@pytest.mark.parametrize("minor", manifest.known_minors(MANIFESTS))
def test_each_manifest_gives_a_reason_for_what_it_disables(minor: str) -> None:
    wanted = load_manifest(MANIFESTS, minor)
    reasons = omitted.disabled_modules(wanted.setup_file)
    assert reasons.keys() == wanted.disabled
    assert all(reasons.values())


def test_the_file_has_a_line_for_each_module() -> None:
    assert omitted.omitted_file({"a": ("too large", "stdlib.lst"), "b": ("old", "")}) == (
        b"a\ttoo large\tstdlib.lst\nb\told\t\n"
    )
