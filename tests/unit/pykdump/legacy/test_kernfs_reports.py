# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on kernfs under old names: letters of types, and the name of a block device."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import kernfs_reports  # noqa: E402


@pytest.mark.parametrize(("flags", "letter"), [(1, "/"), (2, "."), (4, "@"), (0x12, "."), (8, "?8")])
def test_letters(flags: int, letter: str) -> None:
    kernel = fake_crash.install()
    kernel.define("struct kernfs_node", flags="u16", name="char[8]")
    node = kernel.make("struct kernfs_node", 0x1000, flags=flags, name="sda")
    assert kernfs_reports.decode_kernfs_node(node) == ("sda", letter)
    assert kernfs_reports.decode_sysfs_dirent is kernfs_reports.decode_kernfs_node


@pytest.mark.parametrize(
    ("names", "device"), [([], ""), (["sda"], "sda"), (["power", "uevent", "vda"], "vda"), (["sda", "sdb"], "")]
)
def test_the_block_device_of_a_device(monkeypatch: pytest.MonkeyPatch, names: list[str], device: str) -> None:
    class Node:
        def __init__(self, name: str) -> None:
            self.name = name

    monkeypatch.setattr(kernfs_reports.kernfs, "child", lambda node, name: object() if names else None)
    monkeypatch.setattr(kernfs_reports, "kndir_iterate", lambda node: map(Node, names))
    assert kernfs_reports.blockdev_name(Node("0:0:0:0")) == device  # type: ignore[arg-type]


def test_a_damaged_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(node: object, name: str) -> None:
        raise fake_crash.CrashError("no page")

    monkeypatch.setattr(kernfs_reports.kernfs, "child", fail)
    assert kernfs_reports.blockdev_name(0) == "Bad sysfs_dirent"  # type: ignore[arg-type]
