# SPDX-License-Identifier: GPL-3.0-or-later
"""Slab caches (SLUB): their sizes and how full they are, as in /proc/slabinfo, and the objects of a slab."""

from __future__ import annotations

from crash import PAGESIZE, Addr, enumerator_value, member_offset, readSU

from pykdump.linux.mm import possible_nodes
from pykdump.linux.percpu import percpu_ptr, possible_cpus
from pykdump.lists import readListByHead, readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

CACHE, NODE = "struct kmem_cache", "struct kmem_cache_node"
MAX_CACHES, MAX_SLABS = 100_000, 10_000_000
OO_SHIFT = 16  # mm/slub.c: the order of a slab is above the number of its objects
# enum _slab_flag_bits (include/linux/slab.h) since commit cc61eb851c9a ("mm, slab: use an enum to define SLAB_ cache
# creation flags", v6.9); before it was a macro with this value.
SLAB_RECLAIM_ACCOUNT = 0x00020000


class SlabUsage:
    """How full a cache is, as in /proc/slabinfo. All objects of the slab of a CPU count as ``active``."""

    __slots__ = ("active", "objects", "slabs")

    def __init__(self, active: int, objects: int, slabs: int) -> None:
        self.active = active
        self.objects = objects
        self.slabs = slabs


def slab_caches() -> Iterator[StructResult]:
    """Yield each ``struct kmem_cache``, in the order of /proc/slabinfo.

    Raises TypeError on a kernel with SLAB (up to v6.7) or SLOB (up to v6.3) instead of SLUB.
    """
    if member_offset(NODE, "nr_slabs") < 0:
        raise TypeError("The slab allocator of this kernel is not SLUB, or SLUB counts no slabs (CONFIG_SLUB_DEBUG).")
    yield from readSUListFromHead("slab_caches", "list", CACHE, maxel=MAX_CACHES)


def objects_per_slab(cache: StructResult) -> int:
    """Return how many objects a slab of a ``struct kmem_cache`` has; a slab made under pressure may have fewer."""
    return int(cache.oo.x) & ((1 << OO_SHIFT) - 1)


def slab_order(cache: StructResult) -> int:
    """Return the order of a slab of a ``struct kmem_cache``: it has 1 << order pages."""
    return int(cache.oo.x) >> OO_SHIFT


def slab_bytes(cache: StructResult) -> int:
    """Return the size of a slab of a ``struct kmem_cache`` in bytes."""
    return int(PAGESIZE) << slab_order(cache)


def cache_nodes(cache: StructResult) -> Iterator[StructResult]:
    """Yield the ``struct kmem_cache_node`` of a ``struct kmem_cache`` for each NUMA node."""
    # struct kmem_cache is allocated only up to the last possible node.
    for number in range(min(possible_nodes(), len(cache.node))):
        node = cache.node[number]
        if node:
            yield node


def partial_slabs(node: StructResult) -> Iterator[StructResult]:
    """Yield each slab of a ``struct kmem_cache_node`` that is neither full nor in use by a CPU."""
    # Commit d122019bf061 ("mm: Split slab into its own type", v5.17) made struct slab from struct page.
    offset = member_offset("struct slab", "slab_list")
    suname = "struct slab" if offset >= 0 else "struct page"
    if offset < 0:
        offset = member_offset("struct page", "slab_list")
    for address in readListByHead(Addr(node, "partial"), maxel=MAX_SLABS):
        yield readSU(suname, address - offset)


def usage(cache: StructResult) -> SlabUsage:
    """Return how full a ``struct kmem_cache`` is, counted as get_slabinfo() in mm/slub.c does.

    v6.10 lets the kernel estimate the free objects of a node with more than 10,000 partial slabs; this counts them all.
    """
    slabs = objects = free = 0
    for node in cache_nodes(cache):
        slabs += int(node.nr_slabs.counter)
        objects += int(node.total_objects.counter)
        free += sum(int(slab.objects) - int(slab.inuse) for slab in partial_slabs(node))
    return SlabUsage(objects - free, objects, slabs)


def is_reclaimable(cache: StructResult) -> bool:
    """Return whether the memory of a ``struct kmem_cache`` counts as SReclaimable in /proc/meminfo."""
    bit = enumerator_value("_SLAB_RECLAIM_ACCOUNT")
    return bool(int(cache.flags) & (SLAB_RECLAIM_ACCOUNT if bit is None else 1 << bit))


def cpu_slabs(cache: StructResult) -> Iterator[tuple[int, StructResult]]:
    """Yield (CPU, slab) for each slab from which a CPU allocates; nothing if CPUs have sheaves of objects instead."""
    # v7.0 (mm/slub.c) removed struct kmem_cache_cpu.
    if not cache.hasField("cpu_slab"):
        return
    name = "slab" if member_offset("struct kmem_cache_cpu", "slab") >= 0 else "page"
    for cpu in possible_cpus():
        slab = getattr(readSU("struct kmem_cache_cpu", percpu_ptr(int(cache.cpu_slab), cpu)), name)
        if slab:
            yield cpu, slab
