# SPDX-License-Identifier: GPL-3.0-or-later
"""The libraries for a crash of another machine: which packages are fetched, and which folders they have."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.fetch.apt_client import BinaryPackage
from mpykbuild.toolchain import crash_libraries
from mpykbuild.toolchain.hosts import HOSTS

S390X = HOSTS["s390x"]


class FakeMirror:
    """A mirror that makes each package when it is fetched: one header and one library with an absolute link."""

    def __init__(self, work: Path, but: str = "") -> None:
        self.work, self.but = work, but
        self.fetched: list[str] = []

    def binaries(self, name_regex: str, suites: Sequence[str] | None = None) -> list[BinaryPackage]:
        assert suites == (crash_libraries.SUITE,)
        names = [name for name in crash_libraries.PACKAGES if name != self.but]
        return [BinaryPackage(name, "1", "", 0, crash_libraries.SUITE, "") for name in names]

    def fetch_binary(self, package: BinaryPackage, dest: Path) -> Path:
        self.fetched.append(package.name)
        root = self.work / package.name
        (root / "DEBIAN").mkdir(parents=True)
        (root / "DEBIAN/control").write_text(
            f"Package: {package.name}\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n"
        )
        for name in ("usr/include/s390x-linux-gnu", "usr/lib/s390x-linux-gnu", "lib/s390x-linux-gnu"):
            (root / name).mkdir(parents=True)
            (root / name / f"{package.name}.h").write_text("x")
        (root / f"usr/lib/s390x-linux-gnu/{package.name}.so").symlink_to(f"/lib/s390x-linux-gnu/{package.name}.h")
        file = self.work / f"{package.name}.deb"
        subprocess.run(["dpkg-deb", "-b", root, file], check=True, stdout=subprocess.DEVNULL)
        return file


def test_packages_are_unpacked_once(tmp_path: Path) -> None:
    mirror = FakeMirror(tmp_path)
    root = crash_libraries.libraries_folder(S390X, tmp_path / "cache", mirror)
    assert crash_libraries.libraries_folder(S390X, tmp_path / "cache", mirror) == root
    assert mirror.fetched == list(crash_libraries.PACKAGES)
    assert [path.relative_to(root) for path in crash_libraries.include_folders(root)] == [
        Path("usr/include/s390x-linux-gnu"), Path("usr/include"),
    ]  # fmt: skip
    assert [path.relative_to(root) for path in crash_libraries.library_folders(root)] == [
        Path("usr/lib/s390x-linux-gnu"), Path("lib/s390x-linux-gnu"),
    ]  # fmt: skip
    assert (root / "usr/lib/s390x-linux-gnu/libc6.so").resolve() == root / "lib/s390x-linux-gnu/libc6.h"


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="has libgmp-dev of bookworm"):
        crash_libraries.libraries_folder(S390X, tmp_path / "cache", FakeMirror(tmp_path, but="libgmp-dev"))
