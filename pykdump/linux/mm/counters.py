# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's counters of pages: ``enum node_stat_item``, ``enum zone_stat_item``, and single variables."""

from __future__ import annotations

from crash import enum_values, sym2addr, symbol_exists

from pykdump.c_integers import LONG_SIZE
from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.crash_access import readLong


@memoize_cond(CU_LIVE)
def _addresses() -> dict[str, int]:
    """Return {name of a counter: its address}, from both of the kernel's tables."""
    # Counters have moved between the tables: NR_PAGETABLE in v5.11 (commit f0c0c115fb81).
    found: dict[str, int] = {}
    for enum, table in (("enum zone_stat_item", "vm_zone_stat"), ("enum node_stat_item", "vm_node_stat")):
        start = sym2addr(table)
        found.update({name: start + LONG_SIZE * number for name, number in enum_values(enum).items()})
    return found


def has_counter(name: str) -> bool:
    """Return whether this kernel has a counter with this name."""
    return name in _addresses()


def memory_counter(name: str) -> int:
    """Return a counter for the whole machine, such as "NR_FREE_PAGES"; most count pages.

    This is the kernel's global_node_page_state(): without what each CPU has not added yet, and never negative. Raises
    LookupError if this kernel has no such counter.
    """
    try:
        address = _addresses()[name]
    except KeyError:
        raise LookupError(f"This kernel does not count {name}.") from None
    return max(int(readLong(address)), 0)


def kernel_long(*names: str) -> int:
    """Return the first of these variables of the type ``long`` or ``atomic_long_t``. Raises LookupError."""
    for name in names:
        if symbol_exists(name):
            return int(readLong(sym2addr(name)))
    raise LookupError(f"There is no variable {' or '.join(names)} in this kernel.")
