# SPDX-License-Identifier: GPL-3.0-or-later
"""kernfs: the trees of files behind /sys and /sys/fs/cgroup."""

from __future__ import annotations

from crash import readSymbol, sym2addr

from pykdump.linux.trees import for_all_rbtree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

NODE = "struct kernfs_node"
# enum kernfs_node_type (include/linux/kernfs.h); they are bits of kernfs_node.flags.
KERNFS_TYPE_MASK = 0xF
KERNFS_DIR, KERNFS_FILE, KERNFS_LINK = 1, 2, 4
MAX_DEPTH = 100
MAX_LINKS = 40  # as many as the kernel follows


def sysfs_root() -> StructResult:
    """Return the ``struct kernfs_node`` of /sys."""
    # Commit f2eb478f2f32 ("kernfs: move struct kernfs_root out of the public view.", v5.18) left the name of the
    # variable as it is.
    root: StructResult = readSymbol("sysfs_root").kn
    return root


def node_type(node: StructResult) -> int:
    """Return KERNFS_DIR, KERNFS_FILE or KERNFS_LINK for a ``struct kernfs_node``."""
    return int(node.flags) & KERNFS_TYPE_MASK


def is_active(node: StructResult) -> bool:
    """Return whether a ``struct kernfs_node`` is in use: a node that was not activated, or is removed, is not."""
    return int(node.active.counter) >= 0


def children(directory: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct kernfs_node`` in a directory, in the order of the hashes of their names."""
    if node_type(directory) == KERNFS_DIR:
        yield from for_all_rbtree(directory.dir.children, NODE, "rb")


def parent(node: StructResult) -> StructResult | None:
    """Return the directory of a ``struct kernfs_node``, None for the root of a tree."""
    # Commit 633488947ef6 ("kernfs: Use RCU to access kernfs_node::parent", v6.15) renamed it.
    found = getattr(node, "__parent") if node.hasField("__parent") else node.parent
    return found or None


def target(node: StructResult) -> StructResult | None:
    """Return the ``struct kernfs_node`` to which a link leads, None for other nodes."""
    return (node.symlink.target_kn or None) if node_type(node) == KERNFS_LINK else None


def path(node: StructResult) -> str:
    """Return the path of a ``struct kernfs_node`` in its tree: "/devices/pci0000:00". The root is "/".

    A chain of parents that is deeper than any of the kernel's gives the names found so far after "...".
    """
    names: list[str] = []
    here: StructResult | None = node
    while here is not None:
        above = parent(here)
        if above is None:
            return "/" + "/".join(reversed(names))
        if len(names) == MAX_DEPTH:
            break
        names.append(str(here.name))
        here = above
    return ".../" + "/".join(reversed(names))


def child(directory: StructResult, name: str) -> StructResult | None:
    """Return the ``struct kernfs_node`` with this name in a directory, None if there is no such node.

    Of the nodes of several network namespaces, such as class/net/lo, it is that of the initial one.
    """
    found = [node for node in children(directory) if str(node.name) == name]
    initial = sym2addr("init_net")
    return next((node for node in found if int(node.ns) in (0, initial)), found[0] if found else None)


def lookup(place: str, root: StructResult | None = None) -> StructResult | None:
    """Return the ``struct kernfs_node`` of a path below /sys, such as "block/vda"; None if there is no such path.

    Links are followed, the last one too.
    """
    node = root if root is not None else sysfs_root()
    for name in filter(None, place.split("/")):
        found = child(node, name)
        for _ in range(MAX_LINKS):
            follow = target(found) if found is not None else None
            if follow is None:
                break
            found = follow
        if found is None:
            return None
        node = found
    return node
