# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's packages of a Python: the right version is chosen, and the packages are unpacked once."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.fetch.apt_client import BinaryPackage
from mpykbuild.python import debian_python


class Mirror:
    """A mirror with packages of one file each."""

    def __init__(self, root: Path, *versions: tuple[str, str]) -> None:
        self.root = root
        self.versions = versions
        self.fetched: list[str] = []

    def binaries(self, name_regex: str, suites: Sequence[str] | None = None) -> list[BinaryPackage]:
        rows = [BinaryPackage(name, version, "", 0, "sid", "") for name, version in self.versions]
        return [row for row in rows if re.fullmatch(name_regex, row.name)]

    def fetch_binary(self, package: BinaryPackage, dest: Path) -> Path:
        self.fetched.append(package.name)
        tree = self.root / package.name
        (tree / "DEBIAN").mkdir(parents=True)
        control = (
            f"Package: {package.name}\nVersion: {package.version}\nArchitecture: all\nMaintainer: x\nDescription: x\n"
        )
        (tree / "DEBIAN" / "control").write_text(control)
        (tree / "usr").mkdir()
        (tree / "usr" / package.name).write_text(package.version)
        subprocess.run(["dpkg-deb", "-b", str(tree), str(self.root / "one.deb")], check=True, capture_output=True)
        return self.root / "one.deb"


def whole(version: str) -> tuple[tuple[str, str], ...]:
    return tuple((name.format("3.14"), version) for name in debian_python.PACKAGES)


def test_the_newest_complete_version_is_chosen(tmp_path: Path) -> None:
    half = whole("3.14.9-1")[:2]
    mirror = Mirror(tmp_path, *half, *whole("3.14.8-1"), *whole("3.14.2-1"), ("libpython3.15-dev", "3.15.0-1"))
    assert {package.version for package in debian_python.newest_complete_version("3.14", mirror)} == {"3.14.8-1"}
    with pytest.raises(BuildError, match=r"libpython3\.15-stdlib in one version"):
        debian_python.newest_complete_version("3.15", mirror)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_packages_are_unpacked_once(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "mirror", *whole("3.14.8-1"))
    place = debian_python.packages_folder("3.14", tmp_path / "cache", mirror)
    assert (place / "usr" / "libpython3.14-dev").read_text() == "3.14.8-1"
    assert len(mirror.fetched) == 3
    assert debian_python.packages_folder("3.14", tmp_path / "cache", mirror) == place
    assert len(mirror.fetched) == 3


def test_only_a_minor_version_means_packages() -> None:
    assert debian_python.is_minor_version("3.14")
    assert not debian_python.is_minor_version("/opt/3.14")
    assert not debian_python.is_minor_version("3.14.2")
