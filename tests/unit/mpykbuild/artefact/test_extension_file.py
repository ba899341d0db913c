# SPDX-License-Identifier: GPL-3.0-or-later
"""The artefact's rules, on small shared objects made here."""

from __future__ import annotations

import json
import subprocess
import zipfile
import zipimport
from pathlib import Path

import pytest

from mpykbuild.artefact import extension_file
from mpykbuild.base.errors import BuildError

# A shared object that takes a function from crash, as the extension does.
READS = """
#pragma weak readmem
extern int readmem(void);
__attribute__((visibility("hidden"))) int f(void) { return readmem ? readmem() : 0; }
int (*volatile p)(void) __attribute__((visibility("hidden"))) = f;
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside.py", "answer = 42\n")
    return path


@pytest.fixture
def needed(tmp_path: Path) -> Path:
    """The section of a file that takes readmem() from crash and nothing else."""
    path = tmp_path / "needs.json"
    row = {"name": "readmem", "since": "8.0.2", "feature": "reading memory"}
    path.write_text(json.dumps({"crashes": ["9.0.2"], "majors": [16], "symbols": [row], "objects": []}))
    return path


def link(folder: Path, source: str, *flags: str) -> Path:
    (folder / "x.c").write_text(source)
    out = folder / "x.so"
    subprocess.run(["cc", "-shared", "-fPIC", str(folder / "x.c"), "-o", str(out), *flags], check=True)
    return out


def test_bundle_survives_strip_and_is_importable(tmp_path: Path, bundle: Path, needed: Path) -> None:
    linked = link(tmp_path, READS)
    out = tmp_path / "m.so"
    extension_file.assemble_artefact(linked, needed, bundle, out)
    subprocess.run(["strip", str(out)], check=True)
    assert zipimport.zipimporter(str(out)).find_spec("inside") is not None
    assert zipfile.ZipFile(out).namelist() == ["inside.py"]
    assert extension_file.read_facts(out).exported == ()


def test_what_the_file_needs_survives_strip(tmp_path: Path, bundle: Path, needed: Path) -> None:
    out = tmp_path / "m.so"
    extension_file.assemble_artefact(link(tmp_path, READS), needed, bundle, out)
    subprocess.run(["strip", str(out)], check=True)
    assert extension_file.read_facts(out).from_crash == ("readmem",)
    assert extension_file.read_facts(out).in_table == ("readmem",)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (READS.replace("#pragma weak readmem", ""), "readmem is taken from crash but is not weak"),
        (READS.replace("readmem", "writemem"), "writemem is taken from crash but is no row"),
        (READS.replace("readmem", "writemem"), "readmem is a row of ext/crash/crash_symbols.json but is not used"),
    ],
)
def test_what_is_taken_from_crash_is_a_row_and_weak(
    tmp_path: Path, bundle: Path, needed: Path, source: str, told: str
) -> None:
    with pytest.raises(BuildError, match=told):
        extension_file.assemble_artefact(link(tmp_path, source), needed, bundle, tmp_path / "m.so")


def test_exported_name_is_refused(tmp_path: Path, bundle: Path, needed: Path) -> None:
    linked = link(tmp_path, "int inflate(void) { return 1; }")
    with pytest.raises(BuildError, match="it exports inflate"):
        extension_file.assemble_artefact(linked, needed, bundle, tmp_path / "m.so")
    assert not (tmp_path / "m.so").exists()


def test_unwanted_library_and_missing_bundle_are_told_together(tmp_path: Path) -> None:
    linked = link(
        tmp_path, "extern void *dlopen(); void *f(void) { return dlopen(0, 1); }", "-Wl,--no-as-needed", "-lz"
    )
    found = extension_file.broken_rules(extension_file.read_facts(linked))
    assert any("it needs libz.so" in line for line in found)
    assert any("no section" in line for line in found)


def test_undefined_python_name_is_refused(tmp_path: Path, bundle: Path, needed: Path) -> None:
    linked = link(tmp_path, "extern int Py_Main(void); __attribute__((visibility(\"hidden\"))) "
                  "int f(void) { return Py_Main(); }")  # fmt: skip
    with pytest.raises(BuildError, match="Py_Main is left undefined"):
        extension_file.assemble_artefact(linked, needed, bundle, tmp_path / "m.so")


def test_report_names_every_broken_rule(tmp_path: Path) -> None:
    text = extension_file.audit_report(link(tmp_path, "int leaked;"))
    assert "exports  leaked" in text
    assert "it exports leaked" in text


def test_not_an_elf_file_with_dynamic_section(tmp_path: Path) -> None:
    (tmp_path / "x.c").write_text("int x;")
    subprocess.run(["cc", "-c", str(tmp_path / "x.c"), "-o", str(tmp_path / "x.o")], check=True)
    with pytest.raises(BuildError, match="not a shared object"):
        extension_file.read_facts(tmp_path / "x.o")
