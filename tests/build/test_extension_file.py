# SPDX-License-Identifier: GPL-3.0-or-later
"""The built file: the libraries that it needs, the names that it exports, and what strip and unzip do with it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from mpykbuild.artefact import extension_file
from mpykbuild.crash import audit as crash_audit
from mpykbuild.crash import requirements_section
from support.session import Variant

# Names of libraries that crash contains. If we left such a name undefined, it would be bound to crash's copy.
CRASH_LIBRARY_NAMES = re.compile(r"^(inflate|deflate|crc32|adler32|compress|uncompress|gz|rl_|readline$|history_|bfd_)")


def output_of(*command: str | Path) -> str:
    return subprocess.run(list(command), capture_output=True, text=True, check=True).stdout


def listed_by_unzip(path: Path) -> str:
    """Return the list that unzip prints. Status 1 is a warning about the ELF file in front of the archive."""
    done = subprocess.run(["unzip", "-l", path], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.partition("\n")[2]


def test_nothing_is_exported(variant: Variant) -> None:
    assert output_of("nm", "-D", "--defined-only", variant.extension) == ""


def test_needed_libraries_are_on_every_machine_with_crash(variant: Variant) -> None:
    needed = re.findall(r"\(NEEDED\).*\[(.*?)\.so", output_of("readelf", "-d", variant.extension))
    assert "libc" in needed
    parts_of_libc = {"libc", "libm", "libpthread", "libdl", "libutil", "ld-linux-x86-64"}
    assert set(needed) <= {*parts_of_libc, "libstdc++", "libgcc_s"}


def test_it_loads_with_the_glibc_and_libstdcxx_of_centos_7(variant: Variant) -> None:
    """CentOS 7 has glibc 2.17 and gcc 4.8. readelf reads the versions, because the build itself does not use it."""
    output = output_of("readelf", "--version-info", "--wide", variant.extension)
    names = {name.partition("_")[::2] for name in re.findall(r"Name: (\w+_[\d.]+)", output)}
    needed_versions = {family: max(tuple(map(int, number.split("."))) for other, number in names if other == family)
             for family, _ in names}  # fmt: skip
    assert needed_versions["GLIBC"] <= (2, 17)
    assert needed_versions["GLIBCXX"] <= (3, 4, 19)
    assert needed_versions["CXXABI"] <= (1, 3, 7)


def test_no_name_is_bound_to_a_library_inside_crash(variant: Variant) -> None:
    facts = extension_file.check_artefact(variant.extension)
    assert [name for name in facts.undefined + facts.weak if CRASH_LIBRARY_NAMES.match(name)] == []


def test_unzip_lists_the_bundle_before_and_after_strip(variant: Variant, tmp_path: Path) -> None:
    copy = Path(shutil.copy(variant.extension, tmp_path / "copy.so"))
    before = listed_by_unzip(copy)
    output = subprocess.run(["strip", copy], capture_output=True, text=True, check=False)
    assert (output.returncode, output.stderr) == (0, "")
    assert listed_by_unzip(copy) == before
    for name in ("README.txt", "pykdump/API.pyc", "pykdump/commands/taskinfo.pyc", "stdlib/encodings/utf_8.pyc"):
        assert f" {name}\n" in before


def test_names_taken_from_crash_are_weak(variant: Variant) -> None:
    """A strong name that a crash lacks would make dlopen() fail before the extension can print a message."""
    facts = extension_file.check_artefact(variant.extension)
    # Libraries define these names too: gdb has its own operator new and delete, crash has copies of libc's variables.
    names = {name for name in facts.undefined if not name.startswith(("_Zn", "_Zd"))}
    output = output_of("nm", "-D", "--defined-only", "--format=just-symbols", variant.crash).split()
    assert sorted(names & {name for name in output if "@" not in name} - {"stdout"}) == []
    assert set(facts.from_crash) <= set(facts.weak)


def test_audit_finds_nothing_missing_in_the_crash_of_the_build(variant: Variant) -> None:
    found = crash_audit.audit_program(requirements_section.read_requirements(variant.extension), variant.crash)
    assert found.refusals == ()
    assert found.lines[-2:] == ("lost here: nothing", "verdict: it loads")
