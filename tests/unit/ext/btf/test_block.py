# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/btf/block.c and records.c over blocks made by hand: each kind, split BTF, and everything that can be broken."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from support import btf_blob as b
from support import cprobe
from support.btf_blob import Blob

Probe = Callable[..., list[str]]
UNITS = ("btf/block.c", "btf/records.c", "base/hash_index.c")


@pytest.fixture(scope="module", params=cprobe.MACHINES)
def probe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Probe:
    """Run the reader over blocks; return what it printed, a line each type."""
    folder = tmp_path_factory.mktemp("btf")
    program = cprobe.build(folder, "btf/block_probe.c", *UNITS, machine=request.param)

    order = cprobe.ORDER[request.param]

    def run(blocks: Sequence[bytes], split: bool = False) -> list[str]:
        file = Path(folder / "blocks")
        file.write_bytes(b"".join(struct.pack(f"{order}I", len(block)) + block for block in blocks))
        return cprobe.run(program, file, *(["split"] if split else []))

    return run


def sample(order: str = "<") -> Blob:
    """One of each kind."""
    blob = Blob(order=order)
    integer = blob.integer("int", 4, b.SIGNED)
    word = blob.integer("long unsigned int", 8)
    boolean = blob.integer("_Bool", 1, b.BOOL)
    const = blob.add(b.CONST, size=integer)
    pointer = blob.add(b.PTR, size=const)
    inner = blob.members(b.UNION, "", 8, [("a", word, 0, 0), ("b", boolean, 0, 0)])
    blob.members(b.STRUCT, "s", 16, [("x", integer, 0, 3), ("y", integer, 3, 29), ("", inner, 64, 0)])
    blob.array(pointer, 7)
    blob.enum("colour", {"RED": 0, "DEEP": 2**32 - 1})
    blob.enum("minus", {"MINUS": -1}, signed=True)
    blob.enum("wide", {"BIG": 2**63 + 1}, wide=True)
    blob.enum("deep", {"LOW": -(2**40)}, wide=True, signed=True)
    blob.add(b.FWD, "s")
    blob.add(b.TYPEDEF, "s_t", size=13)
    blob.add(b.TYPE_TAG, "rcu", size=14)
    blob.function(integer, [("first", pointer), ("", 0)])
    blob.add(b.FLOAT, "double", 8)
    return blob


def test_every_kind(probe: Probe) -> None:
    lines = probe([sample().bytes()])
    assert len(lines) == 17
    wanted = {
        1: "kind=1 name=int size=4 elements=0 target=0 unsigned=0 bool=0",
        2: "name=long unsigned int size=8 elements=0 target=0 unsigned=1",
        3: "unsigned=1 bool=1",
        5: "kind=2",
        7: "found=7: x:1@0/3=0 y:1@3/29=0 :6@64/0=0",
        8: "elements=7 target=5",
        9: "unsigned=1 bool=0 stripped=9 finite=1 found=9: RED:0@0/0=0 DEEP:0@0/0=4294967295",
        10: "unsigned=0 bool=0 stripped=10 finite=1 found=10: MINUS:0@0/0=-1",
        11: f"BIG:0@0/0={2**63 + 1 - 2**64}",
        12: f"unsigned=0 bool=0 stripped=12 finite=1 found=12: LOW:0@0/0=-{2**40}",
        13: "stripped=7",
        15: "stripped=14",
        16: "target=1 unsigned=0 bool=0 stripped=16 finite=1 found=0: first:5@0/0=0",
        17: "kind=16 name=double size=8",
    }
    assert {n: text for n, text in wanted.items() if text not in lines[n - 1]} == {}
    assert lines[15].endswith("first:5@0/0=0"), "the ... of a function is no parameter"
    assert "stripped=1 " in lines[3]


def test_enums_without_a_sign_are_judged_by_their_values(probe: Probe) -> None:
    blob = Blob()
    blob.enum("old", {"A": -5, "B": 1})
    blob.enum("positive", {"C": 1})
    old, positive = probe([blob.bytes()])
    assert "unsigned=0" in old
    assert "A:0@0/0=-5" in old
    assert "unsigned=1" in positive


def test_bit_fields_before_they_had_sizes(probe: Probe) -> None:
    blob = Blob()
    bits = blob.integer("unsigned int", 4, bits=5)
    blob.members(b.STRUCT, "old", 4, [("field", bits, 7, 0)], flag=0)
    assert "field:1@7/5=0" in probe([blob.bytes()])[1]


def test_split_btf_continues_its_base(probe: Probe) -> None:
    base = Blob()
    integer = base.integer("int", 4, b.SIGNED)
    declared = base.add(b.FWD, "only_in_module")
    module = Blob(base)
    mine = module.members(b.STRUCT, "only_in_module", 4, [("value", integer, 0, 0)])
    module.add(b.TYPEDEF, "mine_t", size=declared)
    module.add(b.CONST, size=integer)
    lines = probe([base.bytes(), module.bytes()], split=True)[2:]
    assert f"{mine} kind=4 name=only_in_module" in lines[0]
    assert f"found={mine}: value:{integer}@0/0=0" in lines[0]
    assert "name=mine_t" in lines[1]
    assert f"stripped={integer} " in lines[2]


def test_a_machine_of_the_other_byte_order(probe: Probe) -> None:
    """All but the addresses is the same: bit-fields keep the positions that the dump's machine gave them."""
    assert sample(">").bytes() != sample("<").bytes()
    assert probe([sample(">").bytes()]) == probe([sample("<").bytes()])
    (line,) = probe([sample(">").bytes()[:30]])
    assert line == "refused: a section lies outside of it"


def test_a_module_of_the_other_byte_order_is_not_the_kernels(probe: Probe) -> None:
    module = Blob(sample())
    module.order = ">"
    module.integer("char", 1)
    assert probe([sample().bytes(), module.bytes()], split=True)[-1].startswith("refused: its byte order")
    big = sample(">")
    module = Blob(big)
    number = module.integer("char", 1)
    assert f"{number} kind=1 name=char size=1" in probe([big.bytes(), module.bytes()], split=True)[-1]


def test_a_longer_header_of_a_newer_kernel(probe: Probe) -> None:
    assert probe([sample().bytes(header_size=32)]) == probe([sample().bytes()])


def test_btf_of_another_base_is_refused(probe: Probe) -> None:
    """Its names would be the tails of others: its strings count from the end of those of its own base."""
    base, other = sample(), sample()
    other.string("a little more")
    module = Blob(other)
    module.members(b.STRUCT, "private", 4, [("value", 1, 0, 0)])
    assert probe([other.bytes(), module.bytes()], split=True)[-1].startswith("18 kind=4 name=private")
    assert probe([base.bytes(), module.bytes()], split=True)[-1] == (
        "refused: its names do not continue those of the kernel's BTF"
    )


def test_endless_chains_end(probe: Probe) -> None:
    blob = Blob()
    blob.add(b.TYPEDEF, "loop", size=1)
    blob.add(b.CONST, size=3)
    blob.add(b.VOLATILE, size=2)
    lines = probe([blob.bytes()])
    assert "finite=0" in lines[0]
    assert "stripped=-1" in lines[1]


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (0, 0x9FEC, "magic"), (0, 0x9FEB, "header's size"),
        (4, 20, "header's size"), (4, 0xFFFFFFFF, "header's size"), (8, 0xFFFFFFF0, "section"),
        (12, 0xFFFFFFFF, "section"), (16, 0xFFFFFFFF, "section"), (20, 0xFFFFFFFF, "section"), (20, 3, "does not end"),
        (28, 31 << 24, "kind"), (28, 20 << 24, "kind"), (28, 0, "record"), (28, 4 << 24 | 0xFFFF, "record"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(probe: Probe, offset: int, value: int, reason: str) -> None:
    data = bytearray(sample().bytes())
    struct.pack_into("<I" if offset else "<H", data, offset, value)
    (line,) = probe([bytes(data)])
    assert line.startswith("refused: ")
    assert reason in line


def damaged(data: bytes, count: int) -> list[bytes]:
    """Return the block cut off at each length, and ``count`` times with some bytes changed."""
    rng = random.Random(42)
    blocks = [data[:length] for length in range(len(data))]
    for _ in range(count):
        copy = bytearray(data)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(24 if rng.random() < 0.8 else 0, len(copy))
            copy[at] = rng.choice((0, 1, 0x7F, 0xFF, rng.randrange(256)))
        blocks.append(bytes(copy))
    return blocks


def test_no_damage_leads_astray(probe: Probe) -> None:
    """The sanitizers end the probe at the first wild read, leak or overflow."""
    lines = probe(damaged(sample().bytes(), 3000))
    assert any(line.startswith("refused") for line in lines)
    assert sum(bool(re.match(r"\d+ kind=", line)) for line in lines) > 10000, "most damage leaves something to read"


def test_no_damage_of_a_module_leads_astray(probe: Probe) -> None:
    base = sample()
    module = Blob(base)
    module.members(b.STRUCT, "more", 16, [("one", 1, 0, 0), ("two", 7, 64, 0)])
    module.add(b.FWD, "s")
    probe([base.bytes(), *damaged(module.bytes(), 1000)], split=True)
