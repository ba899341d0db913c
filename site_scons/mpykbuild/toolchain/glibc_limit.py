# SPDX-License-Identifier: GPL-3.0-or-later
"""``glibc_max=``: check a linked file against the limit that the user sets, and fail if it needs a later glibc.

The build has two glibc versions, and both are needed:

- :data:`glibc_stubs.PREFERRED` is the version that each link aims at, without any option. It is a choice, not a check:
  a function that has no version that old is linked with the oldest version that it has, and the link still succeeds.
- ``glibc_max=`` is the limit that the user sets for machines on which the file has to load. It makes the build fail,
  with the functions and objects that need a later glibc. The default is no limit. If the limit is older than PREFERRED,
  the link aims at the limit.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection, GNUVerSymSection
from elftools.elf.sections import SymbolTableSection

from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain import archives
from mpykbuild.toolchain.glibc_stubs import Version, parse_version, version_text


def parse_limit(value: str) -> Version | None:
    """Return the version in the value of ``glibc_max=``, or None if it is empty (no limit).

    Raises BuildError if the value is not a version.
    """
    version = parse_version(value)
    if value and version is None:
        raise BuildError(f"glibc_max={value} is not a version of glibc.", "give one such as glibc_max=2.28.")
    return version


def needed_functions(path: Path) -> dict[str, Version]:
    """Return the functions that a shared object needs from the C library, each with the version that it needs."""
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


def _undefined_symbols(content: bytes) -> set[str]:
    section = ELFFile(io.BytesIO(content)).get_section_by_name(".symtab")
    rows = section.iter_symbols() if isinstance(section, SymbolTableSection) else iter(())
    return {row.name for row in rows if row["st_shndx"] == "SHN_UNDEF"}


def _contents(files: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each object. The name of an archive's member is ``archive(member)``."""
    for path in files:
        if path.suffix == ".a":
            yield from ((f"{path.name}({name})", content) for name, content in archives.members(path))
        else:
            yield path.name, path.read_bytes()


def users_of_functions(names: Iterable[str], files: Iterable[Path]) -> dict[str, list[str]]:
    """Return for each of the functions ``names`` the objects that use it. ``files`` are object files and archives."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for place, content in _contents(files):
        for name in _undefined_symbols(content) & found.keys():
            found[name].append(place)
    return found


def check_limit(path: Path, limit: Version | None, files: Sequence[Path]) -> None:
    """Raise BuildError if ``path`` needs a glibc later than ``limit``. ``path`` was linked from ``files``.

    The error lists all functions that need a later glibc, with the objects that use them.
    """
    late = {name: version for name, version in needed_functions(path).items() if limit is not None and version > limit}
    if not late or limit is None:
        return
    places = users_of_functions(late, files)
    lines = [
        f"  - {name} of glibc {version_text(late[name])}"
        + (f", used by {', '.join(places[name])}" if places[name] else "")
        for name in sorted(late, key=lambda name: (late[name], name))
    ]
    raise BuildError(
        f"{path.name} needs glibc {version_text(max(late.values()))}, but glibc_max={version_text(limit)}:\n"
        + "\n".join(lines),
        "replace the functions in ext/glibc_compat.c, or build with the headers and libraries of an older "
        "distribution (sysroot=DIR).",
    )
