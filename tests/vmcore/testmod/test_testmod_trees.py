# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees, maps and per-CPU variables of the test module, compared with the kernel's own iterators."""

from __future__ import annotations

import pytest

from support.testmod import TestmodTruth
from vmcore.testmod.conftest import View

LEAF = "struct mpyk_leaf"


def test_red_black_trees(view: View, testmod: TestmodTruth) -> None:
    numbers = testmod.numbers("mpyk_tree")
    assert len(numbers) == 50 and numbers == sorted(numbers)
    walk = "for_all_rbtree(readSU('struct {}', A({!r})), 'struct mpyk_leaf', {!r})"
    assert view(f"[l.number for l in {walk.format('rb_root', 'mpyk_tree', 'node')}]") == numbers
    cached = testmod.numbers("mpyk_cached_tree")
    assert cached == sorted(cached, reverse=True) and len(cached) == 17
    assert view(f"[l.number for l in {walk.format('rb_root_cached', 'mpyk_cached_tree', 'cached_node')}]") == cached
    assert view("list(for_all_rbtree(readSU('struct rb_root', A('mpyk_empty_tree'))))") == []


def test_stepping_through_a_red_black_tree(view: View, testmod: TestmodTruth) -> None:
    setup = """
found, node = [], rb_first(readSU('struct rb_root', A('mpyk_tree')))
while node:
    found.append(container_of(node, 'struct mpyk_leaf', 'node').number)
    node = rb_next(node)
"""
    assert view("found", setup) == testmod.numbers("mpyk_tree")
    loose = "container_of(A('mpyk_leaves') + struct_size('struct mpyk_leaf'), 'struct mpyk_leaf', 'number')"
    assert view(f"rb_next({loose}.cached_node)") is None, "a node that is in no tree"


@pytest.mark.parametrize("name", ["mpyk_xarray", "mpyk_lone_xarray", "mpyk_empty_xarray"])
def test_xarrays(view: View, testmod: TestmodTruth, name: str) -> None:
    entries = testmod.entries(name)
    assert len(entries) == {"mpyk_xarray": 11, "mpyk_lone_xarray": 1, "mpyk_empty_xarray": 0}[name]
    assert view(f"list(for_all_xarray(readSU('struct xarray', A({name!r}))))") == entries


def test_an_entry_of_several_indices_comes_once(view: View, testmod: TestmodTruth) -> None:
    assert view("list(for_all_xarray(readSU('struct xarray', A('mpyk_wide_xarray'))))") == testmod.entries(
        "mpyk_wide_xarray"
    )


def test_radix_trees(view: View, testmod: TestmodTruth) -> None:
    entries = testmod.entries("mpyk_radix")
    assert len(entries) == 11
    # In the kernel radix_tree_root is another name of xarray, made by #define: no type of that name exists.
    tree = "readSU('struct xarray', A('mpyk_radix'))"
    assert view(f"list(for_all_radix_tree({tree}))") == entries
    found = view(f"[list(radix_tree_lookup_element({tree}, i)) for i in {[index for index, _ in entries]}]")
    assert found == [[entry, entry] for _, entry in entries]
    assert view(f"[list(radix_tree_lookup_element({tree}, i)) for i in (3, 62, 4097, 1 << 50)]") == [[None, None]] * 4


def test_maple_trees(view: View, testmod: TestmodTruth) -> None:
    ranges = testmod.ranges("mpyk_maple")
    assert len(ranges) == 306 and ranges[0][:2] == [0, 0] and ranges[-1][1] == 2**64 - 2
    assert view("list(for_all_maple_tree(readSU('struct maple_tree', A('mpyk_maple'))))") == ranges
    assert view("list(for_all_maple_tree(readSU('struct maple_tree', A('mpyk_lone_maple'))))") == testmod.ranges(
        "mpyk_lone_maple"
    )
    assert view("list(for_all_maple_tree(readSU('struct maple_tree', A('mpyk_empty_maple'))))") == []


@pytest.mark.parametrize("name", ["mpyk_idr", "mpyk_based_idr"])
def test_idrs(view: View, testmod: TestmodTruth, name: str) -> None:
    entries = testmod.entries(name)
    assert [index for index, _ in entries] == {"mpyk_idr": [0, 50, 200, 450, 800], "mpyk_based_idr": [100, 101, 102]}[
        name
    ]
    assert view(f"list(idr_for_each(readSU('struct idr', A({name!r}))))") == entries


@pytest.mark.parametrize("name", ["mpyk_cpu_point", "mpyk_cpu_number"])
def test_static_per_cpu_variables(view: View, testmod: TestmodTruth, name: str) -> None:
    rows = testmod.cpus(name)
    assert len(rows) == 2
    assert view(f"get_cpu_var({name!r})") == [address for _, address, _ in rows]
    # crash has the symbol only with the debuginfo.
    if view.debuginfo:
        pointers = f"[percpu_ptr(sym2addr({name!r}), cpu) for cpu in possible_cpus()]"
        assert view(pointers) == [address for _, address, _ in rows]
    assert view(f"[is_percpu_symbol({name!r}), is_percpu_symbol('mpyk_number')]") == [True, False]
    assert view(f"[readS32(a) for a in get_cpu_var({name!r})]") == [value for *_, value in rows]
    if name == "mpyk_cpu_point":
        assert view("[readSU('struct mpyk_point', a).y for a in get_cpu_var('mpyk_cpu_point')]") == [0, -1]


def test_a_per_cpu_variable_that_is_nowhere(view: View) -> None:
    assert view("failure(lambda: get_cpu_var('mpyk_cpu_never'))")[0] == "TypeError"
    assert view("failure(lambda: get_cpu_var('mpyk_cpu'))")[0] == "TypeError", "the beginning of a name is no name"


def test_dynamic_per_cpu_memory(view: View, testmod: TestmodTruth) -> None:
    rows = testmod.cpus("mpyk_dynamic_point")
    pointers = "[percpu_ptr(readPtr(A('mpyk_dynamic_point')), cpu) for cpu in possible_cpus()]"
    assert view(pointers) == [address for _, address, _ in rows]
    assert view(f"[readSU('struct mpyk_point', p).x for p in {pointers}]") == [value for *_, value in rows]


def test_per_cpu_counters(view: View, testmod: TestmodTruth) -> None:
    (value,) = [value for variable, _, value in testmod.values if variable == "mpyk_counter"]
    assert value == 997
    setup = "c = readSU('struct percpu_counter', A('mpyk_counter'))"
    assert view("[percpu_counter_sum(c), int(c.count)]", setup) == [997, 1000]
