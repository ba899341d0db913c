# SPDX-License-Identifier: GPL-3.0-or-later
"""The closed schema of ``sources.json``: an unknown key is a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mpykbuild.base.schema import (
    TEXT,
    Row,
    Schema,
    boolean,
    entries,
    filled_list,
    matches,
    number_of_bytes,
    object_mistakes,
    one_of,
)

LAYOUTS = ("tarball", "crash", "debian")


_FILE_NAME = matches(r"[A-Za-z0-9][A-Za-z0-9._+~-]*", "a plain file name")
_VERSION = matches(r"\d+(\.\d+)+[a-z0-9]*", "a version such as 3.13.15")
_PACKAGE = matches(r"[a-z0-9][a-z0-9.+-]+", "the name of a Debian source package")
_SHA256 = matches(r"[0-9a-f]{64}", "a sha256 (64 lower-case hexadecimal digits)")
_HTTPS = matches(r"https://[^\s/]+/\S*[^\s/]", "an https address of a file")

# For each kind of object: key -> (whether it is required, its check).
_TOP: Schema = {"sources": (True, filled_list)}
_SOURCE: Schema = {
    "name": (True, one_of("python", "crash", "libdeflate", "zlib")),
    "version": (True, _VERSION),
    "default": (False, boolean),
    "note": (False, TEXT),
    "sets": (True, filled_list),
}
_SET: Schema = {
    "layout": (True, one_of(*LAYOUTS)),
    "gdb": (False, _VERSION),
    "files": (True, filled_list),
}
_FILE: Schema = {
    "name": (True, _FILE_NAME),
    "sha256": (True, _SHA256),
    "size": (False, number_of_bytes),
    "origins": (True, filled_list),
}
_URL_ORIGIN: Schema = {"url": (True, _HTTPS)}
_DEBIAN_ORIGIN: Schema = {"debian": (True, _PACKAGE), "file": (True, _FILE_NAME)}


def schema_mistakes(data: object) -> list[str]:
    """Return every mistake in the content of a ``sources.json``, each with its place."""
    found = list(object_mistakes("top level", data, _TOP))
    if found:
        return found
    assert isinstance(data, dict)
    rows: list[Row] = data["sources"]
    for place, row in entries("", "sources", rows):
        found += _row_mistakes(place, row)
    return found or list(_mistakes_across_rows(rows))


def _row_mistakes(place: str, row: object) -> Iterator[str]:
    yield from object_mistakes(place, row, _SOURCE)
    if not isinstance(row, dict):
        return
    for set_place, files in entries(place, "sets", row.get("sets")):
        yield from object_mistakes(set_place, files, _SET)
        if not isinstance(files, dict):
            continue
        if (row.get("name") == "crash") != ("gdb" in files):
            yield f"{set_place}: each set of a crash must have the key 'gdb', and no other set may have it"
        for file_place, file in entries(set_place, "files", files.get("files")):
            yield from object_mistakes(file_place, file, _FILE)
            origins = file.get("origins") if isinstance(file, dict) else None
            for origin_place, origin in entries(file_place, "origins", origins):
                is_url = isinstance(origin, dict) and "url" in origin
                yield from object_mistakes(origin_place, origin, _URL_ORIGIN if is_url else _DEBIAN_ORIGIN)


def _mistakes_across_rows(rows: list[Row]) -> Iterator[str]:
    """Yield the mistakes that only a comparison of all rows shows. Each row must be correct already."""
    for (name, version), count in Counter((row["name"], row["version"]) for row in rows).items():
        if count > 1:
            yield f"sources: {name} {version} occurs {count} times"
    for name in sorted({row["name"] for row in rows}):
        defaults = sum(row.get("default", False) for row in rows if row["name"] == name)
        if defaults != 1:
            yield f"sources: {defaults} rows of {name} are the default; there must be exactly one"
    hashes: dict[str, str] = {}
    for file in (file for row in rows for files in row["sets"] for file in files["files"]):
        if hashes.setdefault(file["name"], file["sha256"]) != file["sha256"]:
            yield f"sources: the file name {file['name']} occurs with two different hashes"
