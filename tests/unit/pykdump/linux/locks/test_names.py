# SPDX-License-Identifier: GPL-3.0-or-later
"""What locks belong to: variables, inodes, file systems, pages."""

from __future__ import annotations

from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import names  # noqa: E402

SB, INODE, MAPPING, FOLIO = 0x1000, 0x2000, 0x3000, 0x4000


@pytest.mark.parametrize(
    ("symbol", "module", "name"),
    [
        (("rtnl_mutex", 0), None, "rtnl_mutex"),
        (("table", 0x40), "nf_tables", "table+0x40 [nf_tables]"),
        (("table", 0x4001), None, ""),
        (("rwsem_key.0", 0), "mpyk_testmod", ""),
        (("__key.12", 0), None, ""),
        ((None, 0), None, ""),
    ],
)
def test_variables(monkeypatch: pytest.MonkeyPatch, symbol: tuple[Any, int], module: str | None, name: str) -> None:
    monkeypatch.setattr(names, "addr2sym", lambda address, loose: symbol)
    monkeypatch.setattr(names, "addr2mod", lambda address: module)
    assert names.variable_name(0x1234) == name


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> names.Names:
    k = fake_crash.install()
    k.define("struct percpu_rw_semaphore", block="u64", pad="u64")
    k.sizes["struct percpu_rw_semaphore [3]"] = 48
    k.define("struct sb_writers", frozen="u64", rw_sem="struct percpu_rw_semaphore [3]")
    k.define("struct super_block", s_writers="struct sb_writers", s_umount="u64")
    k.define("struct address_space", host="ptr struct inode")
    k.define("struct inode", i_sb="ptr struct super_block", i_rwsem="u64", i_state="u64", i_data="struct address_space")
    k.define("struct folio", mapping="ptr", index="u64")
    k.define("struct mm_struct", users="u64", mmap_lock="u64")
    k.define("struct task_struct", mm="u64", pid="s32", comm="char[16]")
    k.make("struct super_block", SB)
    k.make("struct inode", INODE, i_sb=SB, i_data_DOT_host=INODE)
    k.make("struct address_space", MAPPING, host=INODE)
    monkeypatch.setattr(names, "super_blocks", lambda: [k.view("struct super_block", SB)])
    monkeypatch.setattr(names, "file_system_name", lambda sb: f"fs {int(sb):#x}")
    monkeypatch.setattr(names, "inode_path", lambda inode: f"/path of fs {int(inode):#x}")
    monkeypatch.setattr(names, "variable_name", lambda address: "")
    process = k.make("struct task_struct", 0x8000, pid=7, mm=0xA000, comm="sh")
    monkeypatch.setattr(names, "process_leaders", lambda: [process])
    return names.Names()


def test_locks_of_inodes_and_file_systems(known: names.Names) -> None:
    offset = fake_crash.KERNEL.find
    assert known.name_of("rwsem", INODE + offset("struct inode", "i_rwsem")[0]) == "i_rwsem of /path of fs 0x2000"
    assert known.name_of("bit", INODE + offset("struct inode", "i_state")[0]) == "state of /path of fs 0x2000"
    assert known.name_of("rwsem", SB + offset("struct super_block", "s_umount")[0]) == "s_umount of fs 0x1000"
    assert known.name_of("rwsem", 0x9000) == ""
    assert known.name_of("mutex", INODE) == ""


def test_memory_of_processes(known: names.Names) -> None:
    assert known.name_of("rwsem", 0xA008) == "mmap_lock of PID 7 (sh)"
    assert known.name_of("futex", 0xA000) == "of PID 7 (sh)"
    assert known.name_of("futex", 0xB000) == ""


def test_futexes_of_kernels_that_number_memories(known: names.Names) -> None:
    kernel = fake_crash.KERNEL
    kernel.define("atomic64_t", counter="s64")
    kernel.define("struct mm_struct", futex_unique_id="atomic64_t")
    kernel.define("struct task_struct", mm="ptr struct mm_struct", pid="s32", comm="char[16]")
    kernel.make("struct mm_struct", 0xA000, futex_unique_id_DOT_counter=3)
    kernel.make("struct task_struct", 0x8000, pid=7, mm=0xA000, comm="sh")
    assert known.name_of("futex", 3) == "of PID 7 (sh)"
    assert known.name_of("futex", 0) == known.name_of("futex", 4) == ""


def test_an_inode_must_be_one(known: names.Names) -> None:
    assert known.inode_at(INODE) == INODE
    fake_crash.KERNEL.make("struct inode", INODE, i_sb=SB, i_data_DOT_host=0x7777)
    assert known.inode_at(INODE) is None
    fake_crash.KERNEL.make("struct inode", INODE, i_sb=0x7777, i_data_DOT_host=INODE)
    assert known.inode_at(INODE) is None


@pytest.mark.parametrize("index", range(3))
def test_semaphores_of_a_freeze(known: names.Names, index: int) -> None:
    start = SB + fake_crash.KERNEL.find("struct super_block", "s_writers.rw_sem")[0]
    found = known.frozen_block(start + index * 16)
    assert found and (int(found[0]), found[1]) == (SB, index)
    assert known.name_of("freeze", start + index * 16) == f"{names.FREEZE_LEVELS[index]} to fs 0x1000"
    assert known.frozen_block(start + index * 16 + 8) is None
    assert known.frozen_block(start + 48) is None


def test_pages(known: names.Names) -> None:
    make = fake_crash.KERNEL.make
    make("struct folio", FOLIO, mapping=MAPPING, index=7)
    make("struct folio", FOLIO + 0x100, mapping=0x5001)
    make("struct folio", FOLIO + 0x200)
    assert known.name_of("folio", FOLIO) == "page 7 of /path of fs 0x2000"
    assert known.name_of("folio", FOLIO + 0x100) == "a page of anonymous memory"
    assert known.name_of("folio", FOLIO + 0x200) == "a page without a file"
    assert known.name_of("folio", 0xBAD000) == "", "one bad page costs its name"
