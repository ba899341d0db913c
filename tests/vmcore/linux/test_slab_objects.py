# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of slab caches, compared with those that drgn finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Inside = Callable[[str, str], Any]
SLAB = "from pykdump.linux.mm.slab_objects import *\nfrom pykdump.linux.mm.slab import usage"


@pytest.mark.parametrize("name", ["task_struct", "filp", "kmalloc-128"])
def test_objects_in_use_equal_those_of_drgn(inside: Inside, drgn_program: Any, name: str) -> None:
    from drgn.helpers.linux.slab import find_slab_cache, slab_cache_for_each_allocated_object

    cache = find_slab_cache(drgn_program, name)
    theirs = [each.value_() for each in slab_cache_for_each_allocated_object(cache, "char")]
    used, free = inside(SLAB, f"cache_objects(cache_named({name!r}))")
    # drgn takes what lies ready for a CPU that a panic has stopped for objects in use.
    everywhere = int(inside("from LinuxDump.percpu import *", "possible_cpus() == online_cpus()"))
    assert set(used) <= set(theirs)
    assert set(theirs) <= set(used) | set(free)
    assert not everywhere or len(theirs) == len(used)
    assert len(used) > 20
    assert not set(used) & set(free)


def test_no_object_is_lost(inside: Inside) -> None:
    found = inside(
        SLAB,
        "[[len(u) + len(f), usage(c).objects, usage(c).slabs, sum(1 for _ in slabs_of(c))] "
        "for c in map(cache_named, ('dentry', 'kmalloc-32', 'vm_area_struct')) for u, f in [cache_objects(c)]]",
    )
    for total, objects, slabs, found_slabs in found:
        assert (total, found_slabs) == (objects, slabs)


def test_a_cache_that_is_not_there(inside: Inside) -> None:
    found = inside(
        "import pykdump.linux.mm.slab_objects as s\ndef message():\n    try: s.cache_named('nonesuch')\n"
        "    except KeyError as problem: return problem.args[0]",
        "message()",
    )
    assert found == "There is no slab cache 'nonesuch'."
