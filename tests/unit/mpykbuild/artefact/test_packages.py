# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of others: what is taken from a wheel, and which wheels are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mpykbuild.artefact import bundle, packages
from mpykbuild.base.errors import BuildError
from support.fakepython import MINOR, make_manifests, make_product, write
from support.wheels import make_wheel


def test_a_wheel_gives_modules_data_and_licences(tmp_path: Path) -> None:
    files = {"tool/__init__.py": "", "tool/data.txt": "x", "tool/hints.pyi": "", "one.py": "", "tool-1.0.data/s/x": ""}
    package = packages.read_wheel(make_wheel(tmp_path, "tool", files))
    assert (package.name, package.version, package.licence, package.modules) == ("tool", "1.0", "MIT", ["one", "tool"])
    assert sorted(package.files) == ["one.py", "tool/__init__.py", "tool/data.txt"]
    found = packages.data_files([package])
    assert found["licences/tool/LICENSE"] == b"the licence of tool\n"
    assert found["tool/data.txt"] == b"x"
    (row,) = json.loads(found["packages.json"])
    assert row == {"name": "tool", "version": "1.0", "licence": "MIT", "modules": ["one", "tool"]}


@pytest.mark.parametrize(
    ("facts", "licence"),
    [("License: BSD\n three clauses", "BSD"), ("Classifier: License :: OSI Approved :: MIT License", "MIT License")],
)
def test_licence_in_other_fields(tmp_path: Path, facts: str, licence: str) -> None:
    assert packages.read_wheel(make_wheel(tmp_path, "tool", {"tool.py": ""}, facts=facts)).licence == licence


def test_c_code_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"fast 1\.0 has C code \(fast/_speed\.so\)"):
        packages.read_wheel(make_wheel(tmp_path, "fast", {"fast/__init__.py": "", "fast/_speed.so": ""}))
    with pytest.raises(BuildError, match=r"fast 1\.0 has C code, "):
        packages.read_wheel(make_wheel(tmp_path, "fast", {"fast.py": ""}, tag="cp313-cp313-linux_x86_64"))


def test_a_module_that_is_there_already_is_refused(tmp_path: Path) -> None:
    make_wheel(tmp_path, "tool", {"json/__init__.py": ""})
    with pytest.raises(BuildError, match="tool has a module json, which the bundle has too"):
        packages.read_packages([tmp_path], ["json"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    make_manifests(root / "stdlib_manifests")
    write(root, {"pykdump/__init__.py": ""})
    return root


def make_bundle(tmp_path: Path, project: Path) -> Path:
    out, python = tmp_path / "bundle.zip", make_product(tmp_path / "python")
    # The zlib of the Python that runs the tests is a file of its own stdlib. So this bundle must not be compressed.
    (python / "builtin.txt").write_text("posix\n")
    bundle.make_bundle(python, MINOR, project, out, {}, [tmp_path / "wheels"])
    return out


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import tkinter\n", "ModuleNotFoundError: No module named 'tkinter', which this build leaves out: no"),
        ("import helper\n", "ModuleNotFoundError: No module named 'helper'"),
        ("1 / 0\n", "ZeroDivisionError"),
    ],
)  # fmt: skip
def test_a_package_that_cannot_be_imported_is_refused_by_name(
    tmp_path: Path, project: Path, source: str, message: str
) -> None:
    make_wheel(tmp_path / "wheels", "tool", {"tool/__init__.py": source})
    with pytest.raises(BuildError) as caught:
        make_bundle(tmp_path, project)
    assert f"tool 1.0: {message}" in caught.value.what
    assert not (tmp_path / "bundle.zip").exists()


def test_the_bundle_names_its_packages_in_the_readme(tmp_path: Path, project: Path) -> None:
    make_wheel(tmp_path / "wheels", "tool", {"tool/__init__.py": "import helper\nprint('noise')\n"})
    make_wheel(tmp_path / "wheels", "helper", {"helper.py": ""})
    text = make_bundle(tmp_path, project).read_bytes()
    assert b"tool/__init__.pyc" in text
    assert b"licences/helper/LICENSE" in text
