# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of a slab cache (SLUB): all slabs, found by looking at each page, and the objects in them.

crash's kmem -S shows only slabs that are not full, because SLUB keeps no list of the others.
"""

from __future__ import annotations

import sys
from itertools import islice

from crash import (
    PAGESIZE,
    error,
    exec_crash_command,
    member_offset,
    phys_to_page,
    readmem,
    readPtr,
    readSU,
    struct_size,
)

from pykdump.c_integers import LONG_MASK, PTR_SIZE
from pykdump.linux.mm.slab import cpu_slabs, objects_per_slab, slab_caches
from pykdump.linux.percpu import percpu_ptr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

# Pages whose struct page is read at once. A section of memory (SECTION_SIZE_BITS) is never smaller than that, so the
# structs of these pages are next to each other.
PAGES_AT_ONCE = 4096


def cache_named(name: str) -> StructResult:
    """Return the ``struct kmem_cache`` with this name. Raises KeyError if there is no such cache."""
    for cache in slab_caches():
        if str(cache.name) == name:
            return cache
    raise KeyError(f"There is no slab cache {name!r}.")


def memory_ranges() -> Iterator[tuple[int, int]]:
    """Yield (first, last) physical address of each range of memory."""
    from pykdump.linux.devices.pci import io_resources

    for _, resource in io_resources("iomem_resource"):
        if str(resource.name).startswith("System RAM"):
            yield int(resource.start), int(resource.end)


def slabs_of(cache: StructResult) -> Iterator[tuple[int, StructResult]]:
    """Yield (physical address, slab) of each slab of a ``struct kmem_cache``: a ``struct slab`` or ``struct page``.

    This looks at the struct of every page of the machine: 16 MB for each GB of memory.
    """
    # Commit d122019bf061 ("mm: Split slab into its own type", v5.17).
    suname = "struct slab" if member_offset("struct slab", "slab_cache") >= 0 else "struct page"
    offset, size, wanted = member_offset(suname, "slab_cache"), struct_size("struct page"), int(cache)
    step = PAGES_AT_ONCE * PAGESIZE
    for first, last in memory_ranges():
        for start in range(first // step * step, last + 1, step):
            for number in _pages_with(start, offset, size, wanted):
                address = start + number * PAGESIZE
                if first <= address <= last:
                    yield address, readSU(suname, phys_to_page(address))


def _pages_with(start: int, offset: int, size: int, wanted: int) -> list[int]:
    """Return the numbers of the pages from ``start`` on whose struct has the pointer ``wanted`` at ``offset``."""
    try:
        raw = readmem(phys_to_page(start), PAGES_AT_ONCE * size)
    except (error, IndexError):  # memory without struct pages, or filtered out of the dump
        return []
    if size % PTR_SIZE or wanted.to_bytes(PTR_SIZE, sys.byteorder) not in raw:
        return []
    words = memoryview(raw).cast("Q" if PTR_SIZE == 8 else "I")
    column = words[offset // PTR_SIZE :: size // PTR_SIZE].tolist()
    return [number for number, word in enumerate(column) if word == wanted]


def virtual_offset() -> int:
    """Return what the kernel adds to a physical address to get its address in the direct map."""
    # crash prints a heading and a line with both addresses.
    return int(exec_crash_command("ptov 0").split("\n")[1].split()[0], 16)


def objects_of_slab(cache: StructResult, address: int, slab: StructResult) -> list[int]:
    """Return the address of each object of a slab whose memory begins at the virtual ``address``."""
    size = int(cache.size)
    # With SLUB's debugging of overwrites there is a gap before each object.
    first = address + (int(cache.red_left_pad) if cache.hasField("red_left_pad") else 0)
    number = min(int(slab.objects), max(objects_per_slab(cache), int(cache.min.x) & 0xFFFF))
    return [first + size * each for each in range(number)]


def free_objects_of_slab(cache: StructResult, slab: StructResult) -> set[int]:
    """Return the objects in the list ``slab.freelist``."""
    return _chain(cache, int(slab.freelist), int(slab.objects))


def free_objects_of_cpus(cache: StructResult) -> set[int]:
    """Return the objects that lie ready for a CPU in the slab from which it allocates."""
    found: set[int] = set()
    offset = member_offset("struct kmem_cache_cpu", "freelist")
    for cpu, slab in cpu_slabs(cache):
        found |= _chain(cache, readPtr(percpu_ptr(int(cache.cpu_slab), cpu) + offset), int(slab.objects))
    return found


def _chain(cache: StructResult, first: int, limit: int) -> set[int]:
    """Return the objects of a list of free objects. A damaged list ends where it is damaged."""
    return set(islice(_links(cache, first), limit))


def _links(cache: StructResult, here: int) -> Iterator[int]:
    offset = int(cache.offset)
    # CONFIG_SLAB_FREELIST_HARDENED. Commit 1ad53d9fa3f6 ("slub: improve bit diffusion for freelist ptr obfuscation",
    # v5.7) swaps the bytes of the address.
    secret = int(cache.random) if cache.hasField("random") else None
    while here:
        yield here
        place = here + offset
        try:
            here = readPtr(place)
        except error:
            return
        if secret is not None:
            swapped = int.from_bytes(place.to_bytes(PTR_SIZE, "little"), "big")
            here = (here ^ secret ^ swapped) & LONG_MASK


def cache_objects(cache: StructResult) -> tuple[list[int], list[int]]:
    """Return (objects in use, free objects) of a ``struct kmem_cache``: their addresses, in the order of the memory.

    Objects in a CPU's sheaf (since v6.18, for some caches) count as used.
    """
    used: list[int] = []
    free: list[int] = []
    to_virtual, of_cpus = virtual_offset(), free_objects_of_cpus(cache)
    for physical, slab in slabs_of(cache):
        unused = free_objects_of_slab(cache, slab) | of_cpus
        for each in objects_of_slab(cache, physical + to_virtual, slab):
            (free if each in unused else used).append(each)
    return used, free
