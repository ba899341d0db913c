# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of /proc/meminfo, computed from the kernel's variables as fs/proc/meminfo.c does."""

from __future__ import annotations

from crash import Addr, error, readS32, readSymbol, readU32, sym2addr, symbol_exists, sysfacts

from pykdump.c_integers import LONG_SIZE
from pykdump.crash_access import readULong
from pykdump.linux.mm import KIB_OF_PAGE, memory_nodes, total_memory
from pykdump.linux.mm.counters import has_counter, kernel_long, memory_counter
from pykdump.linux.percpu import percpu_counter_sum
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crash import StructResult

MAX_INODES = 10_000_000
TIB = 1 << 30  # in KiB
WMARK_LOW = 1  # enum zone_watermarks
PG_LEVELS = {"DirectMap4k": (1, 4), "DirectMap2M": (2, 2048), "DirectMap1G": (3, 1 << 20)}  # x86: (enum pg_level, KiB)


def available_pages() -> int:
    """Return MemAvailable in pages: si_mem_available() in mm/show_mem.c (mm/page_alloc.c before v6.5)."""
    low = sum(_low_watermarks())
    available = memory_counter("NR_FREE_PAGES") - kernel_long("totalreserve_pages")
    cache = memory_counter("NR_ACTIVE_FILE") + memory_counter("NR_INACTIVE_FILE")
    reclaimable = memory_counter("NR_SLAB_RECLAIMABLE_B") + memory_counter("NR_KERNEL_MISC_RECLAIMABLE")
    for pages in (cache, reclaimable):
        available += pages - min(pages // 2, low)
    return max(available, 0)


def _low_watermarks() -> Iterator[int]:
    """Yield the low watermark of each zone in pages."""
    for node in memory_nodes():
        for number in range(int(node.nr_zones)):
            zone = node.node_zones[number]
            yield int(zone._watermark[WMARK_LOW]) + int(zone.watermark_boost)


def buffer_pages() -> int:
    """Return Buffers in pages: the page cache of block devices themselves (nr_blockdev_pages() in block/bdev.c)."""
    head = Addr(readSymbol("blockdev_superblock"), "s_inodes")
    inodes = readSUListFromHead(head, "i_sb_list", "struct inode", maxel=MAX_INODES)
    return sum(int(inode.i_mapping.nrpages) for inode in inodes)


def huge_page_states() -> Iterator[StructResult]:
    """Yield the ``struct hstate`` of each size of huge pages; nothing on a kernel without them."""
    if symbol_exists("hstates"):
        states = readSymbol("hstates")
        yield from (states[number] for number in range(int(readSymbol("hugetlb_max_hstate"))))


def default_huge_page_state() -> StructResult:
    """Return the ``struct hstate`` of the default size of huge pages. Raises LookupError."""
    states = list(huge_page_states())
    if not states:
        raise LookupError("This kernel has no huge pages.")
    return states[int(readSymbol("default_hstate_idx"))]


def _huge_pages_kib() -> int:
    if not symbol_exists("hstates"):
        raise LookupError("This kernel has no huge pages.")
    return sum(int(state.nr_huge_pages) * (KIB_OF_PAGE << int(state.order)) for state in huge_page_states())


def _swap_cache() -> int:
    """Return the pages of the swap cache."""
    # Commit b6038942480e ("mm: memcg: add swapcache stat for memcg v2", v5.12).
    return memory_counter("NR_SWAPCACHE") if has_counter("NR_SWAPCACHE") else 0


def _cached() -> int:
    return max(memory_counter("NR_FILE_PAGES") - _swap_cache() - buffer_pages(), 0)


def _commit_limit() -> int:
    """Return CommitLimit in KiB: vm_commit_limit() in mm/util.c."""
    fixed = readULong(sym2addr("sysctl_overcommit_kbytes"))
    if fixed:
        allowed = fixed // KIB_OF_PAGE
    else:
        huge = _huge_pages_kib() // KIB_OF_PAGE if symbol_exists("hstates") else 0
        allowed = (total_memory() // 1024 // KIB_OF_PAGE - huge) * readS32(sym2addr("sysctl_overcommit_ratio")) // 100
    return (allowed + _swap_total()) * KIB_OF_PAGE


def _swap_total() -> int:
    return kernel_long("total_swap_pages") if symbol_exists("total_swap_pages") else 0


def _swap_free() -> int:
    return kernel_long("nr_swap_pages") if symbol_exists("nr_swap_pages") else 0


def _vmalloc_total() -> int:
    """Return the size of the kernel's address space for vmalloc in KiB. Raises LookupError: it is no variable."""
    # arch/x86/include/asm/pgtable_64_types.h: 32 TiB with four levels of page tables, 12800 TiB with five.
    if sysfacts()["machine"] != "x86_64":
        raise ValueError("the size of that address space is known for x86_64 only")
    name = "__pgtable_l5_enabled"
    five = symbol_exists(name) and readU32(sym2addr(name))
    return (12800 if five else 32) * TIB - 1


def _vmalloc_used() -> int:
    # v6.19 (include/linux/mmzone.h) counts it for each node.
    return memory_counter("NR_VMALLOC") if has_counter("NR_VMALLOC") else kernel_long("nr_vmalloc_pages")


def _per_cpu() -> int:
    """Return the pages of per-CPU memory: pcpu_nr_pages() in mm/percpu.c."""
    return kernel_long("pcpu_nr_populated") * readS32(sym2addr("pcpu_nr_units"))


def _huge_counter(name: str) -> int:
    """Return a counter of transparent huge pages in pages."""
    # Commit 69473e5de873 ("mm: memcontrol: convert NR_ANON_THPS account to pages") and its siblings of v5.12, which
    # also brought NR_SWAPCACHE (with CONFIG_SWAP). v5.16 brought NR_THROTTLED_WRITTEN.
    in_pages = has_counter("NR_SWAPCACHE") or has_counter("NR_THROTTLED_WRITTEN")
    # A huge page has as many pages as a page has pointers.
    return memory_counter(name) * (1 if in_pages else KIB_OF_PAGE * 1024 // LONG_SIZE)


def _with_cma(function: Callable[[str], int], name: str) -> int:
    """Return ``function(name)`` in KiB. Raises LookupError on a kernel without CONFIG_CMA, which has the names too."""
    if not symbol_exists("cma_areas"):
        raise LookupError("This kernel has no contiguous memory areas.")
    return function(name) * KIB_OF_PAGE


def _direct_map(name: str) -> int:
    """Return how many KiB of memory the kernel maps by pages of one size."""
    level, size = PG_LEVELS[name]
    if not symbol_exists("direct_pages_count"):
        raise LookupError("This kernel does not count the pages of its direct map.")
    if level == 3 and symbol_exists("direct_gbpages") and not readS32(sym2addr("direct_gbpages")):
        raise LookupError("This kernel does not use pages of 1 GiB.")
    return int(readSymbol("direct_pages_count")[level]) * size


def _pages(function: Callable[..., int], *names: str) -> Callable[[], int]:
    """Return a function that gives the sum of ``function(name)`` in KiB, or ``function()`` without names."""
    if not names:
        return lambda: function() * KIB_OF_PAGE
    return lambda: sum(function(name) for name in names) * KIB_OF_PAGE


def _count(*names: str) -> Callable[[], int]:
    return _pages(memory_counter, *names)


def _huge(member: str) -> Callable[[], int]:
    return lambda: int(getattr(default_huge_page_state(), member))


# (line, unit, function), in the order of v6.12. A function that raises LookupError stands for a line that the kernel
# leaves out because of its configuration or its age.
LINES: tuple[tuple[str, str, Callable[[], int]], ...] = (
    ("MemTotal", "kB", lambda: total_memory() // 1024),
    ("MemFree", "kB", _count("NR_FREE_PAGES")),
    ("MemAvailable", "kB", _pages(available_pages)),
    ("Buffers", "kB", _pages(buffer_pages)),
    ("Cached", "kB", _pages(_cached)),
    ("SwapCached", "kB", _pages(_swap_cache)),
    ("Active", "kB", _count("NR_ACTIVE_ANON", "NR_ACTIVE_FILE")),
    ("Inactive", "kB", _count("NR_INACTIVE_ANON", "NR_INACTIVE_FILE")),
    ("Active(anon)", "kB", _count("NR_ACTIVE_ANON")),
    ("Inactive(anon)", "kB", _count("NR_INACTIVE_ANON")),
    ("Active(file)", "kB", _count("NR_ACTIVE_FILE")),
    ("Inactive(file)", "kB", _count("NR_INACTIVE_FILE")),
    ("Unevictable", "kB", _count("NR_UNEVICTABLE")),
    ("Mlocked", "kB", _count("NR_MLOCK")),
    ("SwapTotal", "kB", _pages(_swap_total)),
    ("SwapFree", "kB", _pages(_swap_free)),
    ("Zswapped", "kB", _pages(kernel_long, "zswap_stored_pages")),
    ("Dirty", "kB", _count("NR_FILE_DIRTY")),
    ("Writeback", "kB", _count("NR_WRITEBACK")),
    ("AnonPages", "kB", _count("NR_ANON_MAPPED")),
    ("Mapped", "kB", _count("NR_FILE_MAPPED")),
    ("Shmem", "kB", _count("NR_SHMEM")),
    ("KReclaimable", "kB", _count("NR_SLAB_RECLAIMABLE_B", "NR_KERNEL_MISC_RECLAIMABLE")),
    ("Slab", "kB", _count("NR_SLAB_RECLAIMABLE_B", "NR_SLAB_UNRECLAIMABLE_B")),
    ("SReclaimable", "kB", _count("NR_SLAB_RECLAIMABLE_B")),
    ("SUnreclaim", "kB", _count("NR_SLAB_UNRECLAIMABLE_B")),
    ("KernelStack", "kB", lambda: memory_counter("NR_KERNEL_STACK_KB")),
    ("ShadowCallStack", "kB", lambda: memory_counter("NR_KERNEL_SCS_KB")),
    ("PageTables", "kB", _count("NR_PAGETABLE")),
    ("SecPageTables", "kB", _count("NR_SECONDARY_PAGETABLE")),
    ("NFS_Unstable", "kB", lambda: 0),  # always, since v5.8
    ("Bounce", "kB", lambda: memory_counter("NR_BOUNCE") * KIB_OF_PAGE if has_counter("NR_BOUNCE") else 0),
    ("WritebackTmp", "kB", _count("NR_WRITEBACK_TEMP")),
    ("CommitLimit", "kB", _commit_limit),
    ("Committed_AS", "kB", lambda: max(percpu_counter_sum(readSymbol("vm_committed_as")), 0) * KIB_OF_PAGE),
    ("VmallocTotal", "kB", _vmalloc_total),
    ("VmallocUsed", "kB", _pages(_vmalloc_used)),
    ("VmallocChunk", "kB", lambda: 0),  # always, since v4.3
    ("Percpu", "kB", _pages(_per_cpu)),
    ("HardwareCorrupted", "kB", _pages(kernel_long, "num_poisoned_pages")),
    ("AnonHugePages", "kB", _pages(_huge_counter, "NR_ANON_THPS")),
    ("ShmemHugePages", "kB", _pages(_huge_counter, "NR_SHMEM_THPS")),
    ("ShmemPmdMapped", "kB", _pages(_huge_counter, "NR_SHMEM_PMDMAPPED")),
    ("FileHugePages", "kB", _pages(_huge_counter, "NR_FILE_THPS")),
    ("FilePmdMapped", "kB", _pages(_huge_counter, "NR_FILE_PMDMAPPED")),
    ("CmaTotal", "kB", lambda: _with_cma(kernel_long, "totalcma_pages")),
    ("CmaFree", "kB", lambda: _with_cma(memory_counter, "NR_FREE_CMA_PAGES")),
    ("Unaccepted", "kB", _count("NR_UNACCEPTED")),
    ("Balloon", "kB", _count("NR_BALLOON_PAGES")),
    ("HugePages_Total", "", _huge("nr_huge_pages")),
    ("HugePages_Free", "", _huge("free_huge_pages")),
    ("HugePages_Rsvd", "", _huge("resv_huge_pages")),
    ("HugePages_Surp", "", _huge("surplus_huge_pages")),
    ("Hugepagesize", "kB", lambda: KIB_OF_PAGE << int(default_huge_page_state().order)),
    ("Hugetlb", "kB", _huge_pages_kib),
    *((name, "kB", lambda name=name: _direct_map(name)) for name in PG_LEVELS),
)


def meminfo() -> Iterator[tuple[str, str, int | None, str]]:
    """Yield (name, unit, value, reason) of each line of /proc/meminfo; the unit is "kB" (1024 bytes) or "".

    A value that cannot be told is None, and then the reason says why. Lines that this kernel does not have are left
    out. The counters are those of the whole machine, without what each CPU has not added yet: the kernel's own file has
    the same inexactness.
    """
    for name, unit, function in LINES:
        try:
            yield name, unit, function(), ""
        except LookupError:
            continue
        except (error, TypeError, ValueError) as problem:
            yield name, unit, None, str(problem)
