# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's trees: red-black tree, xarray, radix tree (before and after v4.20) and maple tree.

All walks are generators in the order of the keys. A damaged tree raises crash.error and never gives an endless walk.
"""

from __future__ import annotations

import crash
from crash import Addr, error, member_offset, member_size, readmem, readPtr, readSU

from pykdump.c_integers import LONG_MASK, PTR_SIZE
from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.lists import field_offset

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

RB_NODE = "struct rb_node"
MAX_DEPTH = 64  # the depth of a red-black tree with 2**32 nodes; no tree of the kernel is deeper


def rb_first(root: StructResult) -> StructResult | None:
    """Return the leftmost ``struct rb_node`` of a ``struct rb_root`` or ``rb_root_cached``, None if it is empty."""
    # Commit cd9e61ed1eeb ("rbtree: cache leftmost node internally", v4.14) added
    # rb_root_cached, which contains an rb_root.
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
    """Return the address of the parent of a ``struct rb_node``, 0 for the root."""
    # v3.7 renamed the member (include/linux/rbtree.h). Its low bits are the colour.
    name = "__rb_parent_color" if member_offset(RB_NODE, "__rb_parent_color") >= 0 else "rb_parent_color"
    return int(getattr(node, name)) & ~3


def rb_next(node: StructResult) -> StructResult | None:
    """Return the node after a ``struct rb_node`` in the order of the tree, None after the last one."""
    if rb_parent(node) == int(node):  # the node is not in a tree
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
    """Yield each ``struct rb_node`` of a tree, or with ``sname`` the struct that embeds the node as ``smember``."""
    if root.hasField("rb_root"):  # a struct rb_root_cached, see rb_first()
        root = root.rb_root
    struct, offset = (sname, field_offset(sname, smember)) if sname and smember else (RB_NODE, 0)
    seen: set[int] = set()
    for node in _in_order(int(root.rb_node)):
        if node in seen:
            raise error(f"The red-black tree at {int(root):#x} comes back to {node:#x}.")
        seen.add(node)
        yield readSU(struct, node - offset)


def _in_order(node: int) -> Iterator[int]:
    """Yield the addresses of each ``struct rb_node`` below ``node``, and its own, in the order of the tree.

    Trees may have very many nodes: each pointer to a child is read once, and those to parents are not needed.
    """
    left, right = member_offset(RB_NODE, "rb_left"), member_offset(RB_NODE, "rb_right")
    above: list[int] = []  # the nodes whose left part is being walked
    while node or above:
        while node:
            above.append(node)
            if len(above) > MAX_DEPTH:
                raise error(f"The red-black tree at {node:#x} is deeper than {MAX_DEPTH}: it has a loop.")
            node = readPtr(node + left)
        node = above.pop()
        yield node
        node = readPtr(node + right)


class _XarrayLayout:
    """The layout of the nodes of an xarray, or of the radix tree before it."""

    def __init__(self) -> None:
        # Commit 3159f943aafd ("xarray: Replace exceptional entries", v4.20) came with struct xa_node. Since then the
        # low bits of an internal entry are 10; before, bit 0 marked it.
        self.modern = member_offset("struct xa_node", "slots") >= 0
        self.node = "struct xa_node" if self.modern else "struct radix_tree_node"
        self.slots = member_offset(self.node, "slots")
        if self.slots < 0:
            raise TypeError("This kernel has neither struct xa_node nor struct radix_tree_node.")
        self.size = member_size(self.node, "slots") // PTR_SIZE
        self.bits = self.size.bit_length() - 1

    def is_node(self, entry: int) -> bool:
        """Return whether ``void *entry`` points to a node. XA_ZERO_ENTRY, XA_RETRY_ENTRY and siblings do not."""
        return entry & 3 == 2 and entry > 4096 if self.modern else entry & 3 == 1 and entry > 4096

    def is_value(self, entry: int) -> bool:
        """Return whether ``void *entry`` was stored by a user of the tree."""
        return entry != 0 and (entry & 3 != 2 if self.modern else entry & 3 != 1)

    def shift(self, node: int) -> int:
        """Return ``xa_node.shift``: the number of index bits that the nodes below this one use."""
        found = readSU(self.node, node)
        if found.hasField("shift"):
            return int(found.shift)
        # Older nodes have the height instead, in the low bits of ``path`` if that exists (include/linux/radix-tree.h
        # of v3.10 and v4.4).
        height = int(found.path) & 0xF if found.hasField("path") else int(found.height)
        return (height - 1) * self.bits

    def walk(self, entry: int, base: int = 0, limit: int = 8 * PTR_SIZE + 1) -> Iterator[tuple[int, int]]:
        """Yield (index, entry) for everything stored below ``entry``. The shift of a sound node is below ``limit``."""
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
def _xarray_layout() -> _XarrayLayout:
    return _XarrayLayout()


def _pointers(address: int, count: int) -> list[int]:
    """Return the elements of ``void *address[count]``."""
    found: list[int] = crash.mem2long(readmem(address, count * PTR_SIZE), array=count)
    return [pointer & LONG_MASK for pointer in found]


def _head(root: StructResult) -> int:
    """Return the entry at the root of a ``struct xarray`` or a ``struct radix_tree_root``."""
    # radix_tree_root has been another name of xarray since commit f8d5d0cc145c (v4.20).
    return readPtr(Addr(root, "xa_head" if root.hasField("xa_head") else "rnode"))


def for_all_xarray(root: StructResult) -> Iterator[tuple[int, int]]:
    """Yield (``unsigned long index``, ``void *entry``) of a ``struct xarray``, as the kernel's xa_for_each() does.

    The entries are given as they are stored. An entry whose bit 0 is set is a number: ``entry >> 1`` (xa_to_value()).
    """
    return _xarray_layout().walk(_head(root))


for_all_radix_tree = for_all_xarray  # its argument is a struct radix_tree_root


def radix_tree_lookup_element(root: StructResult | int, index: int) -> tuple[int | None, int | None]:
    """Return (entry, entry) for the entry stored under ``index``, or (None, None). Old programs expect a pair."""
    layout = _xarray_layout()
    tree = readSU("struct xarray" if layout.modern else "struct radix_tree_root", int(root))
    entry, above = _head(tree), 8 * PTR_SIZE + 1
    while layout.is_node(entry):
        node = entry & ~3
        shift = layout.shift(node)
        number = index >> shift
        if shift >= above or number >= layout.size:
            return None, None
        entry, index, above = readPtr(node + layout.slots + number * PTR_SIZE), index & ((1 << shift) - 1), shift
        if layout.modern and entry & 3 == 2 and entry < 4 * layout.size:  # a sibling points to the slot
            entry = readPtr(node + layout.slots + (entry >> 2) * PTR_SIZE)
    return (entry, entry) if layout.is_value(entry) and not index else (None, None)


def walk_page_tree(ptree: StructResult, checkfordups: bool = False) -> Iterator[int]:
    """Yield the address of each ``struct page`` (or folio) in ``address_space.i_pages``, except swapped-out pages.

    With ``checkfordups``, a page that is found twice raises crash.error.
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
    """The layout of the nodes of a maple tree: pivots and slots for each ``enum maple_type``."""

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
        """Yield (first index, last index, entry) for everything below a ``struct maple_enode *``.

        The node covers the indexes ``first`` to ``last``.
        """
        node, kind = enode & ~0xFF, enode >> 3 & 0xF  # enum maple_type is in bits 3 to 6
        if kind not in self.arrays or depth > MAX_DEPTH:
            raise error(f"The maple tree's node {enode:#x} is of the kind {kind}, {depth} levels below the root.")
        for begin, end, slot in self._ranges(node, kind, first, last):
            if kind in LEAVES:
                if slot and slot & 3 != 2:  # XA_ZERO_ENTRY reserves an index
                    yield begin, end, slot
            elif slot:
                yield from self.walk(slot, begin, end, depth + 1)

    def _ranges(self, node: int, kind: int, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        pivot_offset, pivots, slot_offset, slots = self.arrays[kind]
        ends = _pointers(node + pivot_offset, pivots) if pivots else []
        for number, slot in enumerate(_pointers(node + slot_offset, slots)):
            # A pivot of 0, except as the first one, means that this slot is the last one in use.
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
    """Yield (first index, last index, ``void *entry``) of a ``struct maple_tree``, like the kernel's mt_for_each()."""
    root = readPtr(Addr(tree, "ma_root"))
    if root & 3 == 2 and root > 4096:  # only the pointer to the root node has this mark
        yield from _maple().walk(root, 0, LONG_MASK)
    elif root and root & 3 != 2:  # a single entry without a node has the index 0
        yield 0, 0, root
