# SPDX-License-Identifier: GPL-3.0-or-later
"""The artefact ``mpykdump.so``: a stripped ELF file with the bundle as a section, and the rules for it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection, GNUVerSymSection
from elftools.elf.sections import SymbolTableSection

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import output_of
from mpykbuild.crash import requirements_section

BUNDLE_SECTION = ".mpykdump.zip"
# The linker leaves names that start like this undefined in every shared object.
LINKER_NAMES = ("_ITM_", "__gmon_start__", "__cxa_finalize")
# zipimport searches only the last 64 KiB + 22 bytes of a file for the end record of a ZIP.
ZIP_TAIL_LIMIT = 65_557
# libpthread, libdl, libutil and librt belong to the C library. Since glibc 2.34 they are empty.
ALLOWED_NEEDED = (
    "libc.so.", "libm.so.", "libpthread.so.", "libdl.so.", "libutil.so.", "librt.so.",
    "libstdc++.so.", "libgcc_s.so.", "ld-linux", "ld64.so.",
)  # fmt: skip
# The file exports nothing: its constructor calls register_extension() of crash, so crash looks up no name in it.
ALLOWED_EXPORTS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Facts:
    """What an artefact declares to the dynamic linker, and the place of its bundle.

    ``needed`` are the libraries. ``exported``, ``undefined`` and ``weak`` (undefined, but allowed to be missing) are
    names of symbols. ``from_crash`` are the undefined names without a version: the C libraries give their names a
    version, so crash has to define these. ``declared`` are the names that the section of requirements lists.
    ``glibc`` is the newest version of the C library that the file asks for. ``bundle_size`` and ``after_bundle`` (the
    distance from the end of the bundle to the end of the file) are in bytes.
    """

    needed: tuple[str, ...]
    exported: tuple[str, ...]
    undefined: tuple[str, ...]
    weak: tuple[str, ...]
    from_crash: tuple[str, ...]
    declared: tuple[str, ...]
    glibc: str
    bundle_size: int
    after_bundle: int


def assemble_artefact(
    linked: Path, requirements: Path, bundle: Path, out: Path, strip: str = "strip", objcopy: str = "objcopy"
) -> None:
    """Make ``out``: strip ``linked``, then add ``requirements`` and ``bundle`` as sections that ``strip`` keeps.

    The file is stripped first because little may follow the bundle in the file (see ZIP_TAIL_LIMIT). Raises BuildError
    when the result breaks a rule.
    """
    work = out.with_name(out.name + ".work")
    shutil.copyfile(linked, work)
    output_of([strip, "--strip-all", str(work)])
    for section, content in ((requirements_section.SECTION, requirements), (BUNDLE_SECTION, bundle)):
        flags = f"--set-section-flags={section}=noload,readonly"
        output_of([objcopy, f"--add-section={section}={content}", flags, str(work)])
    work.chmod(0o755)
    check_artefact(work)
    work.replace(out)


def _glibc_floor(elf: ELFFile) -> str:
    """Return the highest version x.y among the GLIBC_x.y that the file asks for."""
    versions: list[tuple[int, ...]] = [(0,)]
    section = elf.get_section_by_name(".gnu.version_r")
    if isinstance(section, GNUVerNeedSection):
        for _, auxiliaries in section.iter_versions():
            for auxiliary in auxiliaries:
                family, _, number = auxiliary.name.partition("_")
                if family == "GLIBC" and number[:1].isdigit():
                    versions.append(tuple(int(part) for part in number.split(".")))
    return ".".join(str(part) for part in max(versions))


def _unversioned_names(elf: ELFFile, symbols: SymbolTableSection) -> list[str]:
    """Return the undefined names without the version of a library."""
    versions = elf.get_section_by_name(".gnu.version")
    found = []
    for number, symbol in enumerate(symbols.iter_symbols()):
        bound = isinstance(versions, GNUVerSymSection) and isinstance(versions.get_symbol(number)["ndx"], int)
        if symbol.name and symbol["st_shndx"] == "SHN_UNDEF" and not bound:
            found.append(symbol.name)
    return [name for name in found if not name.startswith(LINKER_NAMES)]


def _declared_names(elf: ELFFile, path: Path) -> tuple[str, ...]:
    section = elf.get_section_by_name(requirements_section.SECTION)
    if section is None:
        return ()
    requirements = requirements_section.parse_requirements(section.data().decode(), str(path))
    return tuple(row.name for row in requirements.symbols)


def read_facts(path: Path) -> Facts:
    """Read the facts of the ELF file ``path``. Raises BuildError when it is no shared object."""
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        dynamic = elf.get_section_by_name(".dynamic")
        symbols = elf.get_section_by_name(".dynsym")
        if not isinstance(dynamic, DynamicSection) or not isinstance(symbols, SymbolTableSection):
            raise BuildError(f"{path} is not a shared object.", "build it with ./sconsw.")
        needed = tuple(sorted(str(vars(tag)["needed"]) for tag in dynamic.iter_tags("DT_NEEDED")))
        rows = [(s.name, s["st_shndx"] == "SHN_UNDEF", s["st_info"]["bind"]) for s in symbols.iter_symbols() if s.name]
        bundle = elf.get_section_by_name(BUNDLE_SECTION)
        size = bundle["sh_size"] if bundle else 0
        end = bundle["sh_offset"] + size if bundle else 0
        return Facts(
            needed=needed,
            exported=tuple(sorted(name for name, undefined, _ in rows if not undefined)),
            undefined=tuple(sorted(name for name, undefined, bind in rows if undefined and bind != "STB_WEAK")),
            weak=tuple(sorted(name for name, undefined, bind in rows if undefined and bind == "STB_WEAK")),
            from_crash=tuple(sorted(_unversioned_names(elf, symbols))),
            declared=_declared_names(elf, path),
            glibc=_glibc_floor(elf),
            bundle_size=size,
            after_bundle=path.stat().st_size - end if bundle else 0,
        )


def broken_rules(facts: Facts) -> list[str]:
    """Return a sentence for each rule that the artefact breaks."""
    found = [f"it needs {name}" for name in facts.needed if not name.startswith(ALLOWED_NEEDED)]
    found += [f"it exports {name}" for name in facts.exported if name not in ALLOWED_EXPORTS]
    if not facts.bundle_size:
        found.append(f"it has no section {BUNDLE_SECTION}")
    elif facts.after_bundle >= ZIP_TAIL_LIMIT:
        found.append(f"{facts.after_bundle} bytes follow the bundle, but zipimport reads at most {ZIP_TAIL_LIMIT}")
    unlisted = [name for name in facts.from_crash if name not in facts.declared]
    found += [f"{name} is taken from crash but has no row in ext/crash/crash_symbols.json" for name in unlisted]
    unused = [name for name in facts.declared if name not in facts.from_crash]
    found += [f"{name} has a row in ext/crash/crash_symbols.json but is not used" for name in unused]
    strong = [name for name in facts.declared if name in facts.undefined]
    found += [f"{name} is taken from crash but is not weak" for name in strong]
    found += [f"{name} is left undefined" for name in facts.undefined if name.startswith(("Py", "_Py"))]
    return found


def check_artefact(path: Path) -> Facts:
    """Return the facts of an artefact. Raises BuildError that lists all rules that it breaks."""
    facts = read_facts(path)
    broken = broken_rules(facts)
    if broken:
        raise BuildError(f"{path} must not be released: " + "; ".join(broken) + ".")
    return facts


def audit_report(path: Path) -> str:
    """Return the report of `./sconsw audit` about the file ``path``."""
    facts = read_facts(path)
    others = [name for name in facts.weak if name not in facts.declared]
    rows = [
        ("file", f"{path} ({path.stat().st_size} bytes)"),
        ("bundle", f"{facts.bundle_size} bytes, {facts.after_bundle} bytes follow it"),
        ("needs", ", ".join(facts.needed)),
        ("glibc", facts.glibc),
        ("exports", ", ".join(facts.exported) or "nothing"),
        ("weak", f"{len(facts.weak) - len(others)} names of crash and gdb, {', '.join(others) or 'no others'}"),
        ("rules", "; ".join(broken_rules(facts)) or "all kept"),
    ]
    return "\n".join(f"{name:8} {text}" for name, text in rows)
