# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of slabs: places, lists of free objects with and without hardening, and damage."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.mm import slab_objects  # noqa: E402

CACHE, MEMORY, SLAB, SECRET = 0x1000, 0xFFFF888000010000, 0x2000, 0x0123456789ABCDEF


def cache(kernel: fake_crash.Kernel, hardened: bool = False, gap: int = 0) -> fake_crash.StructResult:
    kernel.define("struct kmem_cache_order_objects", x="u32")
    kernel.define(
        "struct kmem_cache", size="u32", offset="u32", oo="struct kmem_cache_order_objects",
        min="struct kmem_cache_order_objects", red_left_pad="u32", **({"random": "u64"} if hardened else {}),
    )  # fmt: skip
    kernel.define("struct slab", freelist="u64", objects="u16")
    values = {"random": SECRET} if hardened else {}
    return kernel.make(
        "struct kmem_cache", CACHE, size=64, offset=32, oo_DOT_x=3 << 16 | 8, min_DOT_x=4, red_left_pad=gap, **values
    )


def link(kernel: fake_crash.Kernel, objects: list[int], hardened: bool) -> None:
    for here, following in zip(objects, [*objects[1:], 0]):
        place = here + 32
        swapped = int.from_bytes(place.to_bytes(8, "little"), "big")
        kernel.write_pointer(place, following ^ (SECRET ^ swapped if hardened else 0))


@pytest.mark.parametrize("hardened", [False, True])
def test_free_objects(hardened: bool) -> None:
    kernel = fake_crash.install()
    found = cache(kernel, hardened)
    free = [MEMORY + 64 * number for number in (5, 1, 3)]
    link(kernel, free, hardened)
    slab = kernel.make("struct slab", SLAB, freelist=free[0], objects=8)
    assert slab_objects.free_objects_of_slab(found, slab) == set(free)


def test_a_damaged_list_ends() -> None:
    kernel = fake_crash.install()
    found = cache(kernel)
    link(kernel, [MEMORY, MEMORY + 64], False)
    kernel.write_pointer(MEMORY + 64 + 32, MEMORY)  # it comes back to the first one
    slab = kernel.make("struct slab", SLAB, freelist=MEMORY, objects=8)
    assert slab_objects.free_objects_of_slab(found, slab) == {MEMORY, MEMORY + 64}
    kernel.write_pointer(MEMORY + 64 + 32, 0xDEAD0000)
    assert slab_objects.free_objects_of_slab(found, slab) == {MEMORY, MEMORY + 64, 0xDEAD0000}


@pytest.mark.parametrize(("number", "gap", "expected"), [(3, 0, 3), (8, 16, 8), (60000, 0, 8)])
def test_places_of_objects(number: int, gap: int, expected: int) -> None:
    kernel = fake_crash.install()
    found = cache(kernel, gap=gap)
    slab = kernel.make("struct slab", SLAB, objects=number)
    places = slab_objects.objects_of_slab(found, MEMORY, slab)
    assert places == [MEMORY + gap + 64 * each for each in range(expected)], "no more than a slab can have"


def test_pages_with_a_pointer(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = bytearray(slab_objects.PAGES_AT_ONCE * 64)
    for number in (0, 7, 4095):
        pages[number * 64 + 8 : number * 64 + 16] = CACHE.to_bytes(8, "little")
    pages[9 * 64 + 16 : 9 * 64 + 24] = CACHE.to_bytes(8, "little")  # another member has the value
    monkeypatch.setattr(slab_objects, "phys_to_page", lambda address: 0x8000)
    monkeypatch.setattr(slab_objects, "readmem", lambda address, size: bytes(pages))
    assert slab_objects._pages_with(0, 8, 64, CACHE) == [0, 7, 4095]
    assert slab_objects._pages_with(0, 8, 64, 0x5555) == []


def test_memory_without_struct_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(address: int) -> int:
        raise fake_crash.CrashError("no page")

    monkeypatch.setattr(slab_objects, "phys_to_page", fail)
    assert slab_objects._pages_with(0, 8, 64, CACHE) == []
