# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of the build: the test reads every import and fails when a room imports a later one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from mpykbuild.base.paths import PROJECT, SITE_SCONS

# Each room may import itself and the rooms of the rows before its own.
ORDER = (
    ("base",),
    ("fetch",),
    ("toolchain",),
    ("python", "crash", "vmcore"),
    ("artefact",),
    ("plan",),
    ("targets",),
)
RANKS = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}
ROOT = SITE_SCONS / "mpykbuild"
MOST_SOURCES = 25
# What each folder may import from the project.
MAY_IMPORT = {
    "site_scons/mpykbuild": {"mpykbuild"},
    "site_scons/site_tools": {"mpykbuild"},
    "pykdump": {"pykdump"},
}
OURS = {"mpykbuild", "pykdump", "SCons", "tests", "support", "vmcore", "bench"}


def imported(text: str) -> Iterator[str]:
    """Yield the dotted names that a source imports, ``from a import b`` as ``a.b``."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def upward(room: str, text: str) -> list[str]:
    """Return the imports in a source of ``room`` that it must not have."""
    allowed = {room} | {other for other, rank in RANKS.items() if rank < RANKS[room]}
    found = [name.split(".") for name in imported(text) if name.startswith("mpykbuild.")]
    return [".".join(parts) for parts in found if parts[1] not in allowed]


@pytest.mark.parametrize("room", RANKS)
def test_no_import_leads_upward(room: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in (ROOT / room).rglob("*.py")
        if (found := upward(room, path.read_text()))
    }
    assert wrong == {}


def test_every_source_is_in_a_room() -> None:
    assert {path.name for path in ROOT.iterdir() if path.name != "__pycache__"} == {"__init__.py", *RANKS}


def test_an_upward_import_is_found() -> None:
    assert upward("fetch", "from mpykbuild.plan import options\n") == ["mpykbuild.plan.options"]
    assert upward("crash", "def f():\n    import mpykbuild.python.native\n") == ["mpykbuild.python.native"]
    assert upward("plan", "from mpykbuild.base.errors import BuildError\nimport os\n") == []


def test_programs_for_another_python_import_nothing_of_ours() -> None:
    for path in (ROOT / "python" / "inside").glob("*.py"):
        assert [name for name in imported(path.read_text()) if name.partition(".")[0] in OURS] == []


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_no_folder_imports_what_it_must_not(folder: str) -> None:
    banned = OURS - MAY_IMPORT[folder] - ({"SCons"} if folder.endswith("site_tools") else set())
    wrong = {
        str(path): found
        for path in (PROJECT / folder).rglob("*.py")
        if (found := [name for name in imported(path.read_text()) if name.partition(".")[0] in banned])
    }
    assert wrong == {}


def test_no_folder_has_too_many_sources() -> None:
    suffixes = {".py", ".c", ".cpp"}
    counts: dict[Path, int] = {}
    for root in ("site_scons", "ext", "pykdump", "tests"):
        for path in (PROJECT / root).rglob("*"):
            if path.suffix in suffixes and not {"fixtures", "__pycache__"} & set(path.parts):
                counts[path.parent] = counts.get(path.parent, 0) + 1
    assert {str(folder): count for folder, count in counts.items() if count > MOST_SOURCES} == {}
