# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/types/kernel_btf.c: the walk along the kernel's list of modules ends, also if the list is damaged."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from support import btf_blob as b
from support import cprobe
from support.btf_blob import Blob

UNITS = (
    "types/kernel_btf.c",
    "base/elf_file.c",
    "btf/block_set.c",
    "btf/block.c",
    "btf/records.c",
    "base/hash_index.c",
)
MEMORY = 0x10000
# One module takes 6 reads at most: its entry, struct btf (4 members), its BTF, and its name.
READS_OF_A_MODULE = 10
Walk = Callable[[Sequence[int]], "tuple[int, list[str]]"]


def kernel() -> Blob:
    """The BTF of a kernel with the structs of kernel/bpf/btf.c that the walk needs."""
    blob = Blob()
    pointer = blob.add(b.PTR)
    number = blob.integer("unsigned int", 4)
    character = blob.integer("char", 1)
    name = blob.array(character, 56)
    head = blob.members(b.STRUCT, "list_head", 16, [("next", pointer, 0, 0), ("prev", pointer, 64, 0)])
    blob.members(b.STRUCT, "btf_module", 24, [("list", head, 0, 0), ("btf", pointer, 128, 0)])
    rows = [("data", pointer, 0, 0), ("data_size", number, 64, 0), ("id", number, 96, 0), ("name", name, 128, 0)]
    blob.members(b.STRUCT, "btf", 72, rows)
    return blob


def memory_of(links: Sequence[int]) -> tuple[bytes, int]:
    """Return (memory, size of the kernel's BTF). Entry 0 is the head; ``links`` are the next entries of 0, 1, 2..."""
    base = kernel()
    module = Blob(base)
    module.members(b.STRUCT, "private", 8, [("value", 2, 0, 0)])
    start, code = base.bytes(), module.bytes()
    step = 24 + 72
    first = MEMORY + len(start)
    places = [first + number * step for number in range(len(links))]
    data = b""
    for number, link in enumerate(links):
        record = struct.pack("<QQQ", places[link], 0, places[number] + 24)
        name = f"module{number}".encode()
        data += record + struct.pack("<QII56s", first + len(links) * step, len(code), number, name)
    return start + data + code, len(start)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("kernel_btf")
    python = Path(__file__).with_name("without_python")
    options = [f"-I{python}", "-DMPYK_BASE_PYCOMPAT_H", "-include", f"{python}/Python.h"]
    program = cprobe.build(folder, "types/kernel_btf_probe.c", *UNITS, options=options)

    def run(links: Sequence[int]) -> tuple[int, list[str]]:
        memory, size = memory_of(links)
        (folder / "memory").write_bytes(memory)
        reads, *names = cprobe.run(program, folder / "memory", size)
        return int(reads), names

    return run


def test_all_modules_of_a_healthy_list(walk: Walk) -> None:
    """The first in the list is the module that was loaded last, so the order of the blocks is the other one."""
    reads, names = walk([1, 2, 3, 0])
    assert sorted(names) == ["module1", "module2", "module3"]
    assert reads <= 4 * READS_OF_A_MODULE


@pytest.mark.parametrize(
    "links",
    [[1, 1], [1, 2, 3, 1], [1, 2, 3, 3], [1, 2, 3, 4, 5, 2], [*range(1, 40), 17]],
    ids=["itself", "first", "last", "middle", "far"],
)
def test_a_list_that_leads_back_into_itself_ends(walk: Walk, links: list[int]) -> None:
    reads, names = walk(links)
    assert len(names) == len(links) - 1, "the modules before the damage are known"
    assert reads <= 4 * READS_OF_A_MODULE * len(links)
