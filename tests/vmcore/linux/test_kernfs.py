# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of /sys, compared with drgn's and with the guest's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Inside = Callable[[str, str], Any]
KERNFS = "from pykdump.linux.fs import kernfs"


def test_paths_equal_those_of_drgn(inside: Inside, drgn_program: Any) -> None:
    from drgn.helpers.linux.kernfs import kernfs_path, kernfs_root, kernfs_walk

    root = kernfs_root(drgn_program["sysfs_root"].kn)
    cpus = "devices/system/cpu"
    names = ("block/vda", f"{cpus}/cpu0/topology/core_id", "kernel/mm", f"{cpus}/cpu1", "nonesuch/x")
    theirs = []
    for name in names:
        node = kernfs_walk(root.kn if hasattr(root, "kn") else root, name)
        theirs.append([hex(node.value_()), "/" + kernfs_path(node).decode().lstrip("/")] if node else None)
    found = inside(
        KERNFS,
        f"[(lambda n: [hex(n), kernfs.path(n)] if n is not None else None)(kernfs.lookup(name)) for name in {names!r}]",
    )
    # Ours follows a link at the end, too: block/vda leads to the device.
    assert found[1:] == theirs[1:]
    assert found[0][1].endswith("/block/vda")
    assert found[-1] is None


def test_each_child_knows_its_parent(inside: Inside) -> None:
    found = inside(
        KERNFS,
        "(lambda root: [sorted(str(n.name) for n in kernfs.children(root)), "
        "all(int(kernfs.parent(n)) == int(root) for n in kernfs.children(root)), kernfs.path(root)])"
        "(kernfs.sysfs_root())",
    )
    assert {"block", "bus", "class", "dev", "devices", "firmware", "fs", "kernel", "module"} <= set(found[0])
    assert found[1:] == [True, "/"]


def test_the_initial_network_namespace_is_shown(inside: Inside, drgn_program: Any) -> None:
    """Each namespace has a node with the name lo."""
    found = inside(
        KERNFS,
        "[sum(str(n.name) == 'lo' for n in kernfs.children(kernfs.lookup('class/net'))), "
        "int(kernfs.child(kernfs.lookup('class/net'), 'lo').ns)]",
    )
    assert found[0] > 1
    assert found[1] == drgn_program["init_net"].address_


def test_types_of_nodes(inside: Inside) -> None:
    found = inside(
        KERNFS,
        "[kernfs.node_type(kernfs.lookup('class/net/lo')), kernfs.node_type(kernfs.lookup('class/net/lo/mtu')), "
        "kernfs.node_type(kernfs.child(kernfs.lookup('class/net'), 'lo')), "
        "str(kernfs.target(kernfs.child(kernfs.lookup('class/net'), 'lo')).name)]",
    )
    assert found == [1, 2, 4, "lo"]
