# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's packages: how they are chosen and unpacked, and how their links are made relative."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.fetch import debian_packages
from mpykbuild.fetch.apt_client import BinaryPackage

NAMES = ("libc6", "libc6-dev")


class FakeMirror:
    """Lists packages like a mirror, newest first."""

    def __init__(self, *versions: tuple[str, str]) -> None:
        self.versions = versions

    def binaries(self, name_regex: str, suites: Sequence[str] | None = None) -> list[BinaryPackage]:
        assert suites == ("bullseye",)
        rows = [BinaryPackage(name, version, "", 0, "bullseye", "") for name, version in self.versions]
        return [row for row in rows if re.fullmatch(name_regex, row.name)]

    def fetch_binary(self, package: BinaryPackage, dest: Path) -> Path:
        raise AssertionError(package.name)


def test_newest_of_each_package() -> None:
    rows = [(name, version) for version in ("2", "1") for name in (*NAMES, "libc6-dbg")]
    packages = debian_packages.newest_packages("bullseye", FakeMirror(*rows), NAMES)
    assert [(package.name, package.version) for package in packages] == [(name, "2") for name in NAMES]


def test_missing_packages_are_named() -> None:
    with pytest.raises(BuildError, match=r"has libc6, libc6-dev of bullseye"):
        debian_packages.newest_packages("bullseye", FakeMirror(("libm17n", "1")), NAMES)


def test_without_locks_the_first_of_two_processes_makes_the_folder(tmp_path: Path) -> None:
    place = tmp_path / "place"

    def another_is_ready(work: Path) -> None:
        place.mkdir()
        (place / "first").write_text("")

    debian_packages.unpack_packages([], place, tmp_path, FakeMirror(), another_is_ready)
    assert [path.name for path in tmp_path.iterdir()] == ["place"]
    assert [path.name for path in place.iterdir()] == ["first"]


def test_a_file_that_is_not_a_package(tmp_path: Path) -> None:
    (tmp_path / "x.deb").write_text("no package")
    with pytest.raises(BuildError, match=r"x\.deb cannot be unpacked"):
        debian_packages.unpack_package(tmp_path / "x.deb", tmp_path)
    with (
        pytest.raises(BuildError, match=r"x\.deb cannot be unpacked"),
        debian_packages.members_of_package(tmp_path / "x.deb") as tar,
    ):
        list(tar)


def test_absolute_links_are_made_relative(tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/libm.so.6").write_text("x")
    (tmp_path / "usr/lib/libm.so").symlink_to("/lib/libm.so.6")
    (tmp_path / "lib/libm.so").symlink_to("libm.so.6")
    debian_packages.make_links_relative(tmp_path)
    assert (tmp_path / "usr/lib/libm.so").resolve() == tmp_path / "lib/libm.so.6"
    assert (tmp_path / "lib/libm.so").readlink() == Path("libm.so.6")
