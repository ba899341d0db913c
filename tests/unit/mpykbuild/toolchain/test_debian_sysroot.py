# SPDX-License-Identifier: GPL-3.0-or-later
"""sysroot=debian:SUITE: which values name a suite, and how its packages are unpacked."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from mpykbuild.fetch.apt_client import BinaryPackage
from mpykbuild.toolchain import debian_sysroot


def test_values_that_name_a_suite() -> None:
    assert debian_sysroot.requested_suite("debian:bullseye") == "bullseye"
    assert debian_sysroot.requested_suite("/srv/debian:bullseye") == ""
    assert debian_sysroot.requested_suite("") == ""


class FakeMirror:
    """A mirror with the same content in all packages: an absolute link to the C library."""

    def __init__(self, deb: Path) -> None:
        self.deb = deb

    def binaries(self, name_regex: str, suites: Sequence[str] | None = None) -> list[BinaryPackage]:
        assert suites == ("bullseye",)
        return [BinaryPackage(name, "1", "", 0, "bullseye", "") for name in debian_sysroot.PACKAGES]

    def fetch_binary(self, package: BinaryPackage, dest: Path) -> Path:
        return self.deb


def test_links_of_the_packages_are_made_relative(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text("Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n")
    (tree / "lib").mkdir()
    (tree / "lib/libm.so").symlink_to("/lib/libm.so.6")
    subprocess.run(["dpkg-deb", "-b", tree, tmp_path / "x.deb"], check=True, capture_output=True)
    folder = debian_sysroot.sysroot_folder("bullseye", tmp_path / "cache", FakeMirror(tmp_path / "x.deb"))
    assert folder == tmp_path / "cache/sysroot/debian-bullseye"
    assert (folder / "lib/libm.so").readlink() == Path("libm.so.6")
