# SPDX-License-Identifier: GPL-3.0-or-later
"""The section of an artefact that says for which crashes it was built and what it needs from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from mpykbuild.base.errors import BuildError
from mpykbuild.crash import layout_probe
from mpykbuild.crash import symbols as crash_symbols
from mpykbuild.crash.symbols import CrashSymbol

SECTION = ".mpykdump.needs"


@dataclass(frozen=True)
class Needs:
    """The content of the section.

    The file was built for the releases ``crashes``, and has bridges for the gdb majors ``majors``. ``symbols`` and
    ``objects`` are what it needs.
    """

    crashes: tuple[str, ...]
    majors: tuple[int, ...]
    symbols: tuple[CrashSymbol, ...]
    objects: tuple[layout_probe.CrashObject, ...]


def requirements_text(crashes: Sequence[str], majors: Sequence[int], probe: Mapping[str, int]) -> str:
    """Return the text of the section. It is the same for the same trees."""
    content = {
        "crashes": list(crashes),
        "majors": list(majors),
        "symbols": [
            crash_symbols.as_json(row)
            for row in crash_symbols.symbols_for_bridges(crash_symbols.load_symbols(), majors)
        ],
        "objects": [asdict(row) for row in layout_probe.crash_objects(probe)],
    }
    return json.dumps(content, indent=1) + "\n"


def parse_requirements(content: str, where: str) -> Needs:
    """Parse the text of ``requirements_text``. Raises BuildError for any other text, and names the file ``where``."""
    try:
        data = json.loads(content)
        return Needs(
            tuple(data["crashes"]),
            tuple(data["majors"]),
            tuple(crash_symbols.CrashSymbol(**row) for row in data["symbols"]),
            tuple(layout_probe.CrashObject(**row) for row in data["objects"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{where}: its section {SECTION} cannot be read: {error}.", "build the file again.") from error


def read_requirements(path: Path) -> Needs:
    """Return what the artefact ``path`` needs. Raises BuildError for any other file."""
    try:
        with path.open("rb") as stream:
            section = ELFFile(stream).get_section_by_name(SECTION)
            content = section.data().decode() if section else ""
    except (OSError, ELFError) as error:
        raise BuildError(f"{path} cannot be read as an ELF file: {error}.", "give mpykdump= an mpykdump.so.") from error
    if not content:
        raise BuildError(
            f"{path} does not say what it needs from crash: it has no section {SECTION}.",
            "give mpykdump= a file that was built by this version or a later one.",
        )
    return parse_requirements(content, str(path))
