# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of ext/ depend on each other in one direction: every #include and every use of a function is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from mpykbuild.base.paths import PROJECT
from mpykbuild.crash.bridges import ROOMS

EXT = PROJECT / "ext"
MOST_SOURCES = 25
SUFFIXES = {".c", ".h", ".cpp", ".hpp"}
# Folders that are no part of the extension: they are compiled for other purposes and include nothing of it but tables.
APART = {"prebuilt_shims"}
# Files of these rooms may use each other in circles: values of different kinds contain one another, and each bridge
# defines the same functions once more.
MAY_CIRCLE = {"values", "gdb"}

_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
# A definition starts in the first column: a function with a body, or a variable that is neither static nor extern.
_FUNCTION = re.compile(r"^(?:extern \"C\" [\w ]*\*?)?(mpyk_\w+)\([^;{]*\)\n\{", re.MULTILINE)
_VARIABLE = re.compile(
    r"^(?!static|extern|typedef|struct \w+;)\w[\w ]*[ *](mpyk_\w+)(?:\[\])?(?: = [^;]*?|, \*?\w+)*;", re.MULTILINE
)
_DECLARED = re.compile(r"^(?!struct \w+;|typedef)\w[\w ]*[ *](mpyk_\w+)(?:\(|;|, )", re.MULTILINE)


def sources(root: Path) -> dict[str, str]:
    """Return the text of each source by its path in ``root``, "room/file.c"."""
    found = sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES)
    names = {path.relative_to(root).as_posix(): path for path in found}
    return {name: path.read_text() for name, path in names.items() if name.split("/")[0] not in APART}


def room_number(name: str, rooms: tuple[str, ...] = ROOMS) -> int:
    """Return the number of the room that a file lies in; a file of ext/ itself belongs to no room and uses none."""
    return rooms.index(name.split("/")[0]) if "/" in name else -1


def upward_includes(files: Mapping[str, str]) -> list[str]:
    """Return each include of a file in a room that comes later, or of a file that is not named by its room."""
    wrong = []
    for name, text in files.items():
        for included in _INCLUDE.findall(text):
            if included in files:
                if room_number(included) > room_number(name):
                    wrong.append(f"{name} includes {included}")
            elif not included.endswith("_generated.h") and not name.startswith("gdb/gdb"):
                wrong.append(f"{name} includes {included}, which is no file of a room")
    return wrong


def definitions(files: Mapping[str, str]) -> dict[str, set[str]]:
    """Return where each global name is defined."""
    where: dict[str, set[str]] = {}
    for name, text in files.items():
        if not name.endswith(".h"):
            code = _COMMENT.sub(" ", text)
            for symbol in (*_FUNCTION.findall(code), *_VARIABLE.findall(code)):
                where.setdefault(symbol, set()).add(name)
    return where


def uses(files: Mapping[str, str]) -> set[tuple[str, str, str]]:
    """Return (file, file that it uses, name that is used)."""
    where = definitions(files)
    return {
        (name, definer, symbol)
        for name, text in files.items()
        if not name.endswith(".h")
        for symbol in set(re.findall(r"\bmpyk_\w+", _COMMENT.sub(" ", text)))
        for definer in where.get(symbol, ())
        if name not in where[symbol]
    }


def upward_uses(files: Mapping[str, str]) -> list[str]:
    return sorted(f"{a} uses {name} of {b}" for a, b, name in uses(files) if room_number(b) > room_number(a))


def circles(edges: Iterable[tuple[str, str]]) -> list[str]:
    """Return the files that can be reached from themselves."""
    following: dict[str, set[str]] = {}
    for start, end in edges:
        following.setdefault(start, set()).add(end)
    found = []
    for start in following:
        reached, todo = set(), list(following[start])
        while todo:
            at = todo.pop()
            if at not in reached:
                reached.add(at)
                todo.extend(following.get(at, ()))
        if start in reached:
            found.append(start)
    return sorted(found)


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return sources(EXT)


def test_all_definitions_are_seen(files: dict[str, str]) -> None:
    """The other tests are worth something only if the reader finds what the headers declare."""
    declared = {
        symbol
        for name, text in files.items()
        if name.endswith(".h") and name != "crash/crash_compat.h"
        for symbol in _DECLARED.findall(_COMMENT.sub(" ", text))
    }
    defined_in_headers = {
        symbol for name, text in files.items() for symbol in re.findall(r"^(mpyk_\w+)\(", text, re.MULTILINE)
    }
    assert sorted(declared - definitions(files).keys() - defined_in_headers) == []
    assert len(definitions(files)) > 150


def test_includes_point_to_rooms_before(files: dict[str, str]) -> None:
    assert upward_includes(files) == []


def test_functions_are_used_from_rooms_before(files: dict[str, str]) -> None:
    assert upward_uses(files) == []


def test_files_use_each_other_in_no_circle(files: dict[str, str]) -> None:
    edges = {(a, b) for a, b, _ in uses(files) if not {a.split("/")[0], b.split("/")[0]} & MAY_CIRCLE}
    assert circles(edges) == []


def test_no_folder_has_too_many_sources() -> None:
    folders = {path.parent for path in EXT.rglob("*") if path.suffix in SUFFIXES}
    counts = {str(f): sum(path.suffix in SUFFIXES for path in f.iterdir()) for f in folders}
    assert {name: count for name, count in counts.items() if count > MOST_SOURCES} == {}
    assert {path.name for path in EXT.iterdir() if path.suffix in SUFFIXES} == {"glibc_compat.c"}


def test_every_folder_is_a_room() -> None:
    assert {path.name for path in EXT.iterdir() if path.is_dir()} == {*ROOMS, *APART}


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("base/a.h", '#include "types/types.h"\n', "base/a.h includes types/types.h"),
        ("dump/a.c", '#  include "values/values.h"\n', "dump/a.c includes values/values.h"),
        ("dump/a.c", '#include "page_cache.h"\n', "dump/a.c includes page_cache.h, which is no file of a room"),
    ],
)
def test_an_upward_include_is_found(files: dict[str, str], file: str, text: str, complaint: str) -> None:
    assert complaint in upward_includes({**files, file: text})


def test_an_upward_use_is_found(files: dict[str, str]) -> None:
    text = "/* mpyk_run() */\nint mpyk_types_start(void);\nstatic int\nf(void)\n{\n    return mpyk_types_start();\n}\n"
    assert "base/a.c uses mpyk_types_start of types/start.c" in upward_uses({**files, "base/a.c": text})


def test_a_circle_is_found(files: dict[str, str]) -> None:
    text = "\nint\nmpyk_a(void)\n{\n    return mpyk_b();\n}\n"
    made = {"base/a.c": text, "base/b.c": text.replace("_a(", "_c(").replace("_b(", "_a(").replace("_c(", "_b(")}
    assert {*made} <= {*circles((a, b) for a, b, _ in uses({**files, **made}))}


def test_every_room_says_what_it_is() -> None:
    """ROOM.md starts with the room's name and ends with the rooms that its files may use."""
    for number, room in enumerate(ROOMS):
        title, *_, uses = (EXT / room / "ROOM.md").read_text().strip().splitlines()
        assert title == f"# {room}"
        assert uses.startswith("Uses: ")
        named = set(re.findall(r"`(\w+)`", uses))
        assert named <= set(ROOMS[:number]), room
