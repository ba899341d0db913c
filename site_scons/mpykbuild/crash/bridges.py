# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridges: the objects that call gdb. What a bridge defines is local to it; what it takes from gdb is weak."""

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
# Without the first option a static variable in a template is a unique symbol: the whole process shares one copy, and
# objcopy cannot make it local. The second one avoids the sized operator delete, which came with gcc 5.
COMPILER_FLAGS = ("-fno-gnu-unique", "-fno-sized-deallocation")


# The rooms of ext/: the files of each may include those of the rooms before it. tests/unit/ext/test_rooms.py checks it.
ROOMS = (
    "base", "btf", "crash", "gdb", "guard", "dump", "types", "values", "session", "module", "extension",
)  # fmt: skip


def units_without_gdb(folder: Path) -> list[Path]:
    """Return the C units of ``folder`` (ext/) except the bridges. They do not include gdb's headers."""
    units = [path for room in ROOMS for path in sorted((folder / room).glob("*.c"))]
    return [folder / "glibc_compat.c", *(path for path in units if not re.fullmatch(r"gdb\d+_bridge", path.stem))]


@cache
def bridge_sources(folder: Path = EXT) -> dict[int, Path]:
    """Map each gdb major that has a bridge to the source of its bridge: C for gdb 7, C++ for later majors."""
    found = {BRIDGE.fullmatch(path.name): path for path in (folder / "gdb").glob("gdb*_bridge.c*")}
    return dict(sorted((int(match[1]), path) for match, path in found.items() if match))


def why_unverified(major: int) -> str:
    """Return the text after ``UNVERIFIED:`` in the comment of a bridge; empty if the tests run with this bridge."""
    said = re.search(r"UNVERIFIED: ([^*]*?)\.?\s*(?:\*/|\n \*\n)", bridge_sources()[major].read_text())
    return " ".join(said[1].split()) if said else ""


def undefined_names(path: Path) -> set[str]:
    """Return the names that an object file leaves undefined."""
    with path.open("rb") as stream:
        section = ELFFile(stream).get_section_by_name(".symtab")
        assert isinstance(section, SymbolTableSection)
        return {symbol.name for symbol in section.iter_symbols() if symbol["st_shndx"] == "SHN_UNDEF" and symbol.name}


def confine_bridge(compiled: Path, major: int, out: Path, linker: str = "ld", objcopy: str = "objcopy") -> None:
    """Make the object ``out`` from a compiled bridge. Only its table is global, and the names from gdb are weak.

    The bridges define inline functions of different gdbs under the same names. The linker would use the functions of
    one bridge for all of them. So they are removed from their section groups and made local.
    """
    names = sorted(
        undefined_names(compiled)
        & {row.name for row in crash_symbols.symbols_for_gdb(crash_symbols.load_symbols(), major)}
    )
    weak = out.with_name("weak.txt")
    weak.write_text("".join(f"{name}\n" for name in names), encoding="ascii")
    output_of([linker, "-r", "--force-group-allocation", "-o", str(out), str(compiled)])
    output_of([objcopy, f"--keep-global-symbol=mpyk_gdb{major}_bridge", f"--weaken-symbols={weak}", str(out)])
