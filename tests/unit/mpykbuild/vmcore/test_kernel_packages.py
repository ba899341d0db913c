# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kernel is chosen, and which files of its packages are kept. The mirrors are made up, dpkg-deb is real."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.fetch.apt_client import AptClient, BinaryPackage
from mpykbuild.vmcore import kernel_packages


def package(name: str, version: str) -> BinaryPackage:
    return BinaryPackage(name, version, f"hash of {name} {version}", 1, "suite", f"http://mirror.invalid/{name}.deb")


def kernel(release: str, version: str, *kinds: str) -> list[BinaryPackage]:
    names = {"image": f"linux-image-{release}", "dbg": f"linux-image-{release}-dbg"}
    return [package(names.get(kind, f"linux-{kind}-{release}"), version) for kind in kinds or ("image", "dbg")]


class FakeApt(AptClient):
    """Lists made-up packages and counts the searches."""

    def __init__(self, packages: list[BinaryPackage], architecture: str = "amd64") -> None:
        self.packages = packages
        self.architecture = architecture
        self.asked = 0

    def binaries(self, name_regex: str, suites: Sequence[str] | None = None) -> list[BinaryPackage]:
        self.asked += 1
        return [package for package in self.packages if re.fullmatch(name_regex, package.name)]


@pytest.mark.parametrize(
    ("series", "name", "matches"),
    [
        ("6.12", "linux-image-6.12.95+deb12-cloud-amd64", True),
        ("6.12", "linux-image-6.12.95+deb12-cloud-amd64-dbg", True),
        ("6.12", "linux-image-6.12.90+deb12.1-cloud-amd64", True),
        ("6.12", "linux-image-6.12.95+deb12-cloud-amd64-unsigned", False),
        ("6.12", "linux-image-6.12.95+deb12-amd64", False),
        ("6.12", "linux-image-6.12.95+deb12-rt-amd64", False),
        ("6.12", "linux-image-6.1.0-50-cloud-amd64", False),
        ("6.1", "linux-image-6.1.0-50-cloud-amd64", True),
        ("6.1", "linux-image-6.12.95+deb12-cloud-amd64", False),
        ("6.1", "linux-image-6x1.0-50-cloud-amd64", False),
        ("7.x", "linux-image-7.3.4+deb13-cloud-amd64", True),
        ("7", "linux-modules-7.3.4+deb13-cloud-amd64", True),
        ("7.x", "linux-headers-7.3.4+deb13-cloud-amd64", False),
        ("7.x", "linux-image-6.12.95+deb12-cloud-amd64", False),
    ],
)
def test_series_to_package_names(series: str, name: str, matches: bool) -> None:
    assert bool(re.fullmatch(kernel_packages.name_pattern(series), name)) is matches


def test_package_names_of_another_architecture() -> None:
    pattern = kernel_packages.name_pattern("6.12", "arm64")
    assert re.fullmatch(pattern, "linux-image-6.12.95+deb12-cloud-arm64-dbg")
    assert not re.fullmatch(pattern, "linux-image-6.12.95+deb12-cloud-amd64-dbg")


@pytest.mark.parametrize("series", ["", "newest", "6.12;rm", "6..1", "x", ".1"])
def test_a_text_that_is_not_a_series_is_refused(series: str) -> None:
    with pytest.raises(BuildError, match="is not a kernel series"):
        kernel_packages.name_pattern(series)


def test_versions_are_compared_as_numbers() -> None:
    rows = kernel("6.12.9+deb13-cloud-amd64", "6.12.9-1") + kernel("6.12.107+deb13-cloud-amd64", "6.12.107-1")
    assert kernel_packages.choose_kernel("6.12", rows).release == "6.12.107+deb13-cloud-amd64"


def test_a_kernel_without_debug_package_is_not_chosen() -> None:
    rows = kernel("6.12.9-cloud-amd64", "6.12.9-1") + kernel("6.12.10-cloud-amd64", "6.12.10-1", "image")
    assert kernel_packages.choose_kernel("6.12", rows).release == "6.12.9-cloud-amd64"


def test_image_and_debug_package_are_of_the_same_build() -> None:
    old, new = kernel("6.1.0-50-cloud-amd64", "6.1.170-1"), kernel("6.1.0-50-cloud-amd64", "6.1.170-2", "image")
    choice = kernel_packages.choose_kernel("6.1", new + old)
    assert {part.version for part in (*choice.parts, choice.dbg)} == {"6.1.170-1"}


def test_all_packages_of_a_kernel_are_chosen() -> None:
    rows = kernel("7.3.4-cloud-amd64", "7.3.4-1", "dbg", "modules", "binary", "image", "base")
    choice = kernel_packages.choose_kernel("7.x", rows)
    assert [part.name.split("-")[1] for part in choice.parts] == ["image", "binary", "modules", "base"]


def test_no_kernel_is_a_build_error_that_names_the_series() -> None:
    with pytest.raises(BuildError, match=r"cloud kernel of series 5\.10"):
        kernel_packages.choose_kernel("5.10", kernel("5.10.9-cloud-amd64", "5.10.9-1", "image"))


def test_the_choice_is_kept_until_it_is_refreshed(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    apt = FakeApt(kernel("6.12.9-cloud-amd64", "6.12.9-1"))
    first = kernel_packages.resolve_kernel("6.12", tmp_path, apt)
    apt.packages += kernel("6.12.10-cloud-amd64", "6.12.10-1")
    assert kernel_packages.resolve_kernel("6.12", tmp_path, apt) == first
    assert apt.asked == 1
    assert kernel_packages.resolve_kernel("6.12", tmp_path, apt, refresh=True).release == "6.12.10-cloud-amd64"
    assert kernel_packages.resolve_kernel("6.12", tmp_path, apt).release == "6.12.10-cloud-amd64"


def test_each_architecture_has_its_own_record(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    rows = kernel("6.12.9-cloud-amd64", "6.12.9-1") + kernel("6.12.8-cloud-arm64", "6.12.8-1")
    for debian, release in (("amd64", "6.12.9-cloud-amd64"), ("arm64", "6.12.8-cloud-arm64")):
        assert kernel_packages.resolve_kernel("6.12", tmp_path, FakeApt(rows, debian)).release == release
        assert kernel_packages.resolve_kernel("6.12", tmp_path, FakeApt([], debian)).release == release


def test_a_broken_record_is_written_again(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel/6.12.json").write_text('{"series": "6.12"}')
    apt = FakeApt(kernel("6.12.9-cloud-amd64", "6.12.9-1"))
    assert kernel_packages.resolve_kernel("6.12", tmp_path, apt).release == "6.12.9-cloud-amd64"


def test_the_kernels_folder_depends_on_its_packages(tmp_path: Path) -> None:
    one = kernel_packages.choose_kernel("6.12", kernel("6.12.9-cloud-amd64", "6.12.9-1"))
    two = kernel_packages.choose_kernel("6.12", kernel("6.12.9-cloud-amd64", "6.12.9-2"))
    assert kernel_packages.kernel_product(one, tmp_path).path != kernel_packages.kernel_product(two, tmp_path).path


def make_deb(folder: Path, files: dict[str, str]) -> Path:
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: k\nVersion: 1\nArchitecture: all\nMaintainer: n <n@example.invalid>\nDescription: d\n"
    )
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    subprocess.run(["dpkg-deb", "--build", "-Znone", str(tree), str(folder / "k.deb")], check=True, capture_output=True)
    return folder / "k.deb"


needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg-deb")


@needs_dpkg
@pytest.mark.parametrize("layout", ["boot/{}-6.12-cloud", "usr/lib/modules/6.12-cloud/{}"], ids=["boot", "modules"])
def test_kernel_and_modules_are_kept(tmp_path: Path, layout: str) -> None:
    files = {layout.format("vmlinuz"): "kernel", layout.format("config"): "CONFIG=y"}
    files |= {"lib/modules/6.12-cloud/kernel/net/a.ko.xz": "a", "lib/modules/6.12-cloud/kernel/b-c.ko": "b"}
    files |= {"usr/share/doc/k/changelog": "x", "lib/modules/6.12-cloud/modules.order": "x"}
    deb = make_deb(tmp_path, files)
    out = tmp_path / "out"
    kernel_packages.unpack_image(deb, out)
    found = {str(path.relative_to(out)): path.read_text() for path in out.rglob("*") if path.is_file()}
    assert found == {"vmlinuz": "kernel", "config": "CONFIG=y", "modules/a.ko.xz": "a", "modules/b-c.ko": "b"}


@needs_dpkg
@pytest.mark.parametrize("name", ["boot/vmlinux-6.12-cloud", "lib/modules/6.12-cloud/vmlinux"])
def test_vmlinux_is_kept(tmp_path: Path, name: str) -> None:
    deb = make_deb(
        tmp_path,
        {f"usr/lib/debug/{name}": "big", "usr/lib/debug/vmlinux-gdb.py": "x", "usr/lib/debug/lib/x.ko.debug": "x"},
    )
    kernel_packages.unpack_vmlinux(deb, tmp_path / "vmlinux")
    assert (tmp_path / "vmlinux").read_text() == "big"


@needs_dpkg
def test_a_package_without_vmlinux_is_a_build_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"k\.deb contains no vmlinux"):
        kernel_packages.unpack_vmlinux(make_deb(tmp_path, {"usr/x": "x"}), tmp_path / "vmlinux")


@needs_dpkg
def test_a_file_that_is_not_a_package_is_a_build_error(tmp_path: Path) -> None:
    (tmp_path / "k.deb").write_text("no package")
    with pytest.raises(BuildError, match=r"k\.deb"):
        kernel_packages.unpack_vmlinux(tmp_path / "k.deb", tmp_path / "vmlinux")


def test_the_folder_of_a_failed_build_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "half"
    folder.mkdir()
    with pytest.raises(KeyboardInterrupt), kernel_packages.removed_on_failure(folder):
        raise KeyboardInterrupt
    assert not folder.exists()
