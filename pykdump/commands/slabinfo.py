# SPDX-License-Identifier: GPL-3.0-or-later
"""slabinfo: slab caches, as in /proc/slabinfo, with the memory that they take.

  ACTIVE   objects in use; objects that lie ready in the slab of a CPU count as in use, as in /proc/slabinfo
  OBJECTS  objects for which there is room
  SIZE     bytes of an object
  PER-SLAB objects of a slab, and PAGES, the pages of a slab
  SLABS    number of slabs
  MEMORY   what the slabs take together
  USED     ACTIVE in percent of OBJECTS
  KIND     R if the kernel can reclaim its memory (SReclaimable in /proc/meminfo), U if not
  SHARED   how many caches share it (caches with objects of the same kind are merged under one name)

A finding names each cache that takes more than a quarter of the memory of the machine.

  slabinfo dentry 'kmalloc-.*'   only these caches; a name is a regular expression
  slabinfo --top 10              the ten largest ones
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, item, name_pattern, positive_number
from pykdump.command_layer.events import UNREADABLE, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    import re
    from collections.abc import Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts


@dataclass
class Cache:
    """A slab cache: a struct kmem_cache."""

    name: str = item("its name")
    address: int = item("struct kmem_cache *", unit="address")
    active: int = item("objects in use, as in /proc/slabinfo")
    objects: int = item("objects for which there is room")
    size: int = item("the size of an object, with what the allocator needs around it", unit="bytes")
    object_size: int = item("the size of an object as its user sees it", unit="bytes")
    objects_per_slab: int = item("objects of a slab")
    pages_per_slab: int = item("pages of a slab")
    slabs: int = item("number of slabs")
    memory: int = item("the size of all slabs", unit="bytes")
    reclaimable: bool = item("whether the kernel can reclaim its memory")
    shared: int = item("number of caches that share it")

    @property
    def used(self) -> str:
        """Active objects in percent of all objects."""
        return f"{100 * self.active // self.objects}%" if self.objects else "-"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of slabinfo."""
    parser.add_argument("names", nargs="*", type=name_pattern, metavar="NAME", help="only these caches")
    parser.add_argument("--top", type=positive_number, metavar="N", help="only the N largest ones, the largest first")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the caches, and a finding for each very large one."""
    found = caches(options.names)
    if options.top:
        everything = list(found)
        yield from (each for each in everything if isinstance(each, Problem))
        records = sorted((each for each in everything if isinstance(each, Cache)), key=lambda cache: -cache.memory)
        found = iter(records[: options.top])
    limit = _quarter_of_memory()
    large = []
    for each in found:
        yield each
        if isinstance(each, Cache) and limit and each.memory > limit:
            large.append(each)
    for cache in large:
        yield Finding(
            "slab-large",
            f"The slab cache {cache.name} takes {cache.memory >> 20} MiB, more than a quarter of the memory.",
            addresses=(cache.address,),
        )


def _quarter_of_memory() -> int:
    """Return a quarter of the memory in bytes; 0 if its size cannot be read."""
    from pykdump.linux.mm import total_memory

    try:
        return total_memory() // 4
    except UNREADABLE:
        return 0


def caches(names: list[re.Pattern[str]]) -> Iterator[Cache | Problem]:
    """Yield the Caches with these names, all without names, and a Problem for each that cannot be read."""
    from pykdump.linux.mm.slab import slab_caches

    for cache in slab_caches():
        try:
            name = str(cache.name)
            if not names or any(pattern.fullmatch(name) for pattern in names):
                yield _record(name, cache)
        except UNREADABLE as problem:
            yield Problem(f"the slab cache at {int(cache):#x}", reason_of(problem))


def _record(name: str, cache: StructResult) -> Cache:
    from pykdump.linux.mm import slab

    usage = slab.usage(cache)
    return Cache(
        name=name,
        address=int(cache),
        active=usage.active,
        objects=usage.objects,
        size=int(cache.size),
        object_size=int(cache.object_size),
        objects_per_slab=slab.objects_per_slab(cache),
        pages_per_slab=1 << slab.slab_order(cache),
        slabs=usage.slabs,
        memory=usage.slabs * slab.slab_bytes(cache),
        reclaimable=slab.is_reclaimable(cache),
        shared=int(cache.refcount),
    )


TABLES: Layouts = {
    Cache: (
        Column("CACHE", "name", left=True),
        Column("ADDRESS", "address", address=True),
        Column("ACTIVE", "active"),
        Column("OBJECTS", "objects"),
        Column("SIZE", "size"),
        Column("PER-SLAB", "objects_per_slab"),
        Column("PAGES", "pages_per_slab"),
        Column("SLABS", "slabs"),
        Column("MEMORY", "memory", show=lambda size: f"{size >> 10} KiB"),
        Column("USED", "used"),
        Column("KIND", "reclaimable", left=True, show=lambda flag: "R" if flag else "U"),
        Column("SHARED", "shared"),
    ),
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
