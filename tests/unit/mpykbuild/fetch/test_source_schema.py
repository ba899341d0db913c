# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of sources.json refuses what it does not know, and reports every mistake with its place."""

from __future__ import annotations

import copy
import json

import pytest

from mpykbuild.fetch import source_schema
from mpykbuild.fetch.source_schema import Row
from mpykbuild.fetch.sources import SOURCES_JSON


def file_row(name: str, digit: str) -> Row:
    """Return the row of a file with two origins, whose hash consists of one digit."""
    origins = [{"url": f"https://x/{name}"}, {"debian": "package", "file": name}]
    return {"name": name, "sha256": digit * 64, "size": 1, "origins": origins}


GOOD: Row = {
    "sources": [
        {"name": "python", "version": "1.2", "default": True,
         "sets": [{"layout": "tarball", "files": [file_row("Python-1.2.tar.xz", "0")]}]},
        {"name": "python", "version": "1.1",
         "sets": [{"layout": "tarball", "files": [file_row("Python-1.1.tar.xz", "1")]}]},
        {"name": "crash", "version": "9.9", "default": True, "note": "why",
         "sets": [{"layout": "crash", "gdb": "16.3", "files": [file_row("crash.tar", "2"), file_row("gdb.tar", "3")]},
                  {"layout": "debian", "gdb": "16.2", "files": [file_row("crash_9.9.orig.tar", "4")]}]},
    ]
}  # fmt: skip


def changed(*path: str | int, to: object) -> Row:
    """Return good data with one value replaced (or removed, if ``to`` is None)."""
    data = copy.deepcopy(GOOD)
    inner = data
    for step in path[:-1]:
        inner = inner[step]  # type: ignore[index]
    if to is None:
        del inner[path[-1]]  # type: ignore[arg-type]
    else:
        inner[path[-1]] = to  # type: ignore[index]
    return data


FIRST = ("sources", 0)
FILE = (*FIRST, "sets", 0, "files", 0)


def test_the_projects_own_file_is_good() -> None:
    assert source_schema.schema_mistakes(json.loads(SOURCES_JSON.read_text())) == []


def test_good_data_has_no_mistake() -> None:
    assert source_schema.schema_mistakes(GOOD) == []


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("sorces",), [], "top level: unknown key 'sorces'"),
        (("sources",), [], "top level: sources: must be a list"),
        ((*FIRST, "sha1"), "x", "sources[0]: unknown key 'sha1'; the known keys are name, version"),
        ((*FIRST, "name"), "perl", "sources[0]: name: 'perl' is not one of python, crash"),
        ((*FIRST, "version"), None, "sources[0]: the key 'version' is missing"),
        ((*FIRST, "version"), "latest", "sources[0]: version: 'latest' is not a version"),
        ((*FIRST, "default"), 1, "sources[0]: default: 1 is not true or false"),
        ((*FIRST, "sets", 0, "layout"), "zip", "sources[0].sets[0]: layout: 'zip' is not one of"),
        ((*FIRST, "sets", 0, "gdb"), "16.3", "sources[0].sets[0]: each set of a crash must have the key 'gdb'"),
        (("sources", 2, "sets", 0, "gdb"), None, "sources[2].sets[0]: each set of a crash must have the key 'gdb'"),
        ((*FIRST, "sets", 0), "x", "sources[0].sets[0]: must be an object"),
        ((*FILE, "name"), "../x", "sources[0].sets[0].files[0]: name: '../x' is not a plain file name"),
        ((*FILE, "sha256"), "ABC", "files[0]: sha256: 'ABC' is not a sha256"),
        ((*FILE, "size"), True, "files[0]: size: True is not a number of bytes"),
        ((*FILE, "size"), 0, "files[0]: size: 0 is not a number of bytes"),
        ((*FILE, "origins"), [], "files[0]: origins: must be a list"),
        ((*FILE, "origins", 0, "url"), "http://x/y", "origins[0]: url: 'http://x/y' is not an https address"),
        ((*FILE, "origins", 1, "suite"), "sid", "origins[1]: unknown key 'suite'"),
        ((*FILE, "origins", 1), {}, "origins[1]: the key 'debian' is missing"),
        ((*FIRST, "default"), None, "sources: 0 rows of python are the default; there must be exactly one"),
        (("sources", 1, "version"), "1.2", "sources: python 1.2 occurs 2 times"),
        (
            ("sources", 1, "sets", 0, "files", 0, "name"), "Python-1.2.tar.xz",
            "the file name Python-1.2.tar.xz occurs with two different hashes",
        ),
    ],
)  # fmt: skip
def test_mistake_is_reported_with_its_place(path: tuple[str | int, ...], value: object, complaint: str) -> None:
    found = source_schema.schema_mistakes(changed(*path, to=value))
    assert any(complaint in line for line in found), found


def test_all_mistakes_are_reported_together() -> None:
    data = changed(*FILE, "sha256", to="x")
    data["sources"][2]["sets"][1]["files"][0]["origins"] = [{"urls": "y"}]
    found = "\n".join(source_schema.schema_mistakes(data))
    assert "sources[0].sets[0].files[0]: sha256" in found
    assert "sources[2].sets[1].files[0].origins[0]: unknown key 'urls'" in found


@pytest.mark.parametrize("data", [None, [], "x", {"sources": {}}, {"sources": [None]}, {"sources": [{"sets": [{}]}]}])
def test_data_of_any_shape_is_reported_as_a_mistake(data: object) -> None:
    assert source_schema.schema_mistakes(data)
