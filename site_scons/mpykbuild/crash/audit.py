# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of ``./sconsw audit crash=BINARY``: does an artefact load into a crash program, and what is missing?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from mpykbuild.base.errors import BuildError
from mpykbuild.crash import symbols as crash_symbols
from mpykbuild.crash.requirements_section import Needs
from mpykbuild.crash.symbols import CrashSymbol, join_words


@dataclass(frozen=True)
class Audit:
    """The lines of the report, and the reasons why the file refuses this crash. Without a reason the file loads."""

    lines: tuple[str, ...]
    refusals: tuple[str, ...]


def exported_names(program: Path) -> dict[str, int]:
    """Return the names that a crash program exports, with their sizes.

    Raises BuildError if the file cannot be read, or if it cannot load extensions.
    """
    try:
        with program.open("rb") as stream:
            section = ELFFile(stream).get_section_by_name(".dynsym")
            rows = section.iter_symbols() if isinstance(section, SymbolTableSection) else iter(())
            names = {row.name: row["st_size"] for row in rows if row.name and row["st_shndx"] != "SHN_UNDEF"}
    except (OSError, ELFError) as error:
        raise BuildError(f"{program} cannot be read as a program: {error}.", "give crash= a crash program.") from error
    if "register_extension" not in names:
        raise BuildError(
            f"{program} exports no register_extension(), so it is not a crash program that can be extended.",
            "give crash= a crash program that was linked with -rdynamic.",
        )
    return names


def gdb_version(program: Path) -> str:
    """Return the version of the gdb in a crash program, such as "16.3"; "" if the program does not export it."""
    with program.open("rb") as stream:
        elf = ELFFile(stream)
        table = elf.get_section_by_name(".dynsym")
        found = table.get_symbol_by_name("version") if isinstance(table, SymbolTableSection) else None
        if not found or not isinstance(found[0]["st_shndx"], int):
            return ""
        section = elf.get_section(found[0]["st_shndx"])
        start = found[0]["st_value"] - section["sh_addr"]
        text = section.data()[start : start + found[0]["st_size"]]
    return str(text.partition(b"\0")[0].decode("ascii", "replace"))


def _state(row: CrashSymbol, names: Mapping[str, int]) -> str:
    """Return "there", "replaced" if the name is missing and has a fallback, or "MISSING"."""
    if row.name in names:
        return "there"
    return "MISSING" if row.required else "replaced"


def _table(rows: list[CrashSymbol], names: Mapping[str, int]) -> list[str]:
    """Return a line for each of ``rows``: its state, its name, and the feature that it serves."""
    lines = []
    for row in rows:
        state = _state(row, names)
        text = {
            "there": row.feature,
            "replaced": f"{row.fallback}; lost: {row.feature} (crash {row.since} has it)",
            "MISSING": f"no fallback for: {row.feature} (crash {row.since} has it)",
        }[state]
        lines.append(f"  {state:8}  {row.shown:40}  {text}")
    return lines


def _bridge(needs: Needs, names: Mapping[str, int], version: str) -> int:
    """Return the gdb major whose bridge the artefact chooses in this program; 0 if it can use none."""
    for major in needs.majors:
        if version and version.split(".")[0] != str(major):
            continue
        if all(row.name in names for row in crash_symbols.symbols_for_gdb(needs.symbols, major) if row.required):
            return major
    return 0


def _layout(needs: Needs, names: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """Return a line for each structure that crash exports, and the reasons to refuse this crash."""
    lines, refusals = [], []
    for row in needs.objects:
        size = names.get(row.name, 0)
        good = size == row.size if row.exact else size >= row.used
        bound = "exactly these" if row.exact else f"at least {row.used}"
        lines.append(f"  {'fits' if good else 'DIFFERS':8}  struct {row.name:33}  {size} bytes; built with {row.size}, "
                     f"needs {bound}")  # fmt: skip
        if not good:
            refusals.append(f"struct {row.name} differs")
    return lines, refusals


def audit_program(needs: Needs, program: Path) -> Audit:
    """Return the report on what an artefact needs and what a crash program has."""
    names = exported_names(program)
    own = crash_symbols.symbols_for_gdb(needs.symbols, 0)
    version = gdb_version(program)
    chosen = _bridge(needs, names, version)
    layout, refusals = _layout(needs, names)
    refusals += [f"{row.shown} is missing" for row in own if _state(row, names) == "MISSING"]
    lines = [f"built for crash {join_words(needs.crashes)}, gdb {join_words(needs.majors)}; tried on {program}"]
    lines += ["crash's own functions and variables:", *_table(own, names)]
    for major in needs.majors:
        rows = crash_symbols.symbols_for_gdb(needs.symbols, major)
        count = sum(row.name in names for row in rows)
        use = "used here" if major == chosen else "not used here"
        lines.append(f"bridge for gdb {major}: {count} of {len(rows)} are there, {use}")
        if major == chosen or not chosen:
            lines += _table(rows, names)
    if not chosen:
        own_gdb = f"its gdb {version}" if version else "its gdb"
        refusals.append(f"there is no bridge for {own_gdb}, only for gdb {join_words(needs.majors)}")
    lines += ["layout of what crash exports:", *layout]
    lost = [row.feature for row in own if _state(row, names) == "replaced"]
    lines.append(f"lost here: {', '.join(dict.fromkeys(lost)) or 'nothing'}")
    lines.append(f"verdict: {'refused: ' + '; '.join(refusals) if refusals else 'it loads'}")
    return Audit(tuple(lines), tuple(refusals))
