# SPDX-License-Identifier: GPL-3.0-or-later
"""Slab caches on two layouts of slabs."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.mm import slab  # noqa: E402

CACHE, NODE, SLABS = 0x1000, 0x2000, (0x3000, 0x4000)


@pytest.mark.parametrize("suname", ["struct slab", "struct page"], ids=["5.17", "5.10"])
def test_how_full_a_cache_is(monkeypatch: pytest.MonkeyPatch, suname: str) -> None:
    kernel = fake_crash.install()
    kernel.define("atomic_long_t", counter="s64")
    kernel.define("struct list_head", next="ptr", prev="ptr")
    kernel.define(
        "struct kmem_cache_node", nr_slabs="atomic_long_t", total_objects="atomic_long_t", partial="struct list_head"
    )
    kernel.define(suname, flags="u64", slab_list="struct list_head", inuse="u16", objects="u16")
    node = kernel.make("struct kmem_cache_node", NODE, nr_slabs_DOT_counter=5, total_objects_DOT_counter=40)
    for address, used in zip(SLABS, (3, 6)):
        kernel.make(suname, address, inuse=used, objects=8)
    kernel.link([NODE + 16, *(address + 8 for address in SLABS)])
    monkeypatch.setattr(slab, "cache_nodes", lambda cache: [node])
    usage = slab.usage(kernel.view("struct kmem_cache_node", CACHE))
    assert (usage.active, usage.objects, usage.slabs) == (40 - 5 - 2, 40, 5)


def test_the_shape_of_a_slab() -> None:
    kernel = fake_crash.install()
    kernel.define("struct kmem_cache_order_objects", x="u32")
    kernel.define("struct kmem_cache", oo="struct kmem_cache_order_objects", flags="u32")
    cache = kernel.make("struct kmem_cache", CACHE, oo_DOT_x=3 << 16 | 21, flags=0x20000)
    assert [slab.objects_per_slab(cache), slab.slab_order(cache), slab.slab_bytes(cache)] == [21, 3, 32768]
    assert slab.is_reclaimable(cache)
    # Since v6.9 the bit has a number of its own.
    kernel.enums["enum _slab_flag_bits"] = {"_SLAB_RECLAIM_ACCOUNT": 4}
    assert not slab.is_reclaimable(cache)


def test_another_allocator_says_so() -> None:
    fake_crash.install()
    with pytest.raises(TypeError, match="is not SLUB"):
        list(slab.slab_caches())
