# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that the guest boots: the order of the modules, and the initramfs."""

from __future__ import annotations

import lzma
import re
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.run_log import RunLog
from mpykbuild.vmcore import rootfs, tool_packages
from mpykbuild.vmcore.architectures import ARM64


def add_module(folder: Path, file: str, depends: str) -> None:
    image = b"\x7fELF..\0license=GPL\0depends=" + depends.encode() + b"\0retpoline=Y\0"
    data = lzma.compress(image) if file.endswith(".xz") else image
    (folder / file).write_bytes(data)


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    add_module(tmp_path, "virtio_blk.ko.xz", "virtio_ring,virtio")
    add_module(tmp_path, "virtio_ring.ko", "virtio")
    add_module(tmp_path, "virtio.ko", "")
    add_module(tmp_path, "dm-mod.ko.xz", "")
    add_module(tmp_path, "dm-thin-pool.ko", "dm-mod")
    return tmp_path


def test_each_module_comes_after_those_that_it_needs(modules: Path) -> None:
    order = [module.name for module in rootfs.load_order(["virtio_blk", "dm-thin-pool"], modules)]
    assert order == ["virtio", "virtio_ring", "virtio_blk", "dm_mod", "dm_thin_pool"]


def test_built_in_modules_are_left_out(modules: Path) -> None:
    assert rootfs.load_order(["ext4"], modules) == []


def test_compressed_modules_are_decompressed(modules: Path) -> None:
    assert rootfs.read_module(modules / "dm-mod.ko.xz").startswith(b"\x7fELF")


def test_needs_of_a_module_without_any() -> None:
    assert rootfs.module_needs(b"\0depends=\0") == ()
    assert rootfs.module_needs(b"nothing") == ()


def test_a_compiler_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="aarch64-linux-gnu-gcc is not installed") as caught:
        rootfs.make_guest(tmp_path, tmp_path, RunLog("vmcore x", tmp_path / "log"), architecture=ARM64)
    assert "gcc-aarch64-linux-gnu" in caught.value.next_step


def read_cpio(archive: bytes) -> dict[str, tuple[int, bytes]]:
    """Read a newc archive as the kernel does: header (110 bytes) and name, padded to four bytes, and padded data."""
    found: dict[str, tuple[int, bytes]] = {}
    at = 0
    while True:
        assert archive[at : at + 6] == b"070701"
        mode, size, name_size = (int(archive[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in (1, 6, 11))
        name = archive[at + 110 : at + 110 + name_size - 1].decode()
        at += 110 + name_size + -(110 + name_size) % 4
        if name == "TRAILER!!!":
            return found
        found[name] = (mode, archive[at : at + size])
        at += size + -size % 4


def test_the_initramfs_can_be_read() -> None:
    archive = rootfs.cpio([("init", b"program", 0o100755), ("a.ko", b"x" * 5, 0o100644), ("empty", b"", 0o100644)])
    assert read_cpio(archive) == {
        "init": (0o100755, b"program"), "a.ko": (0o100644, b"xxxxx"), "empty": (0o100644, b""),
    }  # fmt: skip


def test_members_of_the_initramfs_are_aligned() -> None:
    for size in range(6):
        assert len(rootfs.cpio_entry("n" * size, b"d" * size, 0o100644, 1)) % 4 == 0


def test_the_root_disk_has_our_files_and_the_tools(modules: Path, tmp_path: Path) -> None:
    tools, work = tmp_path / "tools", tmp_path / "work"
    (tools / "sbin").mkdir(parents=True)
    (tools / "sbin/ip").write_text("a program")
    (tools / "product.json").write_text("{}")
    (tmp_path / "own.stripped").write_bytes(b"our module")
    work.mkdir()
    (work / "init").write_text("init")
    content = rootfs.Content([tmp_path / "own.stripped"], tools)
    rootfs._fill_root(work / "root", work, modules, content)
    found = {str(path.relative_to(work / "root")) for path in (work / "root").rglob("*") if path.is_file()}
    assert {"sbin/ip", "sbin/init", "truth/files", "truth/tools", "etc/mpyk/network"} <= found
    assert "product.json" not in found
    assert (work / "root/lib/guest-modules/list").read_text() == "dm_mod.ko\nown.ko\n"


def test_each_tool_of_the_truth_is_a_program_that_we_provide() -> None:
    lines = (rootfs.GUEST / "truth_tools").read_text().splitlines()
    members = [line.split()[0] for line in lines]
    assert len(members) == len(set(members)) > 60
    assert {line.split()[1] for line in lines} <= set(tool_packages.PROGRAMS)


def test_the_recorder_has_room_for_each_tool() -> None:
    found = re.search(r"#define MAX_TOOLS (\d+)", (rootfs.GUEST / "snapshot.c").read_text())
    assert found is not None
    assert len((rootfs.GUEST / "truth_tools").read_text().splitlines()) <= int(found[1])


def test_each_section_of_the_setup_begins_with_a_program_that_we_provide() -> None:
    lines = (rootfs.GUEST / "network_setup").read_text().splitlines()
    assert lines[0].startswith("@")
    assert {line[1:].split()[0] for line in lines if line.startswith("@")} <= set(tool_packages.PROGRAMS)
