# SPDX-License-Identifier: GPL-3.0-or-later
"""The artefact ``mpykdump.so``: stripped ELF with the bundle as a section, and the rules that it must obey."""

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
from mpykbuild.crash import requirements_section as needs_section

BUNDLE_SECTION = ".mpykdump.zip"
# What the linker itself leaves undefined in each shared object.
LINKERS_OWN = ("_ITM_", "__gmon_start__", "__cxa_finalize")
# zipimport looks for the end record of a ZIP in the last 64 KiB + 22 bytes of the file; it has no comment to search.
ZIP_TAIL_LIMIT = 65_557
# libpthread to librt are parts of the C library; since 2.34 they are empty.
ALLOWED_NEEDED = (
    "libc.so.", "libm.so.", "libpthread.so.", "libdl.so.", "libutil.so.", "librt.so.",
    "libstdc++.so.", "libgcc_s.so.", "ld-linux", "ld64.so.",
)  # fmt: skip
# With a constructor nothing needs a name: crash finds the extension's commands through register_extension().
ALLOWED_EXPORTS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Facts:
    """What an artefact declares to the dynamic linker and where its bundle ends.

    ``from_crash`` are the undefined names without a version: libraries give theirs one, so crash is to have these.
    ``in_table`` are the names that the artefact says it needs.
    """

    needed: tuple[str, ...]
    exported: tuple[str, ...]
    undefined: tuple[str, ...]
    weak: tuple[str, ...]
    from_crash: tuple[str, ...]
    in_table: tuple[str, ...]
    glibc: str
    bundle_size: int
    after_bundle: int


def assemble_artefact(
    linked: Path, needs: Path, bundle: Path, out: Path, strip: str = "strip", objcopy: str = "objcopy"
) -> None:
    """Make ``out``: ``linked`` stripped, then ``needs`` and ``bundle`` added as sections that no ``strip`` takes away.

    The order matters: what strip would remove later must not stand behind the bundle (see ZIP_TAIL_LIMIT).
    """
    work = out.with_name(out.name + ".work")
    shutil.copyfile(linked, work)
    output_of([strip, "--strip-all", str(work)])
    for section, content in ((needs_section.SECTION, needs), (BUNDLE_SECTION, bundle)):
        flags = f"--set-section-flags={section}=noload,readonly"
        output_of([objcopy, f"--add-section={section}={content}", flags, str(work)])
    work.chmod(0o755)
    check_artefact(work)
    work.replace(out)


def _glibc_floor(elf: ELFFile) -> str:
    """Return the highest GLIBC_x.y that the file asks for."""
    versions: list[tuple[int, ...]] = [(0,)]
    section = elf.get_section_by_name(".gnu.version_r")
    if isinstance(section, GNUVerNeedSection):
        for _, auxiliaries in section.iter_versions():
            for auxiliary in auxiliaries:
                family, _, number = auxiliary.name.partition("_")
                if family == "GLIBC" and number[:1].isdigit():
                    versions.append(tuple(int(part) for part in number.split(".")))
    return ".".join(str(part) for part in max(versions))


def _unversioned(elf: ELFFile, symbols: SymbolTableSection) -> list[str]:
    """Return the undefined names that are not bound to a version of a library's."""
    versions = elf.get_section_by_name(".gnu.version")
    found = []
    for number, symbol in enumerate(symbols.iter_symbols()):
        bound = isinstance(versions, GNUVerSymSection) and isinstance(versions.get_symbol(number)["ndx"], int)
        if symbol.name and symbol["st_shndx"] == "SHN_UNDEF" and not bound:
            found.append(symbol.name)
    return [name for name in found if not name.startswith(LINKERS_OWN)]


def _needed_names(elf: ELFFile, path: Path) -> tuple[str, ...]:
    section = elf.get_section_by_name(needs_section.SECTION)
    if section is None:
        return ()
    return tuple(row.name for row in needs_section.parse_requirements(section.data().decode(), str(path)).symbols)


def read_facts(path: Path) -> Facts:
    """Read what :func:`check` and `audit` need from the ELF file ``path``."""
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
            from_crash=tuple(sorted(_unversioned(elf, symbols))),
            in_table=_needed_names(elf, path),
            glibc=_glibc_floor(elf),
            bundle_size=size,
            after_bundle=path.stat().st_size - end if bundle else 0,
        )


def broken_rules(facts: Facts) -> list[str]:
    """Return every rule that the artefact breaks, as sentences."""
    found = [f"it needs {name}" for name in facts.needed if not name.startswith(ALLOWED_NEEDED)]
    found += [f"it exports {name}" for name in facts.exported if name not in ALLOWED_EXPORTS]
    if not facts.bundle_size:
        found.append(f"it has no section {BUNDLE_SECTION}")
    elif facts.after_bundle >= ZIP_TAIL_LIMIT:
        found.append(f"{facts.after_bundle} bytes follow the bundle, zipimport reads at most {ZIP_TAIL_LIMIT}")
    unlisted = [name for name in facts.from_crash if name not in facts.in_table]
    found += [f"{name} is taken from crash but is no row of ext/crash/crash_symbols.json" for name in unlisted]
    unused = [name for name in facts.in_table if name not in facts.from_crash]
    found += [f"{name} is a row of ext/crash/crash_symbols.json but is not used" for name in unused]
    strong = [name for name in facts.in_table if name in facts.undefined]
    found += [f"{name} is taken from crash but is not weak" for name in strong]
    found += [f"{name} is left undefined" for name in facts.undefined if name.startswith(("Py", "_Py"))]
    return found


def check_artefact(path: Path) -> Facts:
    """Return the facts of an artefact that obeys the rules; BuildError lists all that it breaks."""
    facts = read_facts(path)
    broken = broken_rules(facts)
    if broken:
        raise BuildError(f"{path} must not be released: " + "; ".join(broken) + ".")
    return facts


def audit_report(path: Path) -> str:
    """Return the text of `./sconsw audit` for ``path``."""
    facts = read_facts(path)
    weak = [name for name in facts.weak if name not in facts.in_table]
    rows = [
        ("file", f"{path} ({path.stat().st_size} bytes)"),
        ("bundle", f"{facts.bundle_size} bytes, {facts.after_bundle} bytes follow it"),
        ("needs", ", ".join(facts.needed)),
        ("glibc", facts.glibc),
        ("exports", ", ".join(facts.exported) or "nothing"),
        ("weak", f"{len(facts.weak) - len(weak)} names of crash and gdb, {', '.join(weak) or 'no others'}"),
        ("rules", "; ".join(broken_rules(facts)) or "all kept"),
    ]
    return "\n".join(f"{name:8} {text}" for name, text in rows)
