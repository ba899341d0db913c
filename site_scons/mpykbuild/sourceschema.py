# SPDX-License-Identifier: GPL-3.0-or-later
"""The closed schema of ``sources.json``: what may stand there, and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

# JSON as it was read: its shape is only known once it has been checked here.
Row = dict[str, Any]
Check = Callable[[object], str]

LAYOUTS = ("tarball", "crash", "debian")


def without_duplicates(pairs: list[tuple[str, object]]) -> Row:
    """Make a dict of a JSON object's pairs; refuse a key that stands there twice."""
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"the key {twice[0]!r} stands twice in one object")
    return dict(pairs)


def _matches(pattern: str, meaning: str) -> Check:
    def check(value: object) -> str:
        good = isinstance(value, str) and re.fullmatch(pattern, value)
        return "" if good else f"{value!r} is not {meaning}"

    return check


def _one_of(*allowed: str) -> Check:
    return lambda value: "" if value in allowed else f"{value!r} is not one of {', '.join(allowed)}"


def _filled_list(value: object) -> str:
    return "" if isinstance(value, list) and value else "must be a list with at least one entry"


def _boolean(value: object) -> str:
    return "" if isinstance(value, bool) else f"{value!r} is not true or false"


def _size(value: object) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return "" if good else f"{value!r} is not a number of bytes"


_FILE_NAME = _matches(r"[A-Za-z0-9][A-Za-z0-9._+~-]*", "a plain file name")
_VERSION = _matches(r"\d+(\.\d+)+[a-z0-9]*", "a version such as 3.13.15")
_PACKAGE = _matches(r"[a-z0-9][a-z0-9.+-]+", "the name of a Debian source package")
_SHA256 = _matches(r"[0-9a-f]{64}", "a sha256 (64 lower-case hexadecimal digits)")
_HTTPS = _matches(r"https://[^\s/]+/\S*[^\s/]", "an https address of a file")
_TEXT = _matches(r"\S.*", "a sentence")

# For each kind of object: key -> (is it required, its check).
_TOP: dict[str, tuple[bool, Check]] = {"sources": (True, _filled_list)}
_SOURCE: dict[str, tuple[bool, Check]] = {
    "name": (True, _one_of("python", "crash", "libdeflate")),
    "version": (True, _VERSION),
    "default": (False, _boolean),
    "note": (False, _TEXT),
    "sets": (True, _filled_list),
}
_SET: dict[str, tuple[bool, Check]] = {
    "layout": (True, _one_of(*LAYOUTS)),
    "gdb": (False, _VERSION),
    "files": (True, _filled_list),
}
_FILE: dict[str, tuple[bool, Check]] = {
    "name": (True, _FILE_NAME),
    "sha256": (True, _SHA256),
    "size": (False, _size),
    "origins": (True, _filled_list),
}
_URL_ORIGIN: dict[str, tuple[bool, Check]] = {"url": (True, _HTTPS)}
_DEBIAN_ORIGIN: dict[str, tuple[bool, Check]] = {"debian": (True, _PACKAGE), "file": (True, _FILE_NAME)}


def mistakes(data: object) -> list[str]:
    """Return every mistake in the content of a ``sources.json``, each with its place."""
    found = list(_object("top level", data, _TOP))
    if found:
        return found
    assert isinstance(data, dict)
    rows: list[Row] = data["sources"]
    for place, row in _entries("", "sources", rows):
        found += _source(place, row)
    return found or list(_whole(rows))


def _object(place: str, value: object, fields: dict[str, tuple[bool, Check]]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place}: must be an object"
        return
    for key in value:
        if key not in fields:
            yield f"{place}: unknown key {key!r}; known are {', '.join(fields)}"
    for key, (required, check) in fields.items():
        if key not in value:
            if required:
                yield f"{place}: the key {key!r} is missing"
        elif complaint := check(value[key]):
            yield f"{place}: {key}: {complaint}"


def _entries(place: str, key: str, values: object) -> Iterator[tuple[str, object]]:
    """Yield the entries of a list with their places; a value that is no list has been reported already."""
    if isinstance(values, list):
        for number, value in enumerate(values):
            yield f"{place}{'.' if place else ''}{key}[{number}]", value


def _source(place: str, row: object) -> Iterator[str]:
    yield from _object(place, row, _SOURCE)
    if not isinstance(row, dict):
        return
    for set_place, files in _entries(place, "sets", row.get("sets")):
        yield from _object(set_place, files, _SET)
        if not isinstance(files, dict):
            continue
        if (row.get("name") == "crash") != ("gdb" in files):
            yield f"{set_place}: 'gdb' belongs to every set of a crash and to no other"
        for file_place, file in _entries(set_place, "files", files.get("files")):
            yield from _object(file_place, file, _FILE)
            origins = file.get("origins") if isinstance(file, dict) else None
            for origin_place, origin in _entries(file_place, "origins", origins):
                is_url = isinstance(origin, dict) and "url" in origin
                yield from _object(origin_place, origin, _URL_ORIGIN if is_url else _DEBIAN_ORIGIN)


def _whole(rows: list[Row]) -> Iterator[str]:
    """Rules about all rows together; they need rows that are right in themselves."""
    for (name, version), count in Counter((row["name"], row["version"]) for row in rows).items():
        if count > 1:
            yield f"sources: {name} {version} stands {count} times"
    for name in sorted({row["name"] for row in rows}):
        defaults = sum(row.get("default", False) for row in rows if row["name"] == name)
        if defaults != 1:
            yield f"sources: {defaults} rows of {name} are the default; one must be"
    hashes: dict[str, str] = {}
    for file in (file for row in rows for files in row["sets"] for file in files["files"]):
        if hashes.setdefault(file["name"], file["sha256"]) != file["sha256"]:
            yield f"sources: the file name {file['name']} stands for two different hashes"
