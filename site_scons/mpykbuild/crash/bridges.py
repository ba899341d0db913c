# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that know gdb: what they need is in the table and weak, what they define stays inside them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from mpykbuild.base.paths import PROJECT
from mpykbuild.base.process import output_of
from mpykbuild.crash import symbols as crash_symbols

EXT = PROJECT / "ext"
BRIDGE = re.compile(r"gdb(\d+)_bridge\.c(?:pp)?")
# Without it, variables inside of templates would be one for the whole process, and could not be made local.
# Deleting with a size came with gcc 5; without it an older libstdc++ will do.
COMPILER_FLAGS = ("-fno-gnu-unique", "-fno-sized-deallocation")


# The rooms of ext/: the files of each may include those of the rooms before it. tests/unit/ext/test_rooms.py checks it.
ROOMS = (
    "base", "btf", "crash", "gdb", "guard", "dump", "types", "values", "session", "module", "extension",
)  # fmt: skip


def other_units(folder: Path) -> list[Path]:
    """Return the units in C in the rooms of ``folder`` (ext/) that know no gdb."""
    units = [path for room in ROOMS for path in sorted((folder / room).glob("*.c"))]
    return [folder / "glibc_compat.c", *(path for path in units if not re.fullmatch(r"gdb\d+_bridge", path.stem))]


@cache
def bridge_sources(folder: Path = EXT) -> dict[int, Path]:
    """Return the bridge of each gdb major that has one, in C for gdb 7, in C++ for later ones: the files say which."""
    found = {BRIDGE.fullmatch(path.name): path for path in (folder / "gdb").glob("gdb*_bridge.c*")}
    return dict(sorted((int(match[1]), path) for match, path in found.items() if match))


def why_unverified(major: int) -> str:
    """Return what the bridge's own comment says after ``UNVERIFIED:``, empty for one that the tests run in."""
    said = re.search(r"UNVERIFIED: ([^*]*?)\.?\s*(?:\*/|\n \*\n)", bridge_sources()[major].read_text())
    return " ".join(said[1].split()) if said else ""


def undefined_names(path: Path) -> set[str]:
    """Return the names that an object file leaves undefined."""
    with path.open("rb") as stream:
        section = ELFFile(stream).get_section_by_name(".symtab")
        assert isinstance(section, SymbolTableSection)
        return {symbol.name for symbol in section.iter_symbols() if symbol["st_shndx"] == "SHN_UNDEF" and symbol.name}


def confine_bridge(compiled: Path, major: int, out: Path, linker: str = "ld", objcopy: str = "objcopy") -> None:
    """Make ``out`` from the bridge for a gdb major: only its table is visible, and gdb's names in it are weak.

    Bridges define inline functions of gdb's under the same names, and the linker would take those of one for all:
    they are taken out of their groups and made local.
    """
    names = sorted(
        undefined_names(compiled) & {row.name for row in crash_symbols.of_gdb(crash_symbols.load_symbols(), major)}
    )
    weak = out.with_name("weak.txt")
    weak.write_text("".join(f"{name}\n" for name in names), encoding="ascii")
    output_of([linker, "-r", "--force-group-allocation", "-o", str(out), str(compiled)])
    output_of([objcopy, f"--keep-global-symbol=mpyk_gdb{major}_bridge", f"--weaken-symbols={weak}", str(out)])
