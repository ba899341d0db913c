# SPDX-License-Identifier: GPL-3.0-or-later
"""mountshow: lines as /proc/mounts has them, and which mounts a command line chooses."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import mountshow  # noqa: E402

MOUNT = mountshow.MountAddresses(
    source="a #source", mount_point="/mnt/with blank#", type="tmpfs", options=("ro", "size=4k"), options_complete=True,
    mount_id=5, parent_id=4, device="0:30", root="/", propagation=("shared:1",), mount=0x1000, super_block=0x2000,
)  # fmt: skip


def test_lines_of_proc_mounts() -> None:
    assert list(mountshow._lines(MOUNT)) == ["a\\040\\043source /mnt/with\\040blank# tmpfs ro,size=4k 0 0"]
    some = dataclasses.replace(MOUNT, options=("rw",), options_complete=False)
    assert next(iter(mountshow._lines(some))).endswith(" tmpfs rw,... 0 0")
    for source, shown in (("/dev/x", "/dev/x"), ("a#b", "a\\043b"), ("a\\b", "a\\134b"), ("a b", "a\\040b")):
        plain = dataclasses.replace(MOUNT, source=source, mount_point="/x")
        assert list(mountshow._lines(plain)) == [f"{shown} /x tmpfs ro,size=4k 0 0"]
    assert list(mountshow._verbose_lines(MOUNT))[1:] == [
        "    struct mount 0x1000  struct super_block 0x2000",
        "    ID 5  parent 4  device 0:30  root /  shared:1",
    ]


def test_lines_of_mountstats() -> None:
    line = mountshow.MountStatistics("dev", "/a b", "nfs4", ("\tage: 1",))
    assert list(mountshow._statistics_lines(line)) == ["device dev mounted on /a\\040b with fstype nfs4", "\tage: 1"]


@pytest.mark.parametrize(
    ("word", "wanted"),
    [("/a", True), ("0x1000", True), ("00001010", True), ("2000", True), ("/b", False), ("3", False)],
)
def test_which_mounts(word: str, wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    point = SimpleNamespace(path="/a", mount=0x1000, super_block=0x2000)
    monkeypatch.setattr("crash.Addr", lambda mount, member: mount + 0x10)
    assert mountshow._is_wanted(point, {word}) is wanted  # type: ignore[arg-type]
