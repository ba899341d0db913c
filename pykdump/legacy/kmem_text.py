# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of crash's ``kmem -f`` as lists, as the classic's module kmem gave it. New programs read structures."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# Under a heading that begins with ZONE: number, name, size...
_ZONE = re.compile(r"^ZONE\s.*\n\s*(\d+)\s+(\S+)", re.M)
# Order, size of a block, struct free_area or list_head, blocks, pages.
_AREA = re.compile(r"^\s*(\d+)\s+(\d+k)\s+([0-9a-f]+)\s+(\d+)\s+(\d+)\s*$", re.M)
NORMAL_ZONE = 1


def parse_kmemf(text: str) -> list[list[Any]]:
    """Return a list for each zone: its number, its name, then [order, "4k", address, blocks, pages] for each line.

    A crash that knows migrate types prints several lines for an order. A zone without memory has no such lines.
    """
    places = [*(match.start() for match in _ZONE.finditer(text)), len(text)]
    zones: list[list[Any]] = []
    for start, end in zip(places, places[1:]):
        part = text[start:end]
        heading = _ZONE.match(part)
        if heading:
            areas = [
                [int(order), size, int(address, 16), int(blocks), int(pages)]
                for order, size, address, blocks, pages in _AREA.findall(part)
            ]
            zones.append([int(heading[1]), heading[2], *areas])
    return zones


def print_Zone(zone: Sequence[Any]) -> None:
    """Print one of the lists that parse_kmemf() returns."""
    print(f"\n   == Zone:{zone[1]} ==\n")
    print("AREA    SIZE  FREE_AREA_STRUCT     BLOCKS  PAGES")
    print("----    ----  ------------------   ------  -----")
    for order, size, address, blocks, pages in zone[2:]:
        print(f"{order:3d} {size:>8}  0x{address:016x}    {blocks:5d}  {pages:5d}")


def check_kmemf(nodekmem: Sequence[Sequence[Any]]) -> tuple[bool, bool]:
    """Print and return whether the second zone has hardly any blocks of 8k and more, and of 32k and more."""
    large = {8: False, 32: False}
    for _, size, _, blocks, _ in nodekmem[NORMAL_ZONE][2:]:
        for limit in large:
            if int(size[:-1]) >= limit and blocks > 1:
                large[limit] = True
    result = not large[8], not large[32]
    print(*result)
    return result
