# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/base/byte_order.h against Python's own int.from_bytes() and bit-fields laid out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support import cprobe

ORDERS = {"little": 0, "big": 1}
DATA = bytes.fromhex("81f203e4c5a69788")


@pytest.fixture(scope="module", params=cprobe.MACHINES)
def decode(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., int]:
    program: Path = cprobe.build(tmp_path_factory.mktemp("order"), "base/byte_order_probe.c", machine=request.param)

    def run(order: str, data: bytes, *bits: int) -> int:
        (line,) = cprobe.run(program, "bits" if bits else "int", ORDERS[order], data.hex(), *bits)
        return int(line)

    return run


@pytest.mark.parametrize("order", ORDERS)
def test_integers(decode: Callable[..., int], order: str) -> None:
    for size in (1, 2, 3, 4, 8):
        assert decode(order, DATA[:size]) == int.from_bytes(DATA[:size], order)  # type: ignore[arg-type]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("offset", "size"), [(0, 1), (7, 1), (3, 5), (3, 9), (0, 32), (5, 59), (7, 64), (0, 64)])
def test_bit_fields(decode: Callable[..., int], order: str, offset: int, size: int) -> None:
    """Of a row of bits as the machine numbers them: from the least significant one, or from the most."""
    data = (DATA + b"\x5a")[: (offset + size + 7) // 8]
    if order == "big":
        row = "".join(f"{byte:08b}" for byte in data)
        wanted = int(row[offset : offset + size], 2)
    else:
        row = "".join(f"{byte:08b}"[::-1] for byte in data)
        wanted = int(row[offset : offset + size][::-1], 2)
    assert decode(order, data, offset, size) == wanted
