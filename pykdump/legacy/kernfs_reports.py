# SPDX-License-Identifier: GPL-3.0-or-later
"""The files behind /sys under the names of the classic's modules kernfs and sysfs."""

from __future__ import annotations

from crash import container_of, error

from pykdump.linux.fs import kernfs
from pykdump.linux.fs.kernfs import KERNFS_DIR, KERNFS_FILE, KERNFS_LINK, KERNFS_TYPE_MASK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

__all__ = [
    "KERNFS_DIR", "KERNFS_FILE", "KERNFS_LINK", "KERNFS_TYPE_MASK", "blockdev_name", "decode_kernfs_node",
    "decode_sysfs_dirent", "for_all_dirents", "gendev2sd", "kernfs_active", "kernfs_fullpath", "kernfs_node_type",
    "kndir_iterate", "print_sysfs_dirent", "rb_to_kn", "sysfs_fullpath", "sysfs_parent", "walk_kdir",
]  # fmt: skip
LETTERS = {KERNFS_DIR: "/", KERNFS_FILE: ".", KERNFS_LINK: "@"}
MAX_DEPTH = 100

kernfs_active = kernfs.is_active
kernfs_node_type = kernfs.node_type
sysfs_parent = kernfs.parent


def rb_to_kn(node: StructResult) -> StructResult:
    """Return the ``struct kernfs_node`` that embeds a ``struct rb_node``."""
    return container_of(node, "struct kernfs_node", "rb")


def kndir_iterate(pos: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct kernfs_node`` of a directory that is in use."""
    return (node for node in kernfs.children(pos) if kernfs.is_active(node))


for_all_dirents = kndir_iterate


def decode_kernfs_node(kn: StructResult) -> tuple[str, str]:
    """Return (name, "/" for a directory, "." for a file or "@" for a link) of a ``struct kernfs_node``."""
    kind = kernfs.node_type(kn)
    return str(kn.name), LETTERS.get(kind, f"?{kind}")


decode_sysfs_dirent = decode_kernfs_node


def kernfs_fullpath(kn: StructResult) -> str:
    """Return the path of a ``struct kernfs_node`` below the root of its tree."""
    return kernfs.path(kn)


sysfs_fullpath = kernfs_fullpath


def walk_kdir(dirkn: StructResult, indent: int = 0) -> None:
    """Print a directory and all below it, with the targets of links."""
    if indent > 2 * MAX_DEPTH:
        return
    blanks = " " * indent
    for node in kndir_iterate(dirkn):
        kind = kernfs.node_type(node)
        print(blanks, node.name, kind)
        if kind == KERNFS_DIR:
            walk_kdir(node, indent + 2)
        elif kind == KERNFS_LINK:
            target = kernfs.target(node)
            print(blanks, "  ->", kernfs_fullpath(target) if target is not None else "?")


def print_sysfs_dirent(sd: StructResult) -> None:
    """Print each entry of a directory with its name and the letter of its type."""
    for node in for_all_dirents(sd):
        name, letter = decode_sysfs_dirent(node)
        print(node, name, letter)


def gendev2sd(gendev: StructResult) -> StructResult | None:
    """Return the ``struct kernfs_node`` of a ``struct device``, None if it is not in /sys."""
    return (gendev.kobj.sd or None) if gendev.kobj.ktype else None


def blockdev_name(sd: StructResult) -> str:
    """Return the name of the only block device of a device, given its ``struct kernfs_node``; "" if it has none."""
    try:
        block = kernfs.child(sd, "block")
        names = [str(node.name) for node in kndir_iterate(block)] if block is not None else []
    except error:
        return "Bad sysfs_dirent"
    # The directory also has the files of any directory of a device.
    names = [name for name in names if name not in ("power", "uevent")]
    return names[0] if len(names) == 1 else ""
