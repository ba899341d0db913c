# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's trees: red-black tree, xarray, radix tree (two ages of it) and maple tree.

All walks are generators in the order of the keys. A damaged tree gives ``crash.error``, not an endless walk.
"""

from __future__ import annotations

import crash
from crash import Addr, container_of, error, member_offset, member_size, readmem, readPtr, readSU

from pykdump.c_integers import LONG_MASK, PTR_SIZE
from pykdump.caches import CU_LIVE, memoize_cond

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

RB_NODE = "struct rb_node"
MAX_DEPTH = 64  # no tree of the kernel can be deeper: red-black trees of 2**32 nodes are, at most


def rb_first(root: StructResult) -> StructResult | None:
    """The leftmost ``struct rb_node`` of a ``struct rb_root`` (or ``rb_root_cached``); None if it is empty."""
    # Commit cd9e61ed1eeb ("rbtree: cache leftmost node internally", v4.14) put an rb_root into rb_root_cached.
    if root.hasField("rb_root"):
        root = root.rb_root
    node = root.rb_node
    return _leftmost(node) if node else None


def _leftmost(node: StructResult) -> StructResult:
    for _ in range(MAX_DEPTH):
        if not node.rb_left:
            return node
        node = node.rb_left
    raise error(f"The red-black tree at {int(node):#x} is deeper than {MAX_DEPTH}: it has a loop.")


def rb_parent(node: StructResult) -> int:
    """Address of the parent of a ``struct rb_node``, 0 for the root: the colour is in the low bits."""
    # v3.7 renamed it (include/linux/rbtree.h).
    name = "__rb_parent_color" if member_offset(RB_NODE, "__rb_parent_color") >= 0 else "rb_parent_color"
    return int(getattr(node, name)) & ~3


def rb_next(node: StructResult) -> StructResult | None:
    """The node after ``struct rb_node *node`` in the order of the tree; None after the last."""
    if rb_parent(node) == int(node):  # it is in no tree
        return None
    if node.rb_right:
        return _leftmost(node.rb_right)
    for _ in range(MAX_DEPTH):
        parent = rb_parent(node)
        if not parent:
            return None
        above = readSU(RB_NODE, parent)
        if int(above.rb_right) != int(node):
            return above
        node = above
    raise error(f"The red-black tree at {int(node):#x} is deeper than {MAX_DEPTH}: it has a loop.")


def for_all_rbtree(root: StructResult, sname: str | None = None, smember: str | None = None) -> Iterator[StructResult]:
    """Each ``struct rb_node`` of a tree in order or, with ``sname``, the struct that embeds it as ``smember``."""
    node, seen = rb_first(root), set()
    while node is not None:
        if int(node) in seen:
            raise error(f"The red-black tree at {int(root):#x} comes back to {int(node):#x}.")
        seen.add(int(node))
        yield container_of(node, sname, smember) if sname and smember else node
        node = rb_next(node)


class _Chunks:
    """Where the nodes of an xarray, or of the radix tree before it, keep their slots."""

    def __init__(self) -> None:
        # Commit 3159f943aafd ("xarray: Replace exceptional entries", v4.20), which came with struct xa_node: internal
        # entries are those whose low bits are 10; before, bit 0 was the mark.
        self.modern = member_offset("struct xa_node", "slots") >= 0
        self.node = "struct xa_node" if self.modern else "struct radix_tree_node"
        self.slots = member_offset(self.node, "slots")
        if self.slots < 0:
            raise TypeError("This kernel has neither struct xa_node nor struct radix_tree_node.")
        self.size = member_size(self.node, "slots") // PTR_SIZE
        self.bits = self.size.bit_length() - 1

    def is_node(self, entry: int) -> bool:
        """Whether ``void *entry`` leads to a node (XA_ZERO_ENTRY, XA_RETRY_ENTRY and siblings do not)."""
        return entry & 3 == 2 and entry > 4096 if self.modern else entry & 3 == 1 and entry > 4096

    def is_value(self, entry: int) -> bool:
        """Whether it is something that a user stored."""
        return entry != 0 and (entry & 3 != 2 if self.modern else entry & 3 != 1)

    def shift(self, node: int) -> int:
        """``xa_node.shift``: how many bits of the index are below this node."""
        found = readSU(self.node, node)
        if found.hasField("shift"):
            return int(found.shift)
        # Older nodes have the height in its place, in the low bits of ``path`` if they have that
        # (include/linux/radix-tree.h of v3.10 and v4.4).
        height = int(found.path) & 0xF if found.hasField("path") else int(found.height)
        return (height - 1) * self.bits

    def walk(self, entry: int, base: int = 0, limit: int = 8 * PTR_SIZE + 1) -> Iterator[tuple[int, int]]:
        """(index, entry) of all that is stored below ``entry``. ``limit``: what the shift must be below."""
        if not self.is_node(entry):
            if self.is_value(entry):
                yield base, entry
            return
        node = entry & ~3
        shift = self.shift(node)
        if shift >= limit:
            raise error(f"The {self.node} at {node:#x} has the shift {shift} below a node of {limit}.")
        for number, slot in enumerate(_pointers(node + self.slots, self.size)):
            if slot:
                yield from self.walk(slot, base + (number << shift), shift)


@memoize_cond(CU_LIVE)
def _chunks() -> _Chunks:
    return _Chunks()


def _pointers(address: int, count: int) -> list[int]:
    """``void *address[count]``"""
    found: list[int] = crash.mem2long(readmem(address, count * PTR_SIZE), array=count)
    return [pointer & LONG_MASK for pointer in found]


def _head(root: StructResult) -> int:
    """The entry at the top of a ``struct xarray`` or a ``struct radix_tree_root``."""
    # radix_tree_root has been another name of xarray since commit f8d5d0cc145c (v4.20).
    return readPtr(Addr(root, "xa_head" if root.hasField("xa_head") else "rnode"))


def for_all_xarray(root: StructResult) -> Iterator[tuple[int, int]]:
    """(``unsigned long index``, ``void *entry``) of a ``struct xarray``, as xa_for_each() in the kernel.

    Entries come as stored: one with bit 0 set is a number (xa_to_value: ``entry >> 1``).
    """
    return _chunks().walk(_head(root))


for_all_radix_tree = for_all_xarray  # of a struct radix_tree_root


def radix_tree_lookup_element(root: StructResult | int, index: int) -> tuple[int | None, int | None]:
    """(entry, entry) stored under ``index``, (None, None) if there is nothing. The classic gave the slot twice."""
    chunks = _chunks()
    tree = readSU("struct xarray" if chunks.modern else "struct radix_tree_root", int(root))
    entry, above = _head(tree), 8 * PTR_SIZE + 1
    while chunks.is_node(entry):
        node = entry & ~3
        shift = chunks.shift(node)
        number = index >> shift
        if shift >= above or number >= chunks.size:
            return None, None
        entry, index, above = readPtr(node + chunks.slots + number * PTR_SIZE), index & ((1 << shift) - 1), shift
        if chunks.modern and entry & 3 == 2 and entry < 4 * chunks.size:  # a sibling: the entry is in that slot
            entry = readPtr(node + chunks.slots + (entry >> 2) * PTR_SIZE)
    return (entry, entry) if chunks.is_value(entry) and not index else (None, None)


def walk_page_tree(ptree: StructResult, checkfordups: bool = False) -> Iterator[int]:
    """Addresses of the ``struct page`` (or folio) in ``address_space.i_pages``; what is swapped out is left out.

    crash.error for a page that comes twice, if ``checkfordups``.
    """
    seen: set[int] = set()
    for _, entry in for_all_xarray(ptree):
        if entry & 3:  # a shadow or swap entry
            continue
        if checkfordups and entry in seen:
            raise error(f"The page {entry:#x} is in the tree at {int(ptree):#x} twice.")
        seen.add(entry)
        yield entry


LEAVES = (0, 1)  # maple_dense, maple_leaf_64


class _Maple:
    """Pivots and slots of the nodes of a maple tree, by ``enum maple_type``."""

    def __init__(self) -> None:
        # Commit 54a611b60590 ("Maple Tree: add new data structure", v6.1).
        self.arrays = {0: (0, 0, member_offset("struct maple_node", "slot"), 31)}
        for kinds, name in (((1, 2), "struct maple_range_64"), ((3,), "struct maple_arange_64")):
            pivot, slot = member_offset(name, "pivot"), member_offset(name, "slot")
            if pivot < 0 or slot < 0:
                raise TypeError(f"There is no {name} in this kernel.")
            sizes = member_size(name, "pivot") // PTR_SIZE, member_size(name, "slot") // PTR_SIZE
            for kind in kinds:
                self.arrays[kind] = (pivot, sizes[0], slot, sizes[1])

    def walk(self, enode: int, first: int, last: int, depth: int = 0) -> Iterator[tuple[int, int, int]]:
        """(first index, last index, entry) of what is stored below a ``struct maple_enode *`` for first...last."""
        node, kind = enode & ~0xFF, enode >> 3 & 0xF  # enum maple_type is in bits 3 to 6
        if kind not in self.arrays or depth > MAX_DEPTH:
            raise error(f"The maple tree's node {enode:#x} is of the kind {kind}, {depth} levels below the root.")
        for begin, end, slot in self._ranges(node, kind, first, last):
            if kind in LEAVES:
                if slot and slot & 3 != 2:  # 2: XA_ZERO_ENTRY, reserved
                    yield begin, end, slot
            elif slot:
                yield from self.walk(slot, begin, end, depth + 1)

    def _ranges(self, node: int, kind: int, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        pivot_offset, pivots, slot_offset, slots = self.arrays[kind]
        ends = _pointers(node + pivot_offset, pivots) if pivots else []
        for number, slot in enumerate(_pointers(node + slot_offset, slots)):
            # A pivot of 0 that is not the first means that the slot before was the last one in use.
            end = ends[number] if number < pivots else (first if kind == 0 else last)
            if number and not end and kind:
                end = last
            yield first, min(end, last), slot
            if end >= last:
                return
            first = end + 1


@memoize_cond(CU_LIVE)
def _maple() -> _Maple:
    return _Maple()


def for_all_maple_tree(tree: StructResult) -> Iterator[tuple[int, int, int]]:
    """(first index, last index, ``void *entry``) of a ``struct maple_tree``, as mt_for_each() in the kernel."""
    root = readPtr(Addr(tree, "ma_root"))
    if root & 3 == 2 and root > 4096:  # below the root, nodes have no such mark
        yield from _maple().walk(root, 0, LONG_MASK)
    elif root and root & 3 != 2:  # a lone entry is that of index 0
        yield 0, 0, root
