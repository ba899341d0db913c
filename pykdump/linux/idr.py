# SPDX-License-Identifier: GPL-3.0-or-later
"""IDR (``struct idr``): the kernel's map from small integers to pointers."""

from __future__ import annotations

from pykdump.linux.trees import for_all_radix_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult


def idr_for_each(idr: StructResult) -> Iterator[tuple[int, int]]:
    """Yield (id, ``void *entry``) for each entry of a ``struct idr``, in the order of the ids.

    An IDR before v4.11, which had its own kind of tree, is read as well. Raises crash.error for a damaged tree.
    """
    # Commit 0a835c4f090a ("Reimplement IDR and IDA using the radix tree", v4.11). Commit 6ce711f27500 ("idr: Make
    # 1-based IDRs more efficient", v4.16) added idr_base.
    if not idr.hasField("idr_rt"):
        return _layers(idr)
    base = int(idr.idr_base) if idr.hasField("idr_base") else 0
    return ((index + base, entry) for index, entry in for_all_radix_tree(idr.idr_rt))


def _layers(idr: StructResult) -> Iterator[tuple[int, int]]:
    """Read an IDR before v4.11: a tree of ``struct idr_layer``, whose nodes have 64 or 256 slots."""
    layer = idr.top
    return _below(layer, 0, int(idr.layers)) if layer else iter(())


def _below(layer: StructResult, base: int, level: int) -> Iterator[tuple[int, int]]:
    slots = list(layer.ary)
    bits = len(slots).bit_length() - 1
    for number, slot in enumerate(slots):
        if not slot:
            continue
        index = base + (number << bits * (level - 1))
        if level > 1:
            yield from _below(slot, index, level - 1)
        else:
            yield index, int(slot)
