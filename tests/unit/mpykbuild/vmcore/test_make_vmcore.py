# SPDX-License-Identifier: GPL-3.0-or-later
"""The test vmcore as a cached product, and the truth from the guest's disk."""

from __future__ import annotations

import io
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.run_log import RunLog
from mpykbuild.fetch.apt_client import BinaryPackage
from mpykbuild.vmcore import kernel_packages, make_vmcore, rootfs, test_module
from mpykbuild.vmcore.architectures import ARM64, Architecture
from mpykbuild.vmcore.scenarios import SCENARIOS


def tar_disk(path: Path, members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.type = len(data), kind
            tar.addfile(info, io.BytesIO(data))
    with path.open("ab") as disk:
        disk.write(b"left over from an earlier attempt" * 100)
    return path


def test_the_truth_is_unpacked(tmp_path: Path) -> None:
    disk = tar_disk(tmp_path / "disk", {"proc/1/task/1/stat": b"1 (a) S", "guest": b"attempt=1\n"})
    make_vmcore.extract_truth(disk, tmp_path / "truth")
    assert (tmp_path / "truth/proc/1/task/1/stat").read_bytes() == b"1 (a) S"
    assert (tmp_path / "truth/guest").read_bytes() == b"attempt=1\n"


@pytest.mark.parametrize("name", ["../outside", "proc/../../outside", "/outside"])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    disk = tar_disk(tmp_path / "disk", {name: b"x"})
    with pytest.raises(BuildError, match="outside"):
        make_vmcore.extract_truth(disk, tmp_path / "truth")
    assert not (tmp_path / "outside").exists()


def test_a_disk_without_a_tar_is_a_build_error(tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(b"no tar at all" * 1000)
    with pytest.raises(BuildError, match="disk cannot be unpacked"):
        make_vmcore.extract_truth(tmp_path / "disk", tmp_path / "truth")


def test_the_product_needs_no_network(tmp_path: Path) -> None:
    product = make_vmcore.vmcore_product("6.12", tmp_path)
    assert product == make_vmcore.vmcore_product("6.12", tmp_path)
    assert product.path.parent == tmp_path / "vmcore"
    assert product.key != make_vmcore.vmcore_product("6.1", tmp_path).key
    assert list(tmp_path.iterdir()) == []


def test_each_architecture_is_a_different_product(tmp_path: Path) -> None:
    one, other = (make_vmcore.vmcore_product("6.12", tmp_path, target) for target in ("X86_64", "ARM64"))
    assert one.key != other.key
    assert other.name == "linux-6.12-arm64"
    with pytest.raises(BuildError, match="No test vmcore can be made for the crash target S390X") as caught:
        make_vmcore.vmcore_product("6.12", tmp_path, "S390X")
    assert "X86_64, ARM64" in caught.value.next_step


def test_each_scenario_is_a_different_product(tmp_path: Path) -> None:
    products = [make_vmcore.vmcore_product("6.12", tmp_path, scenario=name) for name in SCENARIOS]
    assert len({product.key for product in products}) == len(SCENARIOS)
    assert [product.name for product in products] == [
        "linux-6.12-amd64", "linux-6.12-amd64-sysrq", "linux-6.12-amd64-nullderef", "linux-6.12-amd64-filtered",
        "linux-6.12-amd64-scale",
    ]  # fmt: skip
    with pytest.raises(BuildError, match="scenario=oom is not one of"):
        make_vmcore.vmcore_product("6.12", tmp_path, scenario="oom")


def test_a_filtered_dump_has_the_rest_of_its_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, folder = tmp_path / "base", tmp_path / "new"
    for name in ("truth", "modules"):
        (base / name).mkdir(parents=True)
        (base / name / "x").write_text(name)
    folder.mkdir()
    (base / "vmlinux").write_text("kernel")
    monkeypatch.setattr(make_vmcore.page_filter, "filter_dump", lambda dump, out: out.write_text(str(dump)))
    make_vmcore.fill_filtered(base, folder)
    assert (folder / "vmcore").read_text() == str(base / "vmcore")
    assert (folder / "vmlinux").samefile(base / "vmlinux")
    assert {(folder / name / "x").read_text() for name in ("truth", "modules")} == {"truth", "modules"}


def test_a_wrong_series_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="kernel=latest is not a kernel series"):
        make_vmcore.vmcore_product("latest", tmp_path)


@pytest.mark.parametrize("name", ["tasks.c", "truth_files", "network_setup"])
def test_the_guests_files_are_part_of_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    copy = tmp_path / "guest"
    shutil.copytree(rootfs.GUEST, copy)
    monkeypatch.setattr(rootfs, "GUEST", copy)
    before = make_vmcore.vmcore_product("6.12", tmp_path).key
    with (copy / name).open("a") as stream:
        stream.write("\n")
    assert make_vmcore.vmcore_product("6.12", tmp_path).key != before


def test_the_test_module_is_part_of_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "testmod"
    shutil.copytree(test_module.SOURCE, copy)
    monkeypatch.setattr(test_module, "SOURCE", copy)
    before = make_vmcore.vmcore_product("6.12", tmp_path).key
    with (copy / "lists.c").open("a") as stream:
        stream.write("\n")
    assert make_vmcore.vmcore_product("6.12", tmp_path).key != before


def kernel(series: str, folder: Path) -> make_vmcore.Kernel:
    package = BinaryPackage("linux-image-x-dbg", "1", "hash", 1, "suite", "http://mirror.invalid/x.deb")
    return make_vmcore.Kernel(kernel_packages.KernelChoice(series, "x", (), package), folder, folder, folder)


def test_another_kernel_may_have_no_module_and_a_line_reports_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> Path:
        raise BuildError("gcc is too old.")

    monkeypatch.setattr(make_vmcore.header_packages, "unpack_headers", fails)
    log = RunLog("vmcore x", tmp_path / "log")
    assert make_vmcore.build_test_module(kernel("7.x", tmp_path), tmp_path, tmp_path / "modules", log) is None
    assert "vmcore x: this vmcore has no mpyk_testmod: gcc is too old." in capsys.readouterr().out
    with pytest.raises(BuildError, match="gcc is too old"):
        make_vmcore.build_test_module(kernel(make_vmcore.DEFAULT_SERIES, tmp_path), tmp_path, tmp_path / "m", log)


def test_the_compiler_of_the_guests_architecture_builds_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(headers: Path, scratch: Path, log: RunLog, guest: Architecture) -> test_module.TestModule:
        (scratch / "debug").write_text(guest.compiler)
        return test_module.TestModule(scratch / "debug", scratch / "stripped")

    monkeypatch.setattr(make_vmcore.header_packages, "unpack_headers", lambda *_: tmp_path)
    monkeypatch.setattr(test_module, "build_module", build)
    other = replace(kernel(make_vmcore.DEFAULT_SERIES, tmp_path), architecture=ARM64)
    loaded = make_vmcore.build_test_module(other, tmp_path, tmp_path / "modules", RunLog("x", tmp_path / "log"))
    assert loaded == tmp_path / "stripped"
    assert (tmp_path / "modules" / "debug").read_text() == "aarch64-linux-gnu-gcc"


def test_utsname_is_read_from_the_truth(tmp_path: Path) -> None:
    folder = tmp_path / "proc/sys/kernel"
    folder.mkdir(parents=True)
    for name in ("ostype", "osrelease", "version", "hostname", "domainname"):
        (folder / name).write_text(f"my {name}\n")
    found = make_vmcore.read_utsname(tmp_path, "aarch64")
    assert (found.release, found.nodename, found.machine) == ("my osrelease", "my hostname", "aarch64")


def test_large_files_are_linked(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    make_vmcore.link_or_copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").samefile(tmp_path / "a")


def test_errors_on_the_command_line_have_no_traceback(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert make_vmcore.main(["--kernel", "newest", "--cache", str(tmp_path)]) == 1
    assert "error: kernel=newest is not a kernel series." in capsys.readouterr().err
