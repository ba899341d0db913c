# SPDX-License-Identifier: GPL-3.0-or-later
"""Which header packages are chosen, and how they are adapted to this machine. The mirrors and packages are made up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.fetch.apt_client import BinaryPackage
from mpykbuild.vmcore import header_packages, kernel_packages


def package(name: str, version: str = "6.12.9-1", suite: str = "trixie-backports") -> BinaryPackage:
    return BinaryPackage(name, version, f"hash of {name} {version}", 1, suite, f"http://mirror.invalid/{name}.deb")


RELEASE = "6.12.9+deb13-cloud-amd64"
IMAGE = package(f"linux-image-{RELEASE}")
CHOICE = kernel_packages.KernelChoice("6.12", RELEASE, (IMAGE,), package(f"linux-image-{RELEASE}-dbg"))
WHOLE = [
    package(f"linux-headers-{RELEASE}"), package("linux-headers-6.12.9+deb13-common"),
    package("linux-kbuild-6.12.9+deb13"),
]  # fmt: skip


def test_the_three_packages_have_the_kernels_version() -> None:
    others = [
        package("linux-headers-6.12.8+deb13-common", "6.12.8-1"), package("linux-kbuild-6.12.8+deb13", "6.12.8-1"),
        package("linux-headers-6.12.9+deb13-common-rt"), package("linux-headers-6.12.9+deb13-amd64"),
        package(f"linux-headers-{RELEASE}", "6.12.9-0"),
    ]  # fmt: skip
    assert list(header_packages.choose_headers(CHOICE, others + WHOLE)) == WHOLE


@pytest.mark.parametrize(("missing", "word"), [(0, "headers"), (1, "common headers"), (2, "Kbuild")])
def test_a_missing_package_is_named(missing: int, word: str) -> None:
    rest = WHOLE[:missing] + WHOLE[missing + 1 :]
    with pytest.raises(BuildError, match=rf"has the {word} of kernel 6\.12\.9"):
        header_packages.choose_headers(CHOICE, rest)


class FakeMirror:
    """A fake AptClient with these packages. A fetch makes an empty file."""

    def __init__(self, architecture: str, *packages: BinaryPackage) -> None:
        self.architecture = architecture
        self.packages = packages

    def binaries(self, pattern: str) -> list[BinaryPackage]:
        return [package for package in self.packages if re.fullmatch(pattern, package.name)]

    def newest_binary(self, name: str, suites: list[str]) -> BinaryPackage:
        return next(package for package in self.packages if package.name == name and package.suite in suites)

    def fetch_binary(self, wanted: BinaryPackage, folder: Path) -> None:
        assert wanted in self.packages
        (folder / f"{wanted.name}_{self.architecture}").touch()


def test_programs_that_run_here_are_packages_of_this_machine(tmp_path: Path) -> None:
    libc = package("libc6", suite="trixie")
    guest, own = FakeMirror("arm64", *WHOLE, libc), FakeMirror("amd64", *WHOLE, libc)
    choice = replace(CHOICE, release=RELEASE.replace("amd64", "arm64"))
    guest.packages = (package(f"linux-headers-{choice.release}"), *guest.packages)
    folder = header_packages.provide_headers(choice, tmp_path, guest, own)  # type: ignore[arg-type]
    assert sorted(path.name for path in folder.iterdir() if path.suffix != ".json") == [
        "libc6_amd64", "linux-headers-6.12.9+deb13-cloud-arm64_arm64", "linux-headers-6.12.9+deb13-common_arm64",
        "linux-kbuild-6.12.9+deb13_amd64",
    ]  # fmt: skip


def test_the_newest_libc_that_a_program_needs() -> None:
    image = b"\x7fELF..\0GLIBC_2.4\0GLIBC_2.38\0GLIBC_2.7\0"
    assert header_packages.needed_libc(image) == (2, 38)
    assert header_packages.needed_libc(b"\x7fELF nothing") == (0,)
    assert header_packages.needed_libc(b"#!/bin/sh\n\0GLIBC_9.9\0") == (0,), "no program"


def program(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


def test_only_programs_that_this_machine_cannot_run_are_wrapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(header_packages, "host_libc", lambda: (2, 36))
    old = program(tmp_path / "root/old", b"\x7fELF\0GLIBC_2.36\0")
    new = program(tmp_path / "root/lib/new", b"\x7fELF\0GLIBC_2.38\0")
    data = program(tmp_path / "root/data", b"\x7fELF\0GLIBC_2.38\0")
    data.chmod(0o644)
    loader = program(tmp_path / "libc/usr/lib" / header_packages.LOADER, b'#!/bin/sh\nshift 2; echo "$@"\n')
    header_packages.wrap_programs(tmp_path / "root", tmp_path / "libc")
    assert old.read_bytes() == b"\x7fELF\0GLIBC_2.36\0"
    assert data.read_bytes() == b"\x7fELF\0GLIBC_2.38\0"
    assert str(loader) in new.read_text()
    printed = subprocess.run([new, "a", "b c"], capture_output=True, text=True, check=True).stdout
    assert printed == f"{new}.elf a b c\n"


def test_a_missing_newer_libc_is_a_build_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header_packages, "host_libc", lambda: (2, 36))
    program(tmp_path / "root/modpost", b"\x7fELF\0GLIBC_2.38\0")
    with pytest.raises(BuildError, match="modpost needs a newer libc"):
        header_packages.wrap_programs(tmp_path / "root", tmp_path / "libc")


def test_this_machines_libc_is_known() -> None:
    assert header_packages.host_libc() >= (0,)
    wanted = header_packages.needed_libc(Path(shutil.which("sh") or os.devnull).read_bytes())
    assert wanted <= header_packages.host_libc() or header_packages.host_libc() == (0,)


def make_deb(path: Path, name: str, files: dict[str, str]) -> None:
    tree = path.parent / f"tree-{name}"
    for file, text in files.items():
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_text(text)
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: n <n@example.invalid>\nDescription: d\n"
    )
    subprocess.run(["dpkg-deb", "--build", "-Znone", str(tree), str(path)], check=True, capture_output=True)


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg-deb")
def test_paths_in_the_unpacked_tree_stay_in_it(tmp_path: Path) -> None:
    packages, kernel = tmp_path / "packages", tmp_path / "kernel"
    packages.mkdir()
    kernel.mkdir()
    (kernel / "vmlinux").write_text("with BTF")
    folder = f"usr/src/linux-headers-{RELEASE}"
    text = f"KBUILD_OUTPUT=/{folder}\ninclude /usr/src/linux-headers-6.12.9-common/Makefile\n"
    files = {f"{folder}/Makefile": text, f"{folder}/vmlinux": "x"}
    make_deb(packages / "linux-headers_1.deb", "linux-headers", files)
    make_deb(packages / "libc6_1.deb", "libc6", {f"usr/lib/{header_packages.LOADER}": "loader"})
    found = header_packages.unpack_headers(packages, tmp_path / "tree", kernel, RELEASE)
    root = tmp_path / "tree/root/usr/src"
    assert found == root / f"linux-headers-{RELEASE}"
    assert (found / "Makefile").read_text() == (
        f"KBUILD_OUTPUT={found}\ninclude {root}/linux-headers-6.12.9-common/Makefile\n"
    )
    assert (found / "vmlinux").read_text() == "with BTF"
    assert (tmp_path / "tree/libc/usr/lib" / header_packages.LOADER).exists()


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg-deb")
def test_a_broken_package_is_a_build_error(tmp_path: Path) -> None:
    (tmp_path / "x.deb").write_text("no package")
    with pytest.raises(BuildError, match=r"x\.deb cannot be unpacked"):
        header_packages.unpack_headers(tmp_path, tmp_path / "tree", tmp_path, RELEASE)
