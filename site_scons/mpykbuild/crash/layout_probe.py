# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that one file can serve several crashes: compare the layout of crash's structures in their trees.

``ext/crash/probe/layout_probe.c`` is compiled against each tree and never run. We read its values from the object
file, so cross builds are checked too.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from mpykbuild.base.errors import BuildError

NAMES, VALUES = ".mpyk_abi_names", ".mpyk_abi_values"


@dataclass(frozen=True)
class CrashObject:
    """A structure that crash exports as a variable. ``size`` is its size in bytes.

    We use members in its first ``used`` bytes. If ``exact`` is true, the structure must have exactly this size in each
    crash; otherwise it must have at least ``used`` bytes.
    """

    name: str
    size: int
    used: int
    exact: bool


def read_probe(path: Path) -> dict[str, int]:
    """Map the names in a compiled probe, such as ``offset program_context.flags``, to their values."""
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        names, values = elf.get_section_by_name(NAMES), elf.get_section_by_name(VALUES)
        if names is None or values is None:
            raise BuildError(
                f"{path} is not the probe ext/crash/probe/layout_probe.c: it has no section {NAMES} or {VALUES}."
            )
        words = names.data().decode("ascii").rstrip("\0").split("\0")
        numbers = struct.unpack(f"{'<' if elf.little_endian else '>'}{len(values.data()) // 8}Q", values.data())
    if len(words) != len(numbers):
        raise BuildError(
            f"{path}: {len(words)} names but {len(numbers)} values.", "correct ext/crash/probe/layout_probe.c."
        )
    return dict(zip(words, numbers, strict=True))


def crash_objects(probe: Mapping[str, int]) -> list[CrashObject]:
    """Return the exported structures in a probe."""
    found = []
    for name, size in probe.items():
        kind, _, rest = name.partition(" ")
        if kind == "object":
            variable, exact = rest.split()
            ends = [
                value + probe[f"size {member[7:]}"]
                for member, value in probe.items()
                if member.startswith(f"offset {variable}.")
            ]
            found.append(CrashObject(variable, size, max(ends, default=0), exact == "1"))
    return found


def layout_differences(probes: Mapping[str, Mapping[str, int]]) -> list[tuple[str, ...]]:
    """Return a row (name, value in each tree) for each value that must be the same in all trees but differs.

    The size of a structure that is not exact may differ: crash allocates it, and we need only the offsets of the
    members that we use. A constant that is not in all trees, such as an enumerator of a newer gdb, is not compared.
    """
    rows = []
    shared = [name for name in next(iter(probes.values())) if all(name in probe for probe in probes.values())]
    for name in shared:
        values = [probe[name] for probe in probes.values()]
        if len(set(values)) > 1 and not (name.startswith("object ") and name.endswith(" 0")):
            rows.append((name.removesuffix(" 1"), *(str(value) for value in values)))
    return rows


def check_layouts(probes: Mapping[str, Mapping[str, int]]) -> None:
    """Raise BuildError with a table of the differences if one file cannot serve all trees.

    ``probes`` maps the version of each crash to its probe.
    """
    rows = layout_differences(probes)
    if not rows:
        return
    table = [("", *probes), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    raise BuildError(
        f"One file cannot serve crash {' and '.join(probes)}: their trees differ in what the extension uses.\n"
        + "\n".join(line.rstrip() for line in lines),
        "build one file for each crash: give crash= one of them at a time.",
    )
