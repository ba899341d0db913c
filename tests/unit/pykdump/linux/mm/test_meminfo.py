# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of /proc/meminfo that need more than one counter."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.caches import purge_memoize_cache  # noqa: E402
from pykdump.linux.mm import meminfo  # noqa: E402


def with_counters(monkeypatch: pytest.MonkeyPatch, **counts: int) -> None:
    def count(name: str) -> int:
        if name not in counts:
            raise LookupError(name)
        return counts[name]

    monkeypatch.setattr(meminfo, "memory_counter", count)
    monkeypatch.setattr(meminfo, "has_counter", lambda name: name in counts)


@pytest.mark.parametrize(
    ("cache", "slab", "expected"),
    [
        (1000, 200, 5000 - 300 + (1000 - 100) + (200 - 100)),  # more than twice the watermark, and exactly that
        (100, 0, 5000 - 300 + 50),  # half of a small cache stays
        (0, 0, 4700),
    ],
)
def test_available_memory(monkeypatch: pytest.MonkeyPatch, cache: int, slab: int, expected: int) -> None:
    with_counters(
        monkeypatch, NR_FREE_PAGES=5000, NR_ACTIVE_FILE=cache // 2, NR_INACTIVE_FILE=cache - cache // 2,
        NR_SLAB_RECLAIMABLE_B=slab, NR_KERNEL_MISC_RECLAIMABLE=0,
    )  # fmt: skip
    monkeypatch.setattr(meminfo, "kernel_long", lambda name: {"totalreserve_pages": 300}[name])
    monkeypatch.setattr(meminfo, "_low_watermarks", lambda: iter([60, 40]))
    assert meminfo.available_pages() == expected


@pytest.mark.parametrize(
    ("markers", "pages"),
    [({"NR_SWAPCACHE": 0}, 3), ({"NR_THROTTLED_WRITTEN": 0}, 3), ({}, 3 * 512)],
    ids=["5.12", "5.16 without swap", "5.10"],
)
def test_huge_pages_are_counted_in_two_ways(
    monkeypatch: pytest.MonkeyPatch, markers: dict[str, int], pages: int
) -> None:
    with_counters(monkeypatch, NR_ANON_THPS=3, **markers)
    assert meminfo._huge_counter("NR_ANON_THPS") == pages


@pytest.mark.parametrize(("five", "kib"), [(None, 34359738367), (0, 34359738367), (1, 13743895347199)])
def test_the_address_space_of_vmalloc(monkeypatch: pytest.MonkeyPatch, five: int | None, kib: int) -> None:
    kernel = fake_crash.install()
    monkeypatch.setattr(meminfo, "sysfacts", lambda: {"machine": "x86_64"})
    if five is not None:
        kernel.symbols["__pgtable_l5_enabled"] = 0x1000
        kernel.write(0x1000, five.to_bytes(4, "little"))
    assert meminfo._vmalloc_total() == kib


def test_lines_that_a_kernel_lacks_and_lines_that_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = fake_crash.install()
    purge_memoize_cache(-1)
    monkeypatch.setattr(meminfo, "sysfacts", lambda: {"machine": "aarch64"})
    kernel.enums = {"enum zone_stat_item": {"NR_FREE_PAGES": 0}, "enum node_stat_item": {}}
    kernel.symbols["vm_zone_stat"] = 0x1000
    kernel.write_pointer(0x1000, 5)
    lines = {name: (unit, value, reason) for name, unit, value, reason in meminfo.meminfo()}
    assert lines["MemFree"] == ("kB", 20, "")
    assert lines["VmallocTotal"] == ("kB", None, "the size of that address space is known for x86_64 only")
    assert not {"Dirty", "HugePages_Total", "DirectMap4k", "CmaTotal"} & lines.keys()
