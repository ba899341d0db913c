# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of kmem -f as lists, of crashes with and without lists by migrate type."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import kmem_text  # noqa: E402

TEXT = """\
NODE
  0
ZONE  NAME        SIZE    FREE  MEM_MAP   START_PADDR  START_MAPNR
  0   DMA         4096    2926  c100002c       0            0
AREA    SIZE  FREE_AREA_STRUCT  BLOCKS  PAGES
  0       4k      c03abdd8           4      4
  1       8k      c03abde4           3      6

ZONE  NAME        SIZE    FREE      MEM_MAP       START_PADDR  START_MAPNR
  1   DMA32     192474  138281  fffff646c0040000    1000000        4095
AREA    SIZE  FREE_AREA_STRUCT  BLOCKS  PAGES
  0       4k  ffff8bfeefecd780       1      1
  0       4k  ffff8bfeefecd790       2      2
  3      32k  ffff8bfeefecd888       {blocks}      16

ZONE  NAME        SIZE    FREE      MEM_MAP       START_PADDR  START_MAPNR
  2   Normal         0       0         0               0            0

nr_free_pages: 142089  (found 142105)
"""


def zones(blocks: int = 2) -> list[list[object]]:
    return kmem_text.parse_kmemf(TEXT.format(blocks=blocks))


def test_zones() -> None:
    assert zones() == [
        [0, "DMA", [0, "4k", 0xC03ABDD8, 4, 4], [1, "8k", 0xC03ABDE4, 3, 6]],
        [1, "DMA32", [0, "4k", 0xFFFF8BFEEFECD780, 1, 1], [0, "4k", 0xFFFF8BFEEFECD790, 2, 2],
         [3, "32k", 0xFFFF8BFEEFECD888, 2, 16]],
        [2, "Normal"],
    ]  # fmt: skip


@pytest.mark.parametrize(("blocks", "result"), [(2, (False, False)), (1, (True, True))])
def test_whether_large_blocks_are_there(
    capsys: pytest.CaptureFixture[str], blocks: int, result: tuple[bool, bool]
) -> None:
    assert kmem_text.check_kmemf(zones(blocks)) == result
    assert capsys.readouterr().out == f"{result[0]} {result[1]}\n"


def test_a_zone_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    kmem_text.print_Zone(zones()[0])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "   == Zone:DMA =="
    assert lines[5:] == [
        "  0       4k  0x00000000c03abdd8        4      4",
        "  1       8k  0x00000000c03abde4        3      6",
    ]
