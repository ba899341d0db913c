# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of kernfs on two layouts, and damaged trees."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.fs import kernfs  # noqa: E402

ROOT, DIRECTORY, LINK = 0x1000, 0x2000, 0x3000


def tree(parent: str = "parent") -> fake_crash.Kernel:
    kernel = fake_crash.install()
    kernel.layouts["struct kernfs_node"] = {}
    kernel.define("atomic_t", counter="s32")
    kernel.define("struct kernfs_elem_symlink", target_kn="ptr struct kernfs_node")
    kernel.define(
        "struct kernfs_node", active="atomic_t", flags="u16", name="char[16]", symlink="struct kernfs_elem_symlink",
        **{parent: "ptr struct kernfs_node"},
    )  # fmt: skip
    kernel.make("struct kernfs_node", ROOT, flags=1)
    kernel.make("struct kernfs_node", DIRECTORY, flags=0x11, name="devices", **{parent: ROOT})
    kernel.make(
        "struct kernfs_node", LINK, flags=4, name="link", symlink_DOT_target_kn=DIRECTORY, **{parent: DIRECTORY}
    )
    return kernel


@pytest.mark.parametrize("parent", ["__parent", "parent"], ids=["6.15", "6.12"])
def test_paths(parent: str) -> None:
    kernel = tree(parent)
    paths = [kernfs.path(kernel.view("struct kernfs_node", at)) for at in (ROOT, DIRECTORY, LINK)]
    assert paths == ["/", "/devices", "/devices/link"]


def test_types_and_targets() -> None:
    kernel = tree()
    nodes = [kernel.view("struct kernfs_node", at) for at in (ROOT, DIRECTORY, LINK)]
    assert [kernfs.node_type(node) for node in nodes] == [1, 1, 4]
    assert [int(kernfs.target(node) or 0) for node in nodes] == [0, 0, DIRECTORY]
    assert list(kernfs.children(nodes[2])) == [], "a link has none"


def test_parents_in_a_circle_end() -> None:
    kernel = tree()
    kernel.write_pointer(ROOT + kernel.find("struct kernfs_node", "parent")[0], LINK)
    path = kernfs.path(kernel.view("struct kernfs_node", LINK))
    assert path.startswith(".../")
    assert path.count("/") == kernfs.MAX_DEPTH


def test_a_node_that_is_removed_is_not_active() -> None:
    kernel = tree()
    kernel.make("struct kernfs_node", LINK, active_DOT_counter=-(1 << 31) + 1)
    assert not kernfs.is_active(kernel.view("struct kernfs_node", LINK))
    assert kernfs.is_active(kernel.view("struct kernfs_node", ROOT))
