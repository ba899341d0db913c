# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of CONTRIBUTING.md that a machine can check."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mpykbuild.base.paths import PROJECT

CODE_SUFFIXES = {".py", ".c", ".cpp", ".hpp", ".h"}
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 40


def tracked() -> list[Path]:
    folders = ("site_scons", "ext", "pykdump", "tests")
    found = [path for folder in folders for path in (PROJECT / folder).rglob("*") if path.suffix in CODE_SUFFIXES]
    return sorted(path for path in found if "fixtures" not in path.parts)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_every_source_file_names_its_licence() -> None:
    without = [path for path in tracked() if "SPDX-License-Identifier: GPL-3.0-or-later" not in path.read_text()[:300]]
    assert without == []


def test_files_are_short() -> None:
    long = {str(path): n for path in tracked() if (n := len(path.read_text().splitlines())) > MAX_FILE_LINES}
    assert long == {}


def test_functions_are_short() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in tracked()
        if path.suffix == ".py"
        for node in functions(path)
        if node.end_lineno is not None and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize(
    ("folder", "banned"), [("site_scons/mpykbuild", {"SCons", "pykdump"}), ("pykdump", {"mpykbuild", "SCons"})]
)
def test_dependencies_point_one_way(folder: str, banned: set[str]) -> None:
    wrong = {str(p): found for p in (PROJECT / folder).rglob("*.py") if (found := imported(p) & banned)}
    assert wrong == {}


def test_only_bridges_include_gdb_headers() -> None:
    wrong = [
        path.name
        for path in (PROJECT / "ext").rglob("*.[ch]*")
        if path.parent.name != "gdb" and any(h in path.read_text() for h in ('"gdbtypes.h"', '"symtab.h"'))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "command", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=" ".join
)
def test_linters_are_content(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
