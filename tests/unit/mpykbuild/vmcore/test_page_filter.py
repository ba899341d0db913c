# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel of eight pages that is made by hand: page tables, one section, and the structs of its pages."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore import page_filter
from mpykbuild.vmcore.kdump_pages import KdumpPages
from support.guest.kdump_blob import PAGE, write_dump

BASE = 0xFFFF888000000000  # where all frames are mapped
TABLES = (1, 2, 3, 4)  # the frames of the page tables, from the top
ROOTS, SECTIONS, STRUCTS = 5, 6, 7
FRAMES = 64
HEAD, LRU, SLAB, BUDDY, PLAIN = 1 << 6, 1 << 5, 0xF5000000, 0xF0000000, 0xFFFFFFFF
INFO = {
    "OSRELEASE": "6.12.1-test", "SYMBOL(swapper_pg_dir)": f"{page_filter.KERNEL_MAP + PAGE:x}",
    "NUMBER(phys_base)": 0, "SYMBOL(mem_section)": f"{BASE + ROOTS * PAGE:x}", "SIZE(mem_section)": 16,
    "OFFSET(mem_section.section_mem_map)": 0, "NUMBER(SECTION_SIZE_BITS)": 18, "SIZE(page)": 64,
    "OFFSET(page.flags)": 0, "OFFSET(page.compound_head)": 8, "OFFSET(page.mapping)": 24, "OFFSET(page.private)": 40,
    "OFFSET(page._mapcount)": 48, "NUMBER(PG_lru)": 5, "NUMBER(PG_swapcache)": 10, "NUMBER(PG_swapbacked)": 17,
    "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)": BUDDY - (1 << 32), "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)": SLAB - (1 << 32),
}  # fmt: skip


def page_struct(flags: int = 0, head: int = 0, mapping: int = 0, private: int = 0, mapcount: int = PLAIN) -> bytes:
    return struct.pack("<QQ8xQ8xQI12x", flags, head, mapping, private, mapcount)


def table(entries: dict[int, int]) -> bytes:
    return b"".join(struct.pack("<Q", entries.get(place, 0)) for place in range(512))


def memory(structs: dict[int, bytes]) -> dict[int, bytes]:
    """Return the pages of the kernel. ``structs`` replaces the structs of some frames, which are plain otherwise."""
    pages = {frame: bytes([frame]) * PAGE for frame in range(FRAMES)}
    for number, shift in enumerate(page_filter.TABLE_SHIFTS[:3]):
        pages[TABLES[number]] = table({BASE >> shift & 511: TABLES[number + 1] * PAGE | 3})
    pages[TABLES[3]] = table({frame: frame * PAGE | 3 for frame in range(FRAMES)})
    pages[ROOTS] = table({0: BASE + SECTIONS * PAGE})
    pages[SECTIONS] = table({0: BASE + STRUCTS * PAGE | 3})
    pages[STRUCTS] = b"".join(structs.get(frame, page_struct()) for frame in range(FRAMES))
    return pages


def kept(tmp_path: Path, structs: dict[int, bytes], info: dict[str, object] | None = None) -> set[int]:
    dump = write_dump(tmp_path / "vmcore", memory(structs), INFO if info is None else info)
    page_filter.filter_dump(dump, tmp_path / "filtered")
    with KdumpPages(tmp_path / "filtered") as pages:
        return set(pages.descriptors)


def left_out(tmp_path: Path, structs: dict[int, bytes], info: dict[str, object] | None = None) -> set[int]:
    return set(range(FRAMES)) - kept(tmp_path, structs, info)


def test_the_kernels_own_pages_stay(tmp_path: Path) -> None:
    assert left_out(tmp_path, {}) == set()


def test_a_free_block_is_left_out(tmp_path: Path) -> None:
    assert left_out(tmp_path, {16: page_struct(mapcount=BUDDY, private=2)}) == {16, 17, 18, 19}


@pytest.mark.parametrize(
    "found",
    [page_struct(flags=LRU), page_struct(mapping=BASE | 1), page_struct(flags=1 << 10 | 1 << 17)],
    ids=["page cache", "anonymous", "swap cache"],
)
def test_pages_of_user_space_and_of_the_cache_are_left_out(tmp_path: Path, found: bytes) -> None:
    assert left_out(tmp_path, {20: found}) == {20}


@pytest.mark.parametrize(
    "found",
    [page_struct(mapping=BASE), page_struct(mapping=BASE | 1, mapcount=SLAB), page_struct(flags=1 << 10)],
    ids=["has a mapping", "slab", "no swap cache"],
)
def test_other_pages_stay(tmp_path: Path, found: bytes) -> None:
    assert left_out(tmp_path, {20: found}) == set()


def test_the_head_tells_about_all_parts(tmp_path: Path) -> None:
    tail = page_struct(head=BASE + STRUCTS * PAGE + 20 * 64 + 1)
    assert left_out(tmp_path, {20: page_struct(flags=HEAD, mapping=BASE | 1), 21: tail, 22: tail}) == {20, 21, 22}
    assert left_out(tmp_path, {20: page_struct(flags=HEAD), 21: tail, 22: tail}) == set()


def test_firmware_is_left_out(tmp_path: Path) -> None:
    """No section has its pages, so no struct describes them."""
    dump = write_dump(tmp_path / "vmcore", {**memory({}), FRAMES + 3: bytes(PAGE)}, INFO)
    assert page_filter.filter_dump(dump, tmp_path / "filtered") == 1
    with KdumpPages(tmp_path / "filtered") as pages:
        assert set(pages.descriptors) == set(range(FRAMES))


def test_a_flag_marks_the_slab_of_older_kernels(tmp_path: Path) -> None:
    older = {name: value for name, value in INFO.items() if "SLAB" not in name}
    structs = {20: page_struct(mapping=BASE | 1, flags=1 << 9)}
    assert left_out(tmp_path, structs, {**older, "NUMBER(PG_slab)": 9}) == set()
    assert left_out(tmp_path, structs, older) == {20}


def test_a_kernel_without_sections_is_a_build_error(tmp_path: Path) -> None:
    lacking = {name: value for name, value in INFO.items() if "mem_section" not in name}
    with pytest.raises(BuildError, match=r"vmcoreinfo has no SIZE\(mem_section\)"):
        kept(tmp_path, {}, lacking)
