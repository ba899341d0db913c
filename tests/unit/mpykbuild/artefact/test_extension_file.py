# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules for the artefact, on small shared objects that the tests compile."""

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
def requirements(tmp_path: Path) -> Path:
    """The section of requirements of a file that takes only readmem() from crash."""
    path = tmp_path / "needs.json"
    row = {"name": "readmem", "since": "1.0", "feature": "reading memory"}
    path.write_text(json.dumps({"crashes": ["1.2"], "majors": [3], "symbols": [row], "objects": []}))
    return path


def link(folder: Path, source: str, *flags: str) -> Path:
    (folder / "x.c").write_text(source)
    out = folder / "x.so"
    subprocess.run(["cc", "-shared", "-fPIC", str(folder / "x.c"), "-o", str(out), *flags], check=True)
    return out


def test_bundle_survives_strip_and_is_importable(tmp_path: Path, bundle: Path, requirements: Path) -> None:
    linked = link(tmp_path, READS)
    out = tmp_path / "m.so"
    extension_file.assemble_artefact(linked, requirements, bundle, out)
    subprocess.run(["strip", str(out)], check=True)
    assert zipimport.zipimporter(str(out)).find_spec("inside") is not None
    assert zipfile.ZipFile(out).namelist() == ["inside.py"]
    assert extension_file.read_facts(out).exported == ()


def test_requirements_survive_strip(tmp_path: Path, bundle: Path, requirements: Path) -> None:
    out = tmp_path / "m.so"
    extension_file.assemble_artefact(link(tmp_path, READS), requirements, bundle, out)
    subprocess.run(["strip", str(out)], check=True)
    assert extension_file.read_facts(out).from_crash == ("readmem",)
    assert extension_file.read_facts(out).declared == ("readmem",)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (READS.replace("#pragma weak readmem", ""), "readmem is taken from crash but is not weak"),
        (READS.replace("readmem", "writemem"), "writemem is taken from crash but has no row"),
        (READS.replace("readmem", "writemem"), "readmem has a row in ext/crash/crash_symbols.json but is not used"),
    ],
)
def test_names_taken_from_crash_have_a_row_and_are_weak(
    tmp_path: Path, bundle: Path, requirements: Path, source: str, message: str
) -> None:
    with pytest.raises(BuildError, match=message):
        extension_file.assemble_artefact(link(tmp_path, source), requirements, bundle, tmp_path / "m.so")


def test_exported_name_is_refused(tmp_path: Path, bundle: Path, requirements: Path) -> None:
    linked = link(tmp_path, "int inflate(void) { return 1; }")
    with pytest.raises(BuildError, match="it exports inflate"):
        extension_file.assemble_artefact(linked, requirements, bundle, tmp_path / "m.so")
    assert not (tmp_path / "m.so").exists()


def test_all_broken_rules_are_listed_together(tmp_path: Path) -> None:
    linked = link(
        tmp_path, "extern void *dlopen(); void *f(void) { return dlopen(0, 1); }", "-Wl,--no-as-needed", "-lz"
    )
    found = extension_file.broken_rules(extension_file.read_facts(linked))
    assert any("it needs libz.so" in line for line in found)
    assert any("no section" in line for line in found)


def test_undefined_python_name_is_refused(tmp_path: Path, bundle: Path, requirements: Path) -> None:
    linked = link(tmp_path, "extern int Py_Main(void); __attribute__((visibility(\"hidden\"))) "
                  "int f(void) { return Py_Main(); }")  # fmt: skip
    with pytest.raises(BuildError, match="Py_Main is left undefined"):
        extension_file.assemble_artefact(linked, requirements, bundle, tmp_path / "m.so")


def test_report_names_every_broken_rule(tmp_path: Path) -> None:
    text = extension_file.audit_report(link(tmp_path, "int leaked;"))
    assert "exports  leaked" in text
    assert "it exports leaked" in text


def test_file_that_is_no_shared_object_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.c").write_text("int x;")
    subprocess.run(["cc", "-c", str(tmp_path / "x.c"), "-o", str(tmp_path / "x.o")], check=True)
    with pytest.raises(BuildError, match="not a shared object"):
        extension_file.read_facts(tmp_path / "x.o")
