# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a slab cache by its name, as the classic's module Slab gave them."""

from __future__ import annotations

from pykdump.linux.mm.slab_objects import cache_named, cache_objects


def get_slab_addrs(slabname: str) -> tuple[list[int], list[int]]:
    """Return (addresses of the objects in use, addresses of the free objects) of a slab cache.

    Full slabs are included, which crash's kmem -S cannot show. Raises KeyError if there is no such cache.
    """
    return cache_objects(cache_named(slabname))
