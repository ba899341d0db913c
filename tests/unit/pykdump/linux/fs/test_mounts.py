# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts of a made-up namespace: paths below a root, options, propagation, readers' cursors, damage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.fs import mounts  # noqa: E402


class Node(SimpleNamespace):
    """A struct with members; its address is its identity."""

    def __int__(self) -> int:
        return id(self)

    def hasField(self, name: str) -> bool:
        return hasattr(self, name)


def dentry(name: str, parent: Any = None) -> Node:
    made = Node(name=name)
    made.d_parent = parent or made
    return made


def mount(root: Node, parent: Any = None, point: Any = None, flags: int = 0, **members: Any) -> Node:
    sb = Node(s_flags=members.pop("sb_flags", 0), s_dev=(8 << 20) + 1, s_frozen=0)
    view = Node(mnt_root=root, mnt_flags=flags, mnt_sb=sb)
    made = Node(mnt=view, mnt_mountpoint=point, mnt_id=1, mnt_devname="/dev/x", mnt_master=0, mnt_group_id=7)
    made.mnt_parent = parent or made
    for name, value in members.items():
        setattr(made, name, value)
    return made


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "get_dentry_name", lambda node: node.name)
    monkeypatch.setattr(mounts, "IS_ROOT", lambda node: node is node.d_parent)
    monkeypatch.setattr(mounts, "dentry_path", lambda node: "/" if node is node.d_parent else f"/{node.name}")
    monkeypatch.setattr(mounts, "fs_type", lambda sb: "ext4")
    monkeypatch.setattr(mounts, "security_options", lambda sb: ())
    monkeypatch.setattr(mounts, "super_block_options", lambda sb, root: (("data=ordered",), None))


def test_paths_below_a_root() -> None:
    top = dentry("")
    home = dentry("home", top)
    inner = dentry("")
    first = mount(top)
    second = mount(inner, first, home)
    assert mounts.path_below(inner, second, None) == "/home"
    assert mounts.path_below(dentry("x", inner), second, None) == "/home/x"
    assert mounts.path_below(inner, second, Node(dentry=home, mnt=first.mnt)) == "/"
    assert mounts.path_below(top, first, Node(dentry=home, mnt=first.mnt)) is None
    assert mounts.path_below(top, first, Node(dentry=inner, mnt=second.mnt)) is None


def point(made: Any) -> mounts.MountPoint:
    return mounts.MountPoint(made, made.mnt.mnt_root, "/x", {})


def paths(mounts_in_order: list[Node], root: Any = None) -> list[str | None]:
    known = mounts._Paths(root)
    return [known.of(each, each.mnt.mnt_root) for each in mounts_in_order]  # type: ignore[arg-type]


def test_paths_that_begin_with_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    top = dentry("")
    home, etc = dentry("home", top), dentry("etc", top)
    first = mount(top)
    second = mount(dentry(""), first, dentry("x", home))
    stacked = mount(dentry(""), second, second.mnt.mnt_root)
    bound = mount(home, first, etc)  # the same dentries as in the first mount
    inside = mount(dentry(""), bound, dentry("y", home))
    all_of_them = [first, second, stacked, bound, inside]
    assert paths(all_of_them) == ["/", "/home/x", "/home/x", "/etc", "/etc/y"]
    monkeypatch.setattr(mounts, "mount_of", lambda view: next(m for m in all_of_them if int(m.mnt) == view))
    assert paths(all_of_them, Node(dentry=home, mnt=first.mnt)) == [None, "/x", "/x", None, None]
    assert paths(all_of_them, Node(dentry=home, mnt=bound.mnt)) == [None, None, None, "/", "/y"]
    for each in all_of_them:  # however they are found, they are those of path_below()
        assert paths([each]) == [mounts.path_below(each.mnt.mnt_root, each, None)]


def test_a_loop_of_dentries_ends() -> None:
    one, two = dentry("one"), dentry("two")
    one.d_parent, two.d_parent = two, one
    first = mount(dentry(""))
    with pytest.raises(fake_crash.CrashError, match="loop"):
        paths([first, mount(dentry(""), first, one)])


def test_a_loop_of_mounts_ends() -> None:
    first = mount(dentry(""))
    second = mount(dentry(""), first, dentry("a"))
    first.mnt_parent, first.mnt_mountpoint = second, second.mnt.mnt_root
    with pytest.raises(fake_crash.CrashError, match="loop"):
        mounts.path_below(second.mnt.mnt_root, second, None)


def test_options_in_the_order_of_proc() -> None:
    made = point(mount(dentry(""), flags=0x01 | 0x08 | 0x40, sb_flags=1 << 4))
    assert made.options == ("ro", "sync", "nosuid", "noatime", "data=ordered")
    assert made.own_options == ("ro", "nosuid", "noatime")
    assert made.super_options == ("rw", "sync", "data=ordered")
    assert (made.device, made.source, made.path, made.propagation) == ((8, 1), "/dev/x", "/x", ())


def test_the_root_of_a_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    root = dentry("x")
    root.d_inode = Node(i_private=5, i_ino=4026532237)
    monkeypatch.setattr(mounts, "fs_type", lambda sb: "nsfs")
    monkeypatch.setattr(mounts, "readSU", lambda name, address: Node(ops=Node(name="net")) if address == 5 else None)
    assert point(mount(root)).root == "net:[4026532237]"


def test_propagation() -> None:
    master = Node(mnt_group_id=9)
    made = point(mount(dentry(""), flags=0x1000, mnt_master=master))
    assert made.propagation == ("shared:7", "master:9")
    assert point(mount(dentry(""), flags=0x2000)).propagation == ("unbindable",)
    # Since v6.17 the bits are in a member of their own, and the old bits mean something else.
    assert point(mount(dentry(""), flags=0x3000, mnt_t_flags=1)).propagation == ("shared:7",)


def test_a_readers_cursor_and_a_damaged_mount(monkeypatch: pytest.MonkeyPatch) -> None:
    good, cursor, bad = mount(dentry("")), mount(dentry(""), flags=0x10000000), mount(dentry(""))
    del bad.mnt_devname
    reported: list[str] = []
    monkeypatch.setattr(mounts.pylog, "error", reported.append)
    monkeypatch.setattr(mounts, "for_each_mount", lambda namespace: [good, cursor, bad, good])
    found = list(mounts.mounts_of(Node()))  # type: ignore[arg-type]
    assert [each.mount for each in found] == [good, good]
    assert len(reported) == 1
