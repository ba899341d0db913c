# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory management: NUMA nodes, counters of memory, and slab caches."""

from __future__ import annotations

from crash import PAGESIZE, readPtr, readSU, readSymbol, sym2addr, symbol_exists

from pykdump.c_integers import PTR_SIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

KIB_OF_PAGE = PAGESIZE // 1024


def possible_nodes() -> int:
    """Return ``nr_node_ids``: the number of the last possible NUMA node plus one. It is 1 on a kernel without NUMA."""
    return int(readSymbol("nr_node_ids")) if symbol_exists("nr_node_ids") else 1


def memory_nodes() -> Iterator[StructResult]:
    """Yield the ``struct pglist_data`` of each NUMA node."""
    table = sym2addr("node_data")
    if not table:  # without CONFIG_NUMA there is one node
        yield readSymbol("contig_page_data")
        return
    for number in range(possible_nodes()):
        node = readPtr(table + number * PTR_SIZE)
        if node:
            yield readSU("struct pglist_data", node)


def total_memory() -> int:
    """Return MemTotal of /proc/meminfo in bytes."""
    from pykdump.linux.mm.counters import kernel_long

    # Commit ca79b0c211af ("mm: convert totalram_pages and totalhigh_pages variables to atomic", v5.0).
    return kernel_long("_totalram_pages", "totalram_pages") * int(PAGESIZE)
