# SPDX-License-Identifier: GPL-3.0-or-later
"""The oldest C library on which a shared object loads, and what keeps it from an older one."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection, GNUVerSymSection
from elftools.elf.sections import SymbolTableSection

from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain import archives
from mpykbuild.toolchain.glibc_stubs import Version, parse_version, spelled


def parse_limit(value: str) -> Version | None:
    """Return the version that ``glibc_max=`` asks for, None for no limit. Raises BuildError for what is none."""
    version = parse_version(value)
    if value and version is None:
        raise BuildError(f"glibc_max={value} is not a version of glibc.", "give one such as glibc_max=2.28.")
    return version


def wanted_functions(path: Path) -> dict[str, Version]:
    """Return the functions that a shared object takes from the C library, with the version that it asks for."""
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        sections = [elf.get_section_by_name(name) for name in (".dynsym", ".gnu.version", ".gnu.version_r")]
        symbols, numbers, needs = sections
        if not (isinstance(numbers, GNUVerSymSection) and isinstance(needs, GNUVerNeedSection)):
            return {}
        assert isinstance(symbols, SymbolTableSection)
        names = {row["vna_other"]: row.name for _, rows in needs.iter_versions() for row in rows}
        found = {}
        for index, symbol in enumerate(symbols.iter_symbols()):
            version = parse_version(names.get(numbers.get_symbol(index)["ndx"], ""))
            if version and symbol["st_shndx"] == "SHN_UNDEF":
                found[symbol.name] = version
        return found


def _undefined(content: bytes) -> set[str]:
    section = ELFFile(io.BytesIO(content)).get_section_by_name(".symtab")
    rows = section.iter_symbols() if isinstance(section, SymbolTableSection) else iter(())
    return {row.name for row in rows if row["st_shndx"] == "SHN_UNDEF"}


def _contents(files: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each object; an archive's member is ``archive(member)``."""
    for path in files:
        if path.suffix == ".a":
            yield from ((f"{path.name}({name})", content) for name, content in archives.members(path))
        else:
            yield path.name, path.read_bytes()


def functions_users(names: Iterable[str], files: Iterable[Path]) -> dict[str, list[str]]:
    """Return for each of ``names`` the objects that use it, among object files and the members of archives."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for place, content in _contents(files):
        for name in _undefined(content) & found.keys():
            found[name].append(place)
    return found


def check_limit(path: Path, limit: Version | None, files: Sequence[Path]) -> None:
    """Raise BuildError when ``path``, linked from ``files``, needs a C library later than ``limit``; list all of it."""
    late = {name: version for name, version in wanted_functions(path).items() if limit is not None and version > limit}
    if not late or limit is None:
        return
    places = functions_users(late, files)
    lines = [
        f"  - {name} of glibc {spelled(late[name])}" + (f", used by {', '.join(places[name])}" if places[name] else "")
        for name in sorted(late, key=lambda name: (late[name], name))
    ]
    raise BuildError(
        f"{path.name} needs glibc {spelled(max(late.values()))}, but glibc_max={spelled(limit)}:\n" + "\n".join(lines),
        "replace the functions in ext/glibc_compat.c, or build with the headers and libraries of an older "
        "distribution: sysroot=DIR.",
    )
