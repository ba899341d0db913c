# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts that the test module (mpykbuild/vmcore/testmod) reported in /proc/mpyk_testmod of the guest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# The variables whose struct has another name.
STRUCTS = {
    "mpyk_lowest": "struct mpyk_integers", "mpyk_highest": "struct mpyk_integers", "mpyk_union": "union mpyk_union",
}  # fmt: skip


@dataclass(frozen=True)
class TestmodTruth:
    """The facts, one a line, with tabs between the words. The first word is the kind (see testmod.h of the module)."""

    __test__ = False  # pytest would take the class for a test because of its name

    text: str

    def rows(self, kind: str) -> Iterator[list[str]]:
        """Yield the words after ``kind``, for each line of this kind."""
        for line in self.text.splitlines():
            words = line.split("\t")
            if words[0] == kind:
                yield words[1:]

    @cached_property
    def address(self) -> dict[str, int]:
        return {name: int(value, 16) for name, value in self.rows("address")}

    @cached_property
    def sizes(self) -> dict[str, int]:
        return {name: int(size) for name, size in self.rows("size")}

    @cached_property
    def members(self) -> list[tuple[str, str, int, int]]:
        """(type, path of the member, offset, size)"""
        return [(ctype, path, int(offset), int(size)) for ctype, path, offset, size in self.rows("member")]

    @cached_property
    def values(self) -> list[tuple[str, str, int]]:
        """(variable, path of the member, value)"""
        return [(variable, path, int(value)) for variable, path, value in self.rows("value")]

    @cached_property
    def bit_fields(self) -> list[tuple[str, str, int, int]]:
        """(type, path of the member, its first bit from the struct's beginning, its bits)"""
        found = []
        for ctype, path, image in self.rows("bits"):
            number = int.from_bytes(bytes.fromhex(image), "little")
            first = (number & -number).bit_length() - 1
            found.append((ctype, path, first, number.bit_count()))
        return found

    @cached_property
    def enumerators(self) -> dict[str, dict[str, int]]:
        """{enum: {name: value}}; those of enums without a tag under ``enum``."""
        found: dict[str, dict[str, int]] = {}
        for ctype, name, value in self.rows("enumerator"):
            found.setdefault(ctype, {})[name] = int(value)
        return found

    def numbers(self, name: str) -> list[int]:
        """Return the contents of the list or tree ``name``, in its order."""
        return next([int(word) for word in words] for found, *words in self.rows("list") if found == name)

    def entries(self, name: str) -> list[list[int]]:
        """[index, entry] of an xarray or IDR."""
        return [[int(index), int(entry, 16)] for found, index, entry in self.rows("entry") if found == name]

    def ranges(self, name: str) -> list[list[int]]:
        """[first, last, entry] of a maple tree."""
        rows = (words for words in self.rows("range") if words[0] == name)
        return [[int(first), int(last), int(entry, 16)] for _, first, last, entry in rows]

    def cpus(self, name: str) -> list[list[int]]:
        """[CPU, address there, number there] of a per-CPU variable."""
        rows = (words for words in self.rows("cpu") if words[0] == name)
        return [[int(cpu), int(address, 16), int(value)] for _, cpu, address, value in rows]


def struct_of(variable: str) -> str:
    """Return the type of one of the module's variables."""
    return STRUCTS.get(variable, f"struct {variable}")
