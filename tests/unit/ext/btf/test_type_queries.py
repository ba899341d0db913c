# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/btf/type_queries.c: what BTF of machines with 32 and 64 bits, of either byte order, says about types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mpykbuild.crash.gdb_enums import enums_header, read_enums
from mpykbuild.crash.tree import parse_tree
from support import btf_blob as b
from support import cprobe
from support.btf_blob import Blob
from support.crashtrees import FIXTURES

CODES = read_enums(parse_tree(FIXTURES / "9.0.2-debian"))["type_code"]
STRUCT, UNION, ENUM, TYPEDEF, PTR, ARRAY, INT = (
    CODES[f"TYPE_CODE_{name}"] for name in ("STRUCT", "UNION", "ENUM", "TYPEDEF", "PTR", "ARRAY", "INT")
)
Describe = Callable[..., list[str]]


@pytest.fixture(scope="module", params=cprobe.MACHINES)
def describe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Describe:
    folder = tmp_path_factory.mktemp("btf_describe")
    (folder / "gdb_enums_generated.h").write_text(enums_header(parse_tree(FIXTURES / "9.0.2-debian")))
    units = ("btf/type_queries.c", "btf/block.c", "btf/records.c", "base/type_spelling.c", "base/hash_index.c")
    program = cprobe.build(folder, "btf/type_queries_probe.c", *units, machine=request.param)
    path: Path = folder / "block"

    def run(blob: Blob, pointer_size: int, *names: str) -> list[str]:
        path.write_bytes(blob.bytes())
        return cprobe.run(program, path, pointer_size, *names)

    return run


def sample(order: str) -> Blob:
    """``struct s { struct s *next; int a : 3; enum e kind[2]; }`` and what belongs to it."""
    blob = Blob(order=order)
    blob.integer("int", 4, b.SIGNED)
    blob.add(b.PTR, size=5)
    blob.enum("e", {"OFF": 0, "HIGH": -2}, signed=True)
    blob.array(3, 2)
    blob.members(b.STRUCT, "s", 16, [("next", 2, 0, 0), ("a", 1, 32, 3), ("kind", 4, 64, 0)])
    blob.add(b.TYPEDEF, "alias", size=2)
    blob.integer("long unsigned int", 4)
    blob.add(b.FWD, "u", flag=1)
    return blob


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pointer_size", [4, 8])
def test_pointers_have_the_machines_size(describe: Describe, order: str, pointer_size: int) -> None:
    printed = describe(sample(order), pointer_size, f"{TYPEDEF}:alias")
    assert printed[0] == f"code={TYPEDEF} name=alias size=0 elements=0 unsigned=0 incomplete=0"
    assert printed[1] == f"code={PTR} name=- size={pointer_size} elements=0 unsigned=0 incomplete=0"
    assert printed[2].startswith(f"code={STRUCT} name=s size=16 ")
    assert printed[2].endswith("next@0/0=0 a@32/3=0 kind@64/0=0")


@pytest.mark.parametrize("order", ["<", ">"])
def test_names(describe: Describe, order: str) -> None:
    names = [f"{ENUM}:e", "0:e", f"{TYPEDEF}:unsigned long", f"{STRUCT}:e", f"{UNION}:u", f"{STRUCT}:nothing"]
    printed = describe(sample(order), 8, *names)
    assert printed[0] == f"code={ENUM} name=e size=4 elements=0 unsigned=0 incomplete=0 OFF@0/0=0 HIGH@0/0=-2"
    assert printed[1] == printed[0]
    assert printed[2].startswith(f"code={INT} name=long unsigned int size=4 elements=0 unsigned=1")
    assert printed[3:] == ["unknown"] * 3


def test_kernels_before_enums_had_64_bits_and_types_had_tags(describe: Describe) -> None:
    """Linux 5.4: bit-fields with their sizes, enums without signs; neither ENUM64 nor tags."""
    blob = Blob()
    blob.enum("old", {"MINUS": -1, "PLUS": 1})
    (line,) = describe(blob, 8, f"{ENUM}:old")
    assert line.endswith("unsigned=0 incomplete=0 MINUS@0/0=-1 PLUS@0/0=1")


def test_a_struct_that_leads_nowhere(describe: Describe) -> None:
    blob = Blob()
    blob.members(b.STRUCT, "broken", 8, [("member", 77, 0, 0)])
    blob.add(b.TYPEDEF, "loop", size=2)
    printed = describe(blob, 8, f"{STRUCT}:broken", f"{TYPEDEF}:loop")
    assert "the BTF of a member is broken." in printed[0]
    assert printed[1] == "error: the BTF of this type is broken."
