# SPDX-License-Identifier: GPL-3.0-or-later
"""Counters of memory that move between the kernel's tables."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.caches import purge_memoize_cache  # noqa: E402
from pykdump.linux.mm import counters  # noqa: E402

ZONE, NODE = 0x1000, 0x2000


def kernel_with(zone: list[tuple[str, int]], node: list[tuple[str, int]]) -> None:
    kernel = fake_crash.install()
    purge_memoize_cache(-1)
    for enum, symbol, start, rows in (
        ("enum zone_stat_item", "vm_zone_stat", ZONE, zone),
        ("enum node_stat_item", "vm_node_stat", NODE, node),
    ):
        kernel.enums[enum] = {name: number for number, (name, _) in enumerate(rows)}
        kernel.symbols[symbol] = start
        for number, (_, value) in enumerate(rows):
            kernel.write_pointer(start + 8 * number, value & (1 << 64) - 1)


@pytest.mark.parametrize("in_zone", [True, False], ids=["5.10", "5.11"])
def test_a_counter_is_found_in_either_table(in_zone: bool) -> None:
    rows = [("NR_FREE_PAGES", 5), *([("NR_PAGETABLE", 77)] if in_zone else [])]
    kernel_with(rows, [("NR_ACTIVE_ANON", 6), *([] if in_zone else [("NR_PAGETABLE", 77)])])
    assert counters.memory_counter("NR_PAGETABLE") == 77
    assert counters.memory_counter("NR_FREE_PAGES") == 5
    assert counters.has_counter("NR_ACTIVE_ANON")
    assert not counters.has_counter("NR_UNACCEPTED")


def test_a_counter_is_never_negative() -> None:
    kernel_with([("NR_FREE_PAGES", -3)], [])
    assert counters.memory_counter("NR_FREE_PAGES") == 0


def test_what_a_kernel_lacks() -> None:
    kernel_with([], [])
    with pytest.raises(LookupError, match="does not count NR_VMALLOC"):
        counters.memory_counter("NR_VMALLOC")
    with pytest.raises(LookupError, match="no variable new_name or old_name"):
        counters.kernel_long("new_name", "old_name")


def test_a_variable_under_its_old_name() -> None:
    kernel = fake_crash.install()
    kernel.symbols["old_name"] = ZONE
    kernel.write_pointer(ZONE, 42)
    assert counters.kernel_long("new_name", "old_name") == 42
