# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's resizable hash tables: ``struct rhashtable``."""

from __future__ import annotations

from crash import PAGESIZE, container_of, error, mem2long, member_offset, readmem, readPtr

from pykdump.c_integers import LONG_MASK, PTR_SIZE
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

BUCKET_TABLE = "struct bucket_table"
MAX_TABLES = 64
MAX_CHAIN = 1_000_000


def for_all_rhashtable(table: StructResult, suname: str, member: str) -> Iterator[StructResult]:
    """Yield each struct ``suname`` in a ``struct rhashtable`` that is linked by its ``struct rhash_head member``.

    While the kernel resizes a table there are two of them; both are walked. A chain that cannot be read ends, and pylog
    gets the reason.
    """
    buckets = table.tbl
    for _ in range(MAX_TABLES):
        if not buckets:
            return
        for first in _buckets(buckets):
            for node in _chain(first):
                yield container_of(node, suname, member)
        buckets = buckets.future_tbl


def _buckets(table: StructResult) -> Iterator[int]:
    """Yield the first node of each bucket of a ``struct bucket_table`` that is not empty."""
    start, count = int(table) + member_offset(BUCKET_TABLE, "buckets"), int(table.size)
    # Commit da20420f83ea ("rhashtable: Add nested tables", v4.11): if memory was scarce, the only bucket is the root of
    # a tree of pages, and ``nest`` is the number of index bits that its first level has.
    if table.nest:
        yield from _nested(readPtr(start), 1 << int(table.nest), count >> int(table.nest))
    else:
        yield from filter(None, _pointers(start, count))


def _nested(page: int, entries: int, below: int) -> Iterator[int]:
    for pointer in _pointers(page, entries):
        if pointer and below > 1:
            per_page = PAGESIZE // PTR_SIZE
            yield from _nested(pointer, min(per_page, below), -(-below // per_page))
        elif pointer:
            yield pointer


def _pointers(start: int, count: int) -> list[int]:
    found: list[int] = mem2long(readmem(start, count * PTR_SIZE), array=count) if count else []
    return [pointer & LONG_MASK for pointer in found]


def _chain(node: int) -> Iterator[int]:
    """Yield the address of each ``struct rhash_head``. The end is an odd value."""
    # Bit 0 of a bucket is its lock since commit 8f0db018006a ("rhashtable: use bit_spin_locks to protect hash bucket.",
    # v5.2).
    node &= ~1
    for _ in range(MAX_CHAIN):
        if not node or node & 1:
            return
        yield node
        try:
            node = readPtr(node)
        except error as problem:
            pylog.error(f"A chain of a hash table ends at {node:#x}: {problem}")
            return
    pylog.error(f"A chain of a hash table has more than {MAX_CHAIN} elements; it ends here")
