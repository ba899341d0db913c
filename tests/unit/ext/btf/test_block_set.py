# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/btf/block_set.c: modules that come and go on a live system, and one name defined by several of them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from support import btf_blob as b
from support import cprobe
from support.btf_blob import Blob

Replay = Callable[[str], list[str]]
UNITS = ("btf/block_set.c", "btf/block.c", "btf/records.c", "base/hash_index.c")


def module(base: Blob, **sizes: int) -> Blob:
    blob = Blob(base)
    for name, size in sizes.items():
        blob.members(b.STRUCT, name, size, [("value", 1, 0, 0)])
    return blob


@pytest.fixture(scope="module", params=cprobe.MACHINES)
def replay(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """Blocks: 0 the kernel's, 1 and 2 of two modules, 3 a later build of 1, 4 of another kernel, 5 torn."""
    folder = tmp_path_factory.mktemp("btf_set")
    program = cprobe.build(folder, "btf/block_set_probe.c", *UNITS, machine=request.param)
    base, other = Blob(), Blob()
    for kernel in (base, other):
        kernel.integer("int", 4, b.SIGNED)
        kernel.members(b.STRUCT, "page", 64, [("flags", 1, 0, 0)])
    other.string("more")
    first, second = module(base, private=8, page=1, only=4), module(base, private=16)
    blocks = [base, first, second, module(base, private=9, page=1, only=4), module(other, private=24)]
    contents = [blob.bytes() for blob in blocks] + [first.bytes()[:40]]
    path: Path = folder / "blocks"
    path.write_bytes(b"".join(struct.pack(f"{cprobe.ORDER[request.param]}I", len(data)) + data for data in contents))
    return lambda text: cprobe.run(program, path, *text.split())


def test_the_kernels_definition_wins_then_the_module_loaded_first(replay: Replay) -> None:
    """The kernel's list starts with the module loaded last (list_add() in kernel/bpf/btf.c)."""
    printed = replay("walk 2:200:8 1:100:7 find page find private find only find nothing")
    assert printed == ["read 2", "read 1", "64 vmlinux", "8 block1", "4 block1", "0 -"]
    assert replay("walk 1:100:8 2:200:7 find private")[2:] == ["16 block2"]


def test_loading_one_more_changes_no_answer(replay: Replay) -> None:
    printed = replay("walk 1:100:7 find private walk 2:200:8 1:100:7 find private")
    assert printed == ["read 1", "8 block1", "read 2", "kept 1", "8 block1"]


def test_unloaded_modules_are_not_searched_but_their_types_live(replay: Replay) -> None:
    printed = replay(
        "walk 2:200:8 1:100:7 hold private walk 2:200:8 find private find only held walk held find private"
    )
    assert printed[2:] == ["8 block1", "kept 2", "16 block2", "0 -", "held 8", "held 8", "0 -"]


def test_another_module_at_the_same_place(replay: Replay) -> None:
    """The memory is used again: what is the same in place and size has another number."""
    printed = replay("walk 1:100:7 hold private walk 3:100:8 find private held")
    assert printed == ["read 1", "8 block1", "read 3", "9 block3", "held 8"]


def test_a_walk_that_is_broken_off_loses_nothing(replay: Replay) -> None:
    printed = replay("walk 2:200:8 1:100:7 torn 2:200:8 find only walk 2:200:8 1:100:7")
    assert printed[2:] == ["kept 2", "4 block1", "kept 2", "kept 1"]


def test_a_module_that_a_damaged_list_names_twice_is_read_once(replay: Replay) -> None:
    assert replay("torn 1:100:7 2:200:8 1:100:7 2:200:8 find private") == [
        "read 1", "read 2", "kept 1", "kept 2", "16 block2",
    ]  # fmt: skip


def test_what_does_not_fit_the_kernel_is_left_out(replay: Replay) -> None:
    printed = replay("walk 4:400:9 5:500:9 2:200:8 find private")
    assert [line.partition(":")[0] for line in printed] == ["refused 4", "refused 5", "read 2", "16 block2"]
