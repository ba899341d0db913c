# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for the C library that make a link ask for old versions of its functions.

The C library keeps the old versions of a function beside the new one, but a linker takes the newest. The stand-ins
name each function in one version only: the newest that is not after ``limit``, or else the oldest there is. They are
made from the tables of the compiler's own C library, contain no code, and serve the link alone.

Functions that have no old version at all are replaced in ``ext/glibc_compat.c``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerSymSection
from elftools.elf.sections import SymbolTableSection

from mpykbuild.base.cache import digest_of, file_digest
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.base.process import output_of

Version = tuple[int, ...]

# What is asked for where there is a choice, as long as glibc_max= is not below it: the C library of the oldest
# distributions on which a crash of today is compiled. Going further back would change what functions do.
PREFERRED: Version = (2, 17)
# The first is the one that others were merged into.
LIBRARIES = ("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "libutil.so.1", "librt.so.1")
# Where functions were before they moved into libc.so.6 (in 2.32 to 2.34), read from Debian 11's glibc 2.31.
MOVED = PROJECT / "site_scons" / "glibc_moved.json"
HIDDEN_BIT = 0x8000


@dataclass(frozen=True)
class Place:
    """A function or a variable of a library, in one version; ``default`` when a link takes just that."""

    name: str
    version: Version
    kind: str
    size: int
    default: bool = True


def parse_version(text: str) -> Version | None:
    """Return the numbers of ``2.17`` or ``GLIBC_2.17``, None for what is no such version."""
    match = re.fullmatch(r"(?:GLIBC_)?(\d+(?:\.\d+)+)", text)
    return tuple(int(part) for part in match[1].split(".")) if match else None


def spelled(version: Version) -> str:
    return ".".join(str(part) for part in version)


def find_libraries(cc: str) -> dict[str, Path]:
    """Return the libraries with which the compiler ``cc`` links, by name; those that it does not have are left out."""
    found = {}
    for name in (*LIBRARIES, "libc.so"):
        said = output_of([cc, f"-print-file-name={name}"], what=f"The C compiler {cc} does not run")
        path = Path(said.strip())
        if path.is_absolute() and path.is_file():
            found[name] = path.resolve()
    for name in ("libc.so.6", "libc.so"):
        if name not in found:
            raise BuildError(f"{cc} finds no {name}.", "install the C library's development files (libc6-dev)")
    return found


def libraries_identity(libraries: Mapping[str, Path]) -> list[str]:
    """Return words that change when the libraries do."""
    return [f"{name} {file_digest(path)}" for name, path in sorted(libraries.items())]


def places(library: Path) -> Iterator[Place]:
    """Yield what a library of glibc defines for others, once for each version."""
    with library.open("rb") as stream:
        elf = ELFFile(stream)
        sections = [elf.get_section_by_name(name) for name in (".dynsym", ".gnu.version", ".gnu.version_d")]
        symbols, numbers, definitions = sections
        if not isinstance(symbols, SymbolTableSection) or not isinstance(numbers, GNUVerSymSection):
            raise BuildError(f"{library} is no shared library with versions.", "give sysroot= one with glibc.")
        assert isinstance(definitions, GNUVerDefSection)
        names = {row["vd_ndx"]: next(iter(auxiliaries)).name for row, auxiliaries in definitions.iter_versions()}
        for index, symbol in enumerate(symbols.iter_symbols()):
            number = numbers.get_symbol(index)["ndx"]
            kind = symbol["st_info"]["type"]
            if symbol["st_shndx"] in ("SHN_UNDEF", "SHN_ABS") or not isinstance(number, int) or kind == "STT_TLS":
                continue
            version = parse_version(names.get(number & ~HIDDEN_BIT, ""))
            if version and "placeholder" not in symbol.name:
                yield Place(symbol.name, version, kind, symbol["st_size"], not number & HIDDEN_BIT)


def linkable(found: Mapping[str, Mapping[str, Mapping[Version, Place]]]) -> set[str]:
    """Return the names that have a version which a link takes.

    The others are there for old programs alone: what is linked today has them in ``libc_nonshared.a``, as atexit() on
    s390x, which must know the file that calls it, or not at all.
    """
    places = (place for rows in found.values() for versions in rows.values() for place in versions.values())
    return {place.name for place in places if place.default}


def choose_version(versions: Mapping[Version, Place], limit: Version) -> Place:
    """Return the newest version that is not after ``limit``, or else the oldest."""
    old = [version for version in versions if version <= limit]
    return versions[max(old) if old else min(versions)]


def plan_stubs(found: Mapping[str, Mapping[str, Mapping[Version, Place]]], limit: Version) -> dict[str, list[Place]]:
    """Return what each stand-in defines. ``found`` is, by library and by name, what the real ones define."""
    moved = {name: library for library, names in json.loads(MOVED.read_text()).items() for name in names}
    names = linkable(found)
    found = {
        library: {name: versions for name, versions in rows.items() if name in names} for library, rows in found.items()
    }
    result: dict[str, list[Place]] = {name: [] for name in LIBRARIES}
    main = found[LIBRARIES[0]]
    for name, versions in sorted(main.items()):
        place = choose_version(versions, limit)
        # An old version of what was merged is where it was at that time.
        home = moved.get(name, LIBRARIES[0]) if place.version < max(versions) else LIBRARIES[0]
        result[home].append(place)
    for library in LIBRARIES[1:]:
        rows = found.get(library, {})
        result[library] += [choose_version(rows[name], limit) for name in sorted(rows) if name not in main]
    return result


def stub_source(rows: list[Place]) -> str:
    """Return the assembler text of a stand-in."""
    lines = []
    for row in rows:
        section, kind = (".data", "object") if row.kind == "STT_OBJECT" else (".text", "function")
        lines += [section, f".globl {row.name}", f".type {row.name}, %{kind}", f".size {row.name}, {row.size}"]
        lines += [f"{row.name}:"]
    return "\n".join(lines) + "\n"


def version_script(rows: list[Place]) -> str:
    """Return the linker's script that gives each name its version."""
    nodes: dict[Version, list[str]] = {}
    for row in rows:
        nodes.setdefault(row.version, []).append(row.name)
    texts = [
        f"GLIBC_{spelled(version)} {{ {' '.join(f'{name};' for name in nodes[version])} }};"
        for version in sorted(nodes)
    ]
    return "\n".join(texts) + "\n"


def linker_script(original: str, stub: Path, sysroot: str) -> str:
    """Return ``libc.so``, which is a script for the linker, with the stand-in instead of ``libc.so.6``."""

    def path(match: re.Match[str]) -> str:
        return str(stub) if match[0].endswith("/libc.so.6") else sysroot + match[0]

    groups = re.search(r"GROUP\s*\(.*\)", original)
    if not groups:
        raise BuildError("the C library's libc.so is no linker script with a GROUP.", "report this with your libc.so")
    return re.sub(r"(?<![\w.-])/\S+", path, groups[0]) + "\n"


def make_stubs(cc: str, folder: Path, limit: Version, sysroot: str = "") -> None:
    """Fill ``folder`` with stand-ins for what ``cc`` links with; ``-L`` that folder makes a link use them."""
    libraries = find_libraries(cc)
    found: dict[str, dict[str, dict[Version, Place]]] = {}
    for name in LIBRARIES:
        rows = found.setdefault(name, {})
        for place in places(libraries[name]) if name in libraries else ():
            rows.setdefault(place.name, {})[place.version] = place
    folder.mkdir(parents=True, exist_ok=True)
    planned = plan_stubs(found, limit)
    # libc.so speaks for all: it must not stay the same when one of the others changes.
    mark = f"/* {digest_of({name: version_script(rows) for name, rows in planned.items()})} */\n"
    for name, chosen_rows in planned.items():
        out, text, script = folder / name, folder / f"{name}.s", folder / f"{name}.map"
        text.write_text(stub_source(chosen_rows), encoding="ascii")
        script.write_text(version_script(chosen_rows), encoding="ascii")
        flags = [f"-Wl,-soname,{name}", *([f"-Wl,--version-script={script}"] if chosen_rows else [])]
        output_of([cc, "-shared", "-nostdlib", *flags, "-o", str(out), str(text)])
        short = folder / f"{name.partition('.so')[0]}.so"
        if name == LIBRARIES[0]:
            text_of_script = linker_script(libraries["libc.so"].read_text(), out, sysroot)
            short.write_text(text_of_script + mark, encoding="utf-8")
        else:
            short.unlink(missing_ok=True)
            short.symlink_to(name)
