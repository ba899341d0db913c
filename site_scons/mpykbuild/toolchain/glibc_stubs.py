# SPDX-License-Identifier: GPL-3.0-or-later
"""Make stub libraries of the C library, so that a link uses old versions of its functions.

The C library has several versions of some functions, but a linker always uses the newest one. In the stubs each
function has only one version: the newest one that is not later than ``limit``, or else the oldest one that exists. The
stubs are made from the symbol tables of the compiler's C library. They contain no code and are used only for the link.

The stubs cannot help if a function has no old version: ``ext/glibc_compat.c`` replaces such functions. So a link with
stubs does not prove that the file loads on an old glibc. ``glibc_max=`` checks that (see glibc_limit).
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

# Each link aims at this version of glibc, unless glibc_max= sets an older one. It is the glibc of the oldest
# distributions on which a current crash is compiled. Older versions of some functions behave differently.
PREFERRED: Version = (2, 17)
# The functions of the other libraries have moved into the first one over time.
LIBRARIES = ("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "libutil.so.1", "librt.so.1")
# The library that had a function before it moved into libc.so.6 (in 2.32 to 2.34). Read from Debian 11's glibc 2.31.
MOVED = PROJECT / "site_scons" / "glibc_moved.json"
HIDDEN_BIT = 0x8000


@dataclass(frozen=True)
class VersionedSymbol:
    """One version of a function or a variable of a library.

    ``kind`` is its ELF type and ``size`` its size in bytes. ``default`` is true if a link with the library uses this
    version.
    """

    name: str
    version: Version
    kind: str
    size: int
    default: bool = True


def parse_version(text: str) -> Version | None:
    """Return the numbers of ``2.17`` or ``GLIBC_2.17``, or None for other texts."""
    match = re.fullmatch(r"(?:GLIBC_)?(\d+(?:\.\d+)+)", text)
    return tuple(int(part) for part in match[1].split(".")) if match else None


def version_text(version: Version) -> str:
    """Return (2, 17) as ``2.17``."""
    return ".".join(str(part) for part in version)


def find_libraries(cc: str) -> dict[str, Path]:
    """Return the paths of the C library's files with which the compiler ``cc`` links, by name. Some may be missing.

    Raises BuildError if ``libc.so.6`` or ``libc.so`` is missing.
    """
    found = {}
    for name in (*LIBRARIES, "libc.so"):
        said = output_of([cc, f"-print-file-name={name}"], what=f"The C compiler {cc} does not run")
        path = Path(said.strip())
        if path.is_absolute() and path.is_file():
            found[name] = path.resolve()
    for name in ("libc.so.6", "libc.so"):
        if name not in found:
            raise BuildError(f"{cc} finds no {name}.", "install the C library's development files (libc6-dev).")
    return found


def libraries_identity(libraries: Mapping[str, Path]) -> list[str]:
    """Return the names and the hashes of the libraries."""
    return [f"{name} {file_digest(path)}" for name, path in sorted(libraries.items())]


def defined_symbols(library: Path) -> Iterator[VersionedSymbol]:
    """Yield each version of each function and variable that a library of glibc defines."""
    with library.open("rb") as stream:
        elf = ELFFile(stream)
        sections = [elf.get_section_by_name(name) for name in (".dynsym", ".gnu.version", ".gnu.version_d")]
        symbols, numbers, definitions = sections
        if not isinstance(symbols, SymbolTableSection) or not isinstance(numbers, GNUVerSymSection):
            raise BuildError(f"{library} is not a shared library with versions.", "use a sysroot= with glibc.")
        assert isinstance(definitions, GNUVerDefSection)
        names = {row["vd_ndx"]: next(iter(auxiliaries)).name for row, auxiliaries in definitions.iter_versions()}
        for index, symbol in enumerate(symbols.iter_symbols()):
            number = numbers.get_symbol(index)["ndx"]
            kind = symbol["st_info"]["type"]
            if symbol["st_shndx"] in ("SHN_UNDEF", "SHN_ABS") or not isinstance(number, int) or kind == "STT_TLS":
                continue
            version = parse_version(names.get(number & ~HIDDEN_BIT, ""))
            if version and "placeholder" not in symbol.name:
                yield VersionedSymbol(symbol.name, version, kind, symbol["st_size"], not number & HIDDEN_BIT)


def linkable(found: Mapping[str, Mapping[str, Mapping[Version, VersionedSymbol]]]) -> set[str]:
    """Return the names that a new link can use: those with a default version.

    The other names exist only for old programs. Some of them are in ``libc_nonshared.a`` for new links. An example is
    atexit() on s390x: it needs to know which file calls it.
    """
    symbols = (symbol for rows in found.values() for versions in rows.values() for symbol in versions.values())
    return {symbol.name for symbol in symbols if symbol.default}


def choose_version(versions: Mapping[Version, VersionedSymbol], limit: Version) -> VersionedSymbol:
    """Return the newest version that is not later than ``limit``, or else the oldest one."""
    old = [version for version in versions if version <= limit]
    return versions[max(old) if old else min(versions)]


def plan_stubs(
    found: Mapping[str, Mapping[str, Mapping[Version, VersionedSymbol]]], limit: Version
) -> dict[str, list[VersionedSymbol]]:
    """Return the symbols that each stub defines. ``found`` are those of the real libraries, by library and by name."""
    moved = {name: library for library, names in json.loads(MOVED.read_text()).items() for name in names}
    names = linkable(found)
    found = {
        library: {name: versions for name, versions in rows.items() if name in names} for library, rows in found.items()
    }
    result: dict[str, list[VersionedSymbol]] = {name: [] for name in LIBRARIES}
    main = found[LIBRARIES[0]]
    for name, versions in sorted(main.items()):
        symbol = choose_version(versions, limit)
        # An old glibc has the old version in the library where the function was before it moved.
        library = moved.get(name, LIBRARIES[0]) if symbol.version < max(versions) else LIBRARIES[0]
        result[library].append(symbol)
    for library in LIBRARIES[1:]:
        rows = found.get(library, {})
        result[library] += [choose_version(rows[name], limit) for name in sorted(rows) if name not in main]
    return result


def stub_source(rows: list[VersionedSymbol]) -> str:
    """Return the assembler source of a stub."""
    lines = []
    for row in rows:
        section, kind = (".data", "object") if row.kind == "STT_OBJECT" else (".text", "function")
        lines += [section, f".globl {row.name}", f".type {row.name}, %{kind}", f".size {row.name}, {row.size}"]
        lines += [f"{row.name}:"]
    return "\n".join(lines) + "\n"


def version_script(rows: list[VersionedSymbol]) -> str:
    """Return the linker's version script, which gives each name its version."""
    nodes: dict[Version, list[str]] = {}
    for row in rows:
        nodes.setdefault(row.version, []).append(row.name)
    texts = [
        f"GLIBC_{version_text(version)} {{ {' '.join(f'{name};' for name in nodes[version])} }};"
        for version in sorted(nodes)
    ]
    return "\n".join(texts) + "\n"


def linker_script(original: str, stub: Path, sysroot: str) -> str:
    """Return the linker script ``libc.so`` with the stub instead of ``libc.so.6``.

    ``original`` is the script of the C library. Its other paths are put below ``sysroot``. All paths are quoted,
    because those of the stub and of the sysroot may contain blanks.
    """

    def path(match: re.Match[str]) -> str:
        return f'"{stub}"' if match[0].endswith("/libc.so.6") else f'"{sysroot}{match[0]}"'

    groups = re.search(r"GROUP\s*\(.*\)", original)
    if not groups:
        raise BuildError("The C library's libc.so is not a linker script with a GROUP.", "report it with your libc.so.")
    return re.sub(r"(?<![\w.-])/\S+", path, groups[0]) + "\n"


def make_stubs(cc: str, folder: Path, limit: Version, sysroot: str = "") -> None:
    """Make stubs in ``folder`` for the C library with which ``cc`` links. A link with ``-L folder`` uses them."""
    libraries = find_libraries(cc)
    found: dict[str, dict[str, dict[Version, VersionedSymbol]]] = {}
    for name in LIBRARIES:
        rows = found.setdefault(name, {})
        for symbol in defined_symbols(libraries[name]) if name in libraries else ():
            rows.setdefault(symbol.name, {})[symbol.version] = symbol
    folder.mkdir(parents=True, exist_ok=True)
    planned = plan_stubs(found, limit)
    # SCons knows only libc.so as the result, so its content has to change when any of the stubs changes.
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
