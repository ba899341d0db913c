# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundle of a small stdlib and project. The interpreter that runs the tests compiles it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mpykbuild.artefact import bundle
from mpykbuild.base.errors import BuildError
from support.fakepython import MINOR, VERSION, make_manifests, make_product, write

VERSIONS = {"python": VERSION, "pykdump": "1.0"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    make_manifests(root / "stdlib_manifests")
    write(
        root,
        {
            "pykdump/__init__.py": "",
            "pykdump/API.py": "def fail():\n    raise ValueError('on purpose')\n",
            "pykdump/commands/facts.json": "{}",
            "pykdump/py.typed": "",
            "pykdump/__pycache__/API.pyc": "",
            "pykdump/linux/__init__.py": "from pykdump import API\n",
        },
    )
    return root


@pytest.fixture
def python(tmp_path: Path) -> Path:
    return make_product(tmp_path / "product")


def made(python: Path, project: Path, name: str = "bundle.zip") -> Path:
    out = project / "build" / name
    bundle.make_bundle(python, MINOR, project, out, VERSIONS)
    return out


def test_bundle_has_the_expected_files(python: Path, project: Path) -> None:
    with zipfile.ZipFile(made(python, project)) as archive:
        assert archive.namelist() == [
            "README.txt", "packages.json",
            "pykdump/API.py", "pykdump/API.pyc", "pykdump/__init__.py", "pykdump/__init__.pyc",
            "pykdump/commands/facts.json", "pykdump/linux/__init__.py", "pykdump/linux/__init__.pyc",
            "pykdump/runtime/omitted_modules.txt",
            "stdlib/abc.pyc", "stdlib/json/__init__.pyc", "stdlib/json/decoder.pyc", "stdlib/os.pyc",
        ]  # fmt: skip
        text = archive.read("README.txt").decode()
    assert f"python {VERSION}" in text
    assert "pykdump/API.pyc" in text


def test_only_what_each_start_reads_is_not_compressed(python: Path, project: Path) -> None:
    with zipfile.ZipFile(made(python, project)) as archive:
        stored = [row.filename for row in archive.infolist() if row.compress_type == zipfile.ZIP_STORED]
    code = [name for name in stored if name.endswith(".pyc")]
    assert code == ["pykdump/API.pyc", "pykdump/__init__.pyc"]


def test_bytes_do_not_depend_on_the_surroundings(python: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = made(python, project, "one.zip").read_bytes()
    for name, value in (("TZ", "America/Lima"), ("LC_ALL", "C"), ("PYTHONHASHSEED", "5"), ("SOURCE_DATE_EPOCH", "9")):
        monkeypatch.setenv(name, value)
    for path in (project / "pykdump").rglob("*.py"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    previous = os.umask(0o077)
    try:
        second = made(python, project, "two.zip").read_bytes()
    finally:
        os.umask(previous)
    assert first == second
    assert str(project).encode() not in first
    assert str(python).encode() not in first


def test_modules_come_from_the_zip_and_tracebacks_show_source_lines(python: Path, project: Path) -> None:
    out = made(python, project)
    code = (
        f"import sys, traceback; sys.path[:0] = [{str(out)!r}]; import pykdump.linux\n"
        "try: pykdump.linux.API.fail()\nexcept ValueError: traceback.print_exc()"
    )
    stderr = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stderr
    assert 'File "<mpykdump>/pykdump/API.py", line 2, in fail' in stderr
    assert "raise ValueError('on purpose')" in stderr


def test_an_import_that_is_not_listed_is_refused(python: Path, project: Path) -> None:
    (project / "stdlib_manifests" / MINOR / "stdlib.lst").write_text("os abc json\n[omitted]\ntkinter: no\n")
    with pytest.raises(BuildError, match="zlib is imported by os"):
        made(python, project)


def test_error_names_our_module_that_does_not_compile(python: Path, project: Path) -> None:
    (project / "pykdump" / "API.py").write_text("def (\n")
    with pytest.raises(BuildError, match=r"pykdump/API\.py"):
        made(python, project)
    assert not (project / "build" / "bundle.zip").exists()


def test_inputs_are_the_manifest_and_our_own_files(project: Path) -> None:
    names = {path.relative_to(project).as_posix() for path in bundle.bundle_inputs(project, MINOR)}
    assert names == {
        f"stdlib_manifests/{MINOR}/Setup.local", f"stdlib_manifests/{MINOR}/stdlib.lst",
        f"stdlib_manifests/{MINOR}/builtin.lst", "pykdump/__init__.py", "pykdump/API.py",
        "pykdump/commands/facts.json", "pykdump/linux/__init__.py",
    }  # fmt: skip
