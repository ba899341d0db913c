# SPDX-License-Identifier: GPL-3.0-or-later
"""meminfo on the real dump: the guest's /proc/meminfo line by line, and drgn's counters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]
# These depend on the machine and on what the guest has set up before the record: they are the same in the dump.
CONSTANT = {
    "MemTotal", "SwapCached", "Unevictable", "Mlocked", "SwapTotal", "SwapFree", "SecPageTables", "NFS_Unstable",
    "Bounce", "WritebackTmp", "CommitLimit", "VmallocTotal", "VmallocChunk", "HardwareCorrupted", "ShmemHugePages",
    "ShmemPmdMapped", "FileHugePages", "FilePmdMapped", "Unaccepted", "HugePages_Total", "HugePages_Free",
    "HugePages_Rsvd", "HugePages_Surp", "Hugepagesize", "Hugetlb", "DirectMap4k", "DirectMap2M", "DirectMap1G",
}  # fmt: skip
# The recorder has written its files (some tens of MiB), which become clean, and its process ends; nothing else of the
# guest takes memory between the record and the dump.
MOVES_KIB = 64 << 10


@pytest.fixture(scope="module")
def found(document: Document) -> dict[str, tuple[int, str]]:
    return {row["name"]: (row["value"], row["unit"]) for row in document("meminfo")["records"]}


def test_lines_equal_those_of_the_guest(found: dict[str, tuple[int, str]], truth: Truth) -> None:
    rows = [line.split() for line in truth.lines("proc/meminfo")]
    theirs = {words[0].rstrip(":"): (int(words[1]), words[2] if len(words) > 2 else "") for words in rows}
    assert list(found) == list(theirs)
    assert [unit for _, unit in found.values()] == [unit for _, unit in theirs.values()]
    assert len(CONSTANT & theirs.keys()) > 20
    for name, (value, _) in theirs.items():
        if name in CONSTANT:
            assert found[name][0] == value, name
        else:
            assert abs(found[name][0] - value) <= MOVES_KIB, name


def test_counters_equal_those_of_drgn(found: dict[str, tuple[int, str]], drgn_program: Any) -> None:
    from drgn.helpers.linux import mm, vmstat

    def node(name: str) -> int:
        return int(vmstat.global_node_page_state(drgn_program[name])) * 4

    theirs = {
        "MemTotal": int(mm.totalram_pages(drgn_program)) * 4,
        "MemFree": int(vmstat.nr_free_pages(drgn_program)) * 4,
        "Active(file)": node("NR_ACTIVE_FILE"),
        "Inactive(file)": node("NR_INACTIVE_FILE"),
        "AnonPages": node("NR_ANON_MAPPED"),
        "Mapped": node("NR_FILE_MAPPED"),
        "Shmem": node("NR_SHMEM"),
        "Dirty": node("NR_FILE_DIRTY"),
        "SReclaimable": node("NR_SLAB_RECLAIMABLE_B"),
        "SUnreclaim": node("NR_SLAB_UNRECLAIMABLE_B"),
        "KernelStack": node("NR_KERNEL_STACK_KB") // 4,
    }
    assert {name: found[name][0] for name in theirs} == theirs


def test_buffers_and_committed_memory_equal_those_of_drgn(found: dict[str, tuple[int, str]], drgn_program: Any) -> None:
    from drgn.helpers.linux.cpumask import for_each_possible_cpu
    from drgn.helpers.linux.list import list_for_each_entry
    from drgn.helpers.linux.percpu import per_cpu_ptr

    head = drgn_program["blockdev_superblock"].s_inodes.address_of_()
    pages = sum(i.i_mapping.nrpages.value_() for i in list_for_each_entry("struct inode", head, "i_sb_list"))
    assert found["Buffers"][0] == pages * 4
    # drgn's own sum leaves out the CPUs that a panic has stopped.
    counter = drgn_program["vm_committed_as"]
    parts = [per_cpu_ptr(counter.counters, cpu)[0].value_() for cpu in for_each_possible_cpu(drgn_program)]
    assert found["Committed_AS"][0] == max(counter.count.value_() + sum(parts), 0) * 4


@pytest.mark.parametrize("options", ["", "MemFree Slab", "--findings"])
def test_each_option(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"meminfo {options}")
    assert "Traceback" not in output
    assert "Cannot tell" not in output


def test_some_lines(document: Document) -> None:
    found = document("meminfo Slab NoSuchLine")
    assert [row["name"] for row in found["records"]] == ["Slab"]
    assert found["problems"] == [{"part": "NoSuchLine", "reason": "this kernel has no such line"}]
