# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter a dump as ``makedumpfile -d 31`` does: without the page cache, pages of user space, and free pages.

The level also excludes pages of zeros. makedumpfile stores these once, and so does QEMU: they stay readable.

We do it ourselves, because each makedumpfile supports some kernels only, and it refuses or spoils the others. For a
guest of 6.1, makedumpfile 1.7.6 leaves out exactly the same pages. For 6.12 it keeps the free ones.

Like makedumpfile, this looks at ``struct page`` of each page. All that it knows about the kernel is in vmcoreinfo. It
is for kernels of x86-64 with SPARSEMEM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore import kdump
from mpykbuild.vmcore.kdump_pages import KdumpPages

LEVEL = 31
KERNEL_MAP = 0xFFFFFFFF80000000  # __START_KERNEL_map of x86-64
PAGE_SHIFT = 12
TABLE_SHIFTS = (39, 30, 21, 12)
PRESENT, LARGE = 1, 1 << 7
PHYSICAL = (1 << 52) - (1 << PAGE_SHIFT)
# Low bits of mem_section.section_mem_map are flags (include/linux/mmzone.h): it has a map of pages, and the others.
HAS_MEM_MAP = 1 << 1
SECTION_FLAGS = (1 << 6) - 1
ANON = 1  # PAGE_MAPPING_ANON in page.mapping
TAIL = 1  # in page.compound_head


class Kernel:
    """The kernel in a dump: its memory by virtual addresses, and its pages' structs."""

    def __init__(self, pages: KdumpPages, info: Mapping[str, str]) -> None:
        self.pages, self.info = pages, info

    def number(self, name: str, radix: int = 10) -> int:
        """Return a value of vmcoreinfo. Raises BuildError if the kernel does not have it."""
        if name not in self.info:
            raise BuildError(f"vmcoreinfo has no {name}.", "filter a dump of another kernel.")
        return int(self.info[name], radix)

    def offset(self, name: str) -> int:
        return self.number(f"OFFSET({name})")

    @cached_property
    def _top_table(self) -> int:
        physical = self.number("SYMBOL(swapper_pg_dir)", 16) - KERNEL_MAP + self.number("NUMBER(phys_base)")
        return physical & PHYSICAL

    def physical(self, address: int) -> int | None:
        """Return the physical address for a virtual one, or None if it is not mapped."""
        table = self._top_table
        for shift in TABLE_SHIFTS:
            page = self.pages.page(table >> PAGE_SHIFT)
            place = (address >> shift & 511) * 8
            entry = int.from_bytes(page[place : place + 8], "little")
            if not entry & PRESENT:
                return None
            if shift == PAGE_SHIFT or entry & LARGE:
                below = (1 << shift) - 1
                return (entry & PHYSICAL & ~below) | (address & below)
            table = entry & PHYSICAL
        return None

    def read(self, address: int, size: int) -> bytes | None:
        """Return memory that does not cross a page, or None if it is not mapped or not in the dump."""
        place = self.physical(address)
        if place is None or place >> PAGE_SHIFT not in self.pages.descriptors:
            return None
        begin = place & (1 << PAGE_SHIFT) - 1
        return self.pages.page(place >> PAGE_SHIFT)[begin : begin + size]

    def word(self, address: int) -> int:
        """Return 8 bytes at an address as a number. It is 0 if they are not mapped."""
        return int.from_bytes(self.read(address, 8) or b"", "little")


class PageMap:
    """The array of ``struct page``, which the sections of SPARSEMEM lead to."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.size = kernel.number("SIZE(page)")
        self._shift = kernel.number("NUMBER(SECTION_SIZE_BITS)") - PAGE_SHIFT
        self._section_size = kernel.number("SIZE(mem_section)")
        self._in_root = kernel.pages.page_size // self._section_size
        self._maps: dict[int, int] = {}

    def _map_of(self, section: int) -> int:
        """Return what section_mem_map of a section encodes, or 0: the address of the page with frame number 0."""
        if section not in self._maps:
            roots = self.kernel.number("SYMBOL(mem_section)", 16)
            root = self.kernel.word(roots + section // self._in_root * 8)
            place = root + section % self._in_root * self._section_size
            value = self.kernel.word(place + self.kernel.offset("mem_section.section_mem_map")) if root else 0
            self._maps[section] = value & ~SECTION_FLAGS if value & HAS_MEM_MAP else 0
        return self._maps[section]

    def address(self, frame: int) -> int:
        """Return the address of ``struct page`` for a frame number, or 0 if there is none."""
        start = self._map_of(frame >> self._shift)
        return start + frame * self.size if start else 0


@dataclass(frozen=True)
class Page:
    """The members of a ``struct page`` that tell what the page is used for."""

    flags: int
    mapping: int
    mapcount: int
    private: int
    compound_head: int


class Classifier:
    """Tells which pages are left out."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel, self.map = kernel, PageMap(kernel)
        names = ("flags", "mapping", "_mapcount", "private", "compound_head")
        self._offsets = [kernel.offset(f"page.{name}") for name in names]
        self._buddy = kernel.number("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)") & 0xFFFFFFFF
        self._slab = int(kernel.info.get("NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)", "0")) & 0xFFFFFFFF
        self._free: set[int] = set()

    def _bit(self, page: Page, name: str) -> bool:
        number = self.kernel.info.get(f"NUMBER(PG_{name})")
        return number is not None and bool(page.flags >> int(number) & 1)

    def at(self, address: int) -> Page | None:
        """Return the page whose struct is at an address."""
        raw = self.kernel.read(address, self.map.size)
        if raw is None:
            return None
        flags, mapping, mapcount, private, head = self._offsets
        words = [int.from_bytes(raw[place : place + 8], "little") for place in (flags, mapping, private, head)]
        return Page(words[0], words[1], int.from_bytes(raw[mapcount : mapcount + 4], "little"), words[2], words[3])

    def _is_slab(self, page: Page) -> bool:
        """Since 6.10 (commit 46df8e73a4a3) a type in _mapcount marks such a page, before the flag PG_slab did."""
        return self._bit(page, "slab") or (self._slab != 0 and page.mapcount == self._slab)

    def is_left_out(self, frame: int) -> bool:
        """Whether a page is free, is no memory (firmware), or belongs to user space or the page cache.

        Frames must come in ascending order, because the first page of a free block says how many pages it has.
        """
        if frame in self._free:
            return True
        address = self.map.address(frame)
        if not address:
            return True
        page = self.at(address)
        if page is not None and page.mapcount == self._buddy:
            self._free.update(range(frame, frame + (1 << page.private)))
            return True
        return page is not None and self._is_of_user_space(page)

    def _is_of_user_space(self, page: Page) -> bool:
        """Whether a page is anonymous or in the page cache. For a part of a larger one, its head tells it."""
        if page.compound_head & TAIL:
            head = self.at(page.compound_head - TAIL)
            if head is None:
                return False
            page = head
        if self._is_slab(page):
            return False
        cached = self._bit(page, "lru") or (self._bit(page, "swapcache") and self._bit(page, "swapbacked"))
        return cached or bool(page.mapping & ANON)


def filter_dump(dump: Path, out: Path) -> int:
    """Write ``out``, the filtered ``dump``. Return how many pages are left out.

    Raises BuildError if vmcoreinfo does not describe the kernel's pages.
    """
    with KdumpPages(dump) as pages:
        classifier = Classifier(Kernel(pages, kdump.vmcoreinfo(dump)))
        return pages.write_without(out, classifier.is_left_out, LEVEL)
