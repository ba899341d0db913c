# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/btf/functions.c over blocks made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import btf_blob as b
from support import cprobe
from support.btf_blob import Blob

UNITS = ("btf/functions.c", "btf/block.c", "btf/records.c", "base/hash_index.c")
FUNC = 12


@pytest.mark.parametrize("machine", cprobe.MACHINES)
def test_functions_by_name(machine: str, tmp_path: Path) -> None:
    program = cprobe.build(tmp_path, "btf/functions_probe.c", *UNITS, machine=machine)
    blob = Blob(order=cprobe.ORDER[machine])
    integer = blob.integer("int", 4, b.SIGNED)
    pointer = blob.add(b.PTR, size=0)
    reads = blob.function(integer, [("file", pointer), ("size", integer)])
    nothing = blob.function(0, [])
    blob.add(b.TYPEDEF, "read", size=integer)  # not the function
    blob.add(FUNC, "read", size=reads)
    blob.add(FUNC, "stop", size=nothing)
    blob.add(FUNC, "odd", size=integer)  # a function without a prototype is not valid
    blob.add(FUNC, "far", size=999)
    path = tmp_path / "block"
    path.write_bytes(blob.bytes())
    assert cprobe.run(program, path, "read", "stop", "odd", "far", "rea", "int") == [
        f"read: file:{pointer} size:{integer} -> {integer}",
        "stop: -> 0",
        "odd: none",
        "far: none",
        "rea: none",
        "int: none",
    ]
