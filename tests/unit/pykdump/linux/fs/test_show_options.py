# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of file systems that have not their defaults. The expected texts are what the kernel's sources print."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.fs import show_options as so  # noqa: E402


class Struct(SimpleNamespace):
    def __int__(self) -> int:
        return id(self)

    def hasField(self, name: str) -> bool:
        return hasattr(self, name)


def kid(value: int) -> Struct:
    return Struct(val=value)


def shown(reader: Any, info: Struct, monkeypatch: pytest.MonkeyPatch, **sb: Any) -> list[str]:
    monkeypatch.setattr(so, "readSU", lambda name, address: info)
    return list(reader(Struct(s_fs_info=info, **sb), None))


def test_tmpfs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(so, "_total_pages", lambda: 2000)
    usual = Struct(max_blocks=1000, max_inodes=1000, mode=0o1777, uid=kid(0), gid=kid(0), full_inums=1)
    assert shown(so.tmpfs, usual, monkeypatch) == ["inode64"]
    other = Struct(
        max_blocks=16, max_inodes=64, mode=0o700, uid=kid(5), gid=kid(6), full_inums=0, huge=3, noswap=True
    )  # fmt: skip
    assert shown(so.tmpfs, other, monkeypatch) == [
        "size=64k", "nr_inodes=64", "mode=700", "uid=5", "gid=6", "inode32", "huge=advise", "noswap",
    ]  # fmt: skip


def test_devpts_and_ramfs(monkeypatch: pytest.MonkeyPatch) -> None:
    options = Struct(setuid=1, uid=kid(3), setgid=0, gid=kid(5), mode=0o600, ptmxmode=0o666, max=10)
    assert shown(so.devpts, Struct(mount_opts=options), monkeypatch) == ["uid=3", "mode=600", "ptmxmode=666", "max=10"]
    assert shown(so.ramfs, Struct(mount_opts=Struct(mode=0o755)), monkeypatch) == []
    assert shown(so.ramfs, Struct(mount_opts=Struct(mode=0o1777)), monkeypatch) == ["mode=1777"]


def test_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    info = Struct(pid_gid=kid(100), hide_pid=2, pidonly=1)
    assert shown(so.proc, info, monkeypatch) == ["gid=100", "hidepid=invisible", "subset=pid"]
    assert shown(so.proc, Struct(pid_gid=kid(0), hide_pid=0, pidonly=0), monkeypatch) == []


@pytest.mark.parametrize("new", [True, False])
def test_debugfs(new: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    info = Struct(uid=kid(0), gid=kid(4), mode=0o755)
    assert shown(so.debugfs, info if new else Struct(mount_opts=info), monkeypatch) == ["gid=4", "mode=755"]


def test_cgroup2(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"CGRP_ROOT_NS_DELEGATE": 8, "CGRP_ROOT_MEMORY_RECURSIVE_PROT": 1 << 18}
    monkeypatch.setattr(so, "enumerator_value", values.get)
    monkeypatch.setattr(so, "addr2sym", lambda address: "cgroup_show_options")
    monkeypatch.setattr(so, "readSymbol", lambda name: Struct(flags=8 | 1 << 18))
    info = Struct(root=Struct(syscall_ops=Struct(show_options=1)))
    assert shown(so.kernfs, info, monkeypatch) == ["nsdelegate", "memory_recursiveprot"]
    assert shown(so.kernfs, Struct(root=Struct(syscall_ops=0)), monkeypatch) == []


def test_fuse(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Struct(
        legacy_opts_show=1, user_id=kid(1), group_id=kid(2), default_permissions=1, allow_other=1, max_read=4096
    )  # fmt: skip
    found = shown(so.fuse, Struct(fc=connection), monkeypatch, s_bdev=1, s_blocksize=4096)
    assert found == ["user_id=1", "group_id=2", "default_permissions", "allow_other", "max_read=4096", "blksize=4096"]
    assert shown(so.fuse, Struct(fc=Struct(legacy_opts_show=0)), monkeypatch) == []


def test_which_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(sb: Any, root: Any) -> Any:
        yield "first"
        raise fake_crash.CrashError("gone")

    names = {1: "unknown_show_options", 2: "ramfs_show_options"}
    monkeypatch.setattr(so, "addr2sym", names.get)
    monkeypatch.setitem(so.READERS, "ramfs_show_options", broken)
    sb = [Struct(s_op=Struct(show_options=pointer)) for pointer in (0, 1, 2)]
    assert so.super_block_options(sb[0], None) == ((), None)  # type: ignore[arg-type]
    assert so.super_block_options(sb[1], None)[1] == "we do not know what unknown_show_options() shows"  # type: ignore[arg-type]
    assert so.super_block_options(sb[2], None) == (("first",), "ramfs_show_options: gone")  # type: ignore[arg-type]


@pytest.mark.parametrize(("flags", "expected"), [(0x110, ("seclabel",)), (0x100, ()), (0x010, ())])
def test_labels_of_selinux(flags: int, expected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(so, "_selinux_offset", lambda: 32)
    monkeypatch.setattr(so, "readSU", lambda name, address: Struct(flags=flags) if address == 132 else None)
    assert so.security_options(Struct(s_security=100)) == expected  # type: ignore[arg-type]
    assert so.security_options(Struct(s_security=0)) == ()  # type: ignore[arg-type]
    monkeypatch.setattr(so, "_selinux_offset", lambda: None)
    assert so.security_options(Struct(s_security=100)) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "offset"),
    [
        ({}, None),
        ({"selinux_state": Struct(initialized=False)}, None),
        ({"selinux_state": Struct(initialized=True), "selinux_blob_sizes": Struct(lbs_superblock=32)}, 32),
        ({"selinux_state": Struct(initialized=True), "selinux_blob_sizes": Struct()}, 0),
    ],
)
def test_where_selinux_has_its_data(values: Any, offset: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(so, "symbol_exists", values.__contains__)
    monkeypatch.setattr(so, "readSymbol", values.__getitem__)
    assert so._selinux_offset.__wrapped__() == offset  # type: ignore[attr-defined]
