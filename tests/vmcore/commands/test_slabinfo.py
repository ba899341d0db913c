# SPDX-License-Identifier: GPL-3.0-or-later
"""slabinfo on the real dump: the guest's /proc/slabinfo, and crash's kmem -s."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]
HEX = "[0-9a-f]{16}"


@pytest.fixture(scope="module")
def found(document: Document) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = document("slabinfo")["records"]
    return records


def recorded(truth: Truth) -> dict[str, list[int]]:
    """{name: (active, objects, size, objects of a slab, pages of a slab, slabs)} of /proc/slabinfo."""
    rows = {}
    for line in truth.lines("proc/slabinfo")[2:]:
        words = line.split()
        rows[words[0]] = [int(word) for word in [*words[1:6], words[14]]]
    return rows


def test_caches_equal_those_of_the_guest(found: list[dict[str, Any]], truth: Truth, later: float) -> None:
    rows = recorded(truth)
    assert [row["name"] for row in found] == list(rows)
    assert len(rows) > 100
    same = 0
    for row in found:
        active, objects, *shape, slabs = rows[row["name"]]
        assert [row["size"], row["objects_per_slab"], row["pages_per_slab"]] == shape
        # Between record and dump the recorder opens some thousand files of /proc at most, and ends.
        limit = max(2000 * (later + 1), objects // 2)
        assert abs(row["active"] - active) < limit, row
        assert abs(row["objects"] - objects) < limit, row
        same += [row["active"], row["objects"], row["slabs"]] == [active, objects, slabs]
    assert same > len(rows) * 3 // 4


def test_numbers_are_consistent(found: list[dict[str, Any]]) -> None:
    for row in found:
        assert 0 <= row["active"] <= row["objects"] <= row["slabs"] * row["objects_per_slab"]
        assert row["memory"] == row["slabs"] * row["pages_per_slab"] * 4096


def test_caches_equal_those_of_crash(found: list[dict[str, Any]], crash_session: CrashSession) -> None:
    rows = re.findall(rf"^({HEX}) +(\d+) +\d+ +(\d+) +(\d+) +(\d+)k +(\S.*?)$", crash_session.run("kmem -s"), re.M)
    theirs = [
        [f"0x{at}", name, int(size), int(total), int(slabs), int(kib)] for at, size, total, slabs, kib, name in rows
    ]
    ours = [
        [row["address"], row["name"], row["object_size"], row["objects"], row["slabs"], row["pages_per_slab"] * 4]
        for row in found
    ]
    assert ours == theirs


def test_which_can_be_reclaimed(found: list[dict[str, Any]], drgn_program: Any) -> None:
    """The memory of both kinds, as the kernel counts it; each CPU may owe the counter up to 125 pages (mm/vmstat.c)."""
    from drgn.helpers.linux.vmstat import global_node_page_state

    for flag, name in ((True, "NR_SLAB_RECLAIMABLE_B"), (False, "NR_SLAB_UNRECLAIMABLE_B")):
        pages = sum(row["memory"] for row in found if row["reclaimable"] == flag) // 4096
        theirs = int(global_node_page_state(drgn_program[name]))
        # Large kmalloc() blocks are counted as not reclaimable and are in no cache.
        assert pages - 500 <= theirs <= pages + (500 if flag else 5000)


def test_the_largest_ones(document: Document, found: list[dict[str, Any]]) -> None:
    top = document("slabinfo --top 3")["records"]
    assert [row["memory"] for row in top] == sorted((row["memory"] for row in found), reverse=True)[:3]


def test_one_cache(document: Document) -> None:
    assert [row["name"] for row in document("slabinfo task_struct")["records"]] == ["task_struct"]
    names = [row["name"] for row in document("slabinfo 'kmalloc-[0-9]+'")["records"]]
    assert "kmalloc-64" in names
    assert all(re.fullmatch("kmalloc-[0-9]+", name) for name in names)


@pytest.mark.parametrize("options", ["", "--top 5", "dentry", "--findings"])
def test_each_option(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"slabinfo {options}")
    assert "Traceback" not in output
    assert "Cannot tell" not in output
