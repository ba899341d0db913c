# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare Debian's version numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, total_ordering


@total_ordering
@dataclass(frozen=True)
class DebianVersion:
    """A Debian version. Versions compare in the same order as in dpkg."""

    text: str

    @cached_property
    def _key(self) -> tuple[int, list[tuple[int, ...]], list[tuple[int, ...]]]:
        epoch, colon, rest = self.text.partition(":")
        if not colon:
            epoch, rest = "0", self.text
        upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "0")
        return int(epoch), _part_key(upstream), _part_key(revision)

    def __lt__(self, other: DebianVersion) -> bool:
        return self._key < other._key


def _part_key(part: str) -> list[tuple[int, ...]]:
    """Return a sort key: other characters and numbers in turn. '~' sorts before the end, letters before the rest."""
    key: list[tuple[int, ...]] = []
    for text, digits in re.findall(r"(\D*)(\d*)", part):
        weights = [-1 if char == "~" else ord(char) if char.isalpha() else ord(char) + 256 for char in text]
        key.append((*weights, 0))
        key.append((int(digits or 0),))
    return key
