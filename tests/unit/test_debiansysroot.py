# SPDX-License-Identifier: GPL-3.0-or-later
"""sysroot=debian:SUITE: which packages, and links that stay inside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from mpykbuild import debiansysroot
from mpykbuild.aptclient import BinaryPackage
from mpykbuild.errors import BuildError


class Shelf:
    """A mirror's list, newest first."""

    def __init__(self, *versions: tuple[str, str]) -> None:
        self.versions = versions

    def binaries(self, name_regex: str, suites: Sequence[str] | None = None) -> list[BinaryPackage]:
        assert suites == ("bullseye",)
        rows = [BinaryPackage(name, version, "", 0, "bullseye", "") for name, version in self.versions]
        return [row for row in rows if re.fullmatch(name_regex, row.name)]

    def fetch_binary(self, package: BinaryPackage, dest: Path) -> Path:
        raise AssertionError(package.name)


def test_words() -> None:
    assert debiansysroot.asked_for("debian:bullseye") == "bullseye"
    assert debiansysroot.asked_for("/srv/debian:bullseye") == ""
    assert debiansysroot.asked_for("") == ""


def test_newest_of_each_package() -> None:
    rows = [(name, version) for version in ("2", "1") for name in (*debiansysroot.PACKAGES, "libc6-dbg")]
    packages = debiansysroot.chosen("bullseye", Shelf(*rows))
    assert [(package.name, package.version) for package in packages] == [(name, "2") for name in debiansysroot.PACKAGES]


def test_missing_packages_are_named() -> None:
    with pytest.raises(BuildError, match=r"has libc6, libc6-dev, .* of bullseye"):
        debiansysroot.chosen("bullseye", Shelf(("libm17n", "1")))


def test_absolute_links_are_turned_inside(tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/libm.so.6").write_text("x")
    (tmp_path / "usr/lib/libm.so").symlink_to("/lib/libm.so.6")
    (tmp_path / "lib/libm.so").symlink_to("libm.so.6")
    debiansysroot.stay_inside(tmp_path)
    assert (tmp_path / "usr/lib/libm.so").resolve() == tmp_path / "lib/libm.so.6"
    assert (tmp_path / "lib/libm.so").readlink() == Path("libm.so.6")
