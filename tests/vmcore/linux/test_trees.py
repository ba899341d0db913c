# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees and IDR, compared with drgn, crash's ``tree`` and the guest's own record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.session import CrashSession
from support.truth import Truth

Inside = Callable[[str, str], Any]
TREES = "from LinuxDump.trees import *\nfrom LinuxDump.idr import idr_for_each"


def areas(truth: Truth, pid: int) -> list[list[int]]:
    """(start, end) of the mappings of a process, without the vsyscall page, which is no VMA."""
    rows = (line.split() for line in truth.lines(f"proc/{pid}/maps"))
    return [[int(end, 16) for end in row[0].split("-")] for row in rows if row[-1] != "[vsyscall]"]


def test_the_maple_tree_of_each_process_holds_its_mappings(inside: Inside, truth: Truth) -> None:
    pids = [task.pid for task in truth.user_tasks if task.leader and task != truth.recorder and task.state not in "ZX"]
    found = inside(
        TREES,
        f"[[[first, last + 1] for first, last, _ in for_all_maple_tree(readSU('struct task_struct', pid_to_task(pid))"
        f".mm.mm_mt)] for pid in {pids}]",
    )
    assert len(pids) > 20
    assert dict(zip(pids, found)) == {pid: areas(truth, pid) for pid in pids}
    assert max(map(len, found)) > 20  # so that there are nodes above the leaves


def test_the_maple_tree_of_irqs_equals_drgns(inside: Inside, drgn_program: Any) -> None:
    from drgn.helpers.linux.mapletree import mt_for_each

    theirs = [[a, b, entry.value_()] for a, b, entry in mt_for_each(drgn_program["sparse_irqs"].address_of_())]
    assert len(theirs) > 10
    assert inside(TREES, "list(for_all_maple_tree(readSymbol('sparse_irqs')))") == theirs


def test_the_idr_of_pids_is_that_of_the_tasks(inside: Inside, truth: Truth, drgn_program: Any) -> None:
    from drgn.helpers.linux.idr import idr_for_each

    found = inside(TREES, "list(idr_for_each(readSymbol('init_pid_ns').idr))")
    theirs = idr_for_each(drgn_program["init_pid_ns"].idr.address_of_())
    assert found == [[number, entry.value_()] for number, entry in theirs]
    assert {task.pid for task in truth.tasks if not task.worker} <= {number for number, _ in found}


def test_a_red_black_tree_comes_in_order(inside: Inside, drgn_program: Any) -> None:
    from drgn.helpers.linux.rbtree import rbtree_inorder_for_each_entry

    root = drgn_program["sysfs_root"].kn.dir.children.address_of_()
    theirs = [node.name.string_().decode() for node in rbtree_inorder_for_each_entry("struct kernfs_node", root, "rb")]
    assert len(theirs) > 5
    walk = "for_all_rbtree(readSymbol('sysfs_root').kn.dir.children, 'struct kernfs_node', 'rb')"
    assert inside(TREES, f"[str(node.name) for node in {walk}]") == theirs


def test_every_directory_of_sysfs_has_the_tree_that_crash_walks(inside: Inside, crash_session: CrashSession) -> None:
    children = "readSymbol('sysfs_root').kn.dir.children"
    top = f"[container_of(n, 'struct kernfs_node', 'rb') for n in for_all_rbtree({children})]"
    rows = inside(
        TREES,
        f"[[Addr(k.dir.children), [int(n) for n in for_all_rbtree(k.dir.children)]] for k in {top} if k.flags & 1]",
    )
    assert len(rows) > 5
    for root, nodes in rows:
        expected = crash_session.run(f"tree -t rbtree {root:x}").split()
        assert sorted(int(word, 16) for word in expected) == sorted(nodes)


def test_the_pages_of_files(inside: Inside, drgn_program: Any) -> None:
    import drgn
    from drgn.helpers.linux.xarray import xa_for_each, xa_is_value

    task = "readSU('struct task_struct', pid_to_task(1))"
    areas_of = f"[readSU('struct vm_area_struct', e) for _, _, e in for_all_maple_tree({task}.mm.mm_mt)]"
    files = f"sorted({{int(v.vm_file.f_mapping) for v in {areas_of} if v.vm_file}})"
    pages = "readSU('struct address_space', m).i_pages"
    rows = inside(TREES, f"[[m, list(for_all_xarray({pages})), list(walk_page_tree({pages}, True))] for m in {files}]")
    assert rows
    for mapping, entries, folios in rows:
        pages_of = drgn.Object(drgn_program, "struct address_space", address=mapping).i_pages.address_of_()
        theirs = [[index, entry.value_()] for index, entry in xa_for_each(pages_of)]
        ours = dict(map(tuple, entries))
        assert set(ours.items()) <= set(map(tuple, theirs))
        assert set(ours.values()) == {entry for _, entry in theirs}
        assert folios == [entry for entry in ours.values() if not entry & 1]
        assert not any(xa_is_value(drgn.Object(drgn_program, "void *", value=page)) for page in folios)
    assert sum(len(entries) for _, entries, _ in rows) > 100


def test_a_lookup_finds_what_the_walk_gives(inside: Inside) -> None:
    found = inside(
        TREES,
        "[[e == radix_tree_lookup_element(readSymbol('init_pid_ns').idr.idr_rt, i - readSymbol('init_pid_ns').idr."
        "idr_base)[0] for i, e in idr_for_each(readSymbol('init_pid_ns').idr)],"
        " radix_tree_lookup_element(readSymbol('init_pid_ns').idr.idr_rt, 1 << 30)]",
    )
    assert len(found[0]) > 300
    assert all(found[0])
    assert found[1] == [None, None]
