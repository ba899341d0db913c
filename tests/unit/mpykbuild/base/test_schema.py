# SPDX-License-Identifier: GPL-3.0-or-later
"""Closed schemas: all mistakes of a table are reported together, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mpykbuild.base import schema
from mpykbuild.base.errors import BuildError

ROW: schema.Schema = {
    "name": (True, schema.matches("[a-z]+", "a name")),
    "kind": (True, schema.one_of("a", "b")),
    "big": (False, schema.boolean),
    "size": (False, schema.number_of_bytes),
}


def mistakes(data: object) -> Iterator[str]:
    assert isinstance(data, dict)
    for place, row in schema.entries("", "rows", data.get("rows")):
        yield from schema.object_mistakes(place, row, ROW)


def written(folder: Path, text: str) -> Path:
    path = folder / "table.json"
    path.write_text(text)
    return path


def test_a_good_table(tmp_path: Path) -> None:
    text = '{"rows": [{"name": "x", "kind": "a", "big": true, "size": 1}]}'
    assert schema.read_json(written(tmp_path, text), mistakes)["rows"][0]["name"] == "x"


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = '{"rows": [{"name": "X", "kind": "c", "big": 1, "size": true, "more": 1}, {}, 7]}'
    with pytest.raises(BuildError) as caught:
        schema.read_json(written(tmp_path, text), mistakes)
    for printed in (
        "table.json has 8 mistake(s)", "rows[0]: unknown key 'more'; the known keys are name, kind, big, size",
        "rows[0]: name: 'X' is not a name", "rows[0]: kind: 'c' is not one of a, b",
        "rows[0]: big: 1 is not true or false", "rows[0]: size: True is not a number of bytes",
        "rows[1]: the key 'name' is missing", "rows[1]: the key 'kind' is missing", "rows[2]: must be an object",
    ):  # fmt: skip
        assert printed in caught.value.what


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("{", "is not valid JSON"),
        ('{"a": 1, "a": 2}', "the key 'a' occurs twice"),
        (None, "cannot be read: No such file"),
    ],
)
def test_files_that_are_not_tables(tmp_path: Path, text: str | None, printed: str) -> None:
    path = tmp_path / "none.json" if text is None else written(tmp_path, text)
    with pytest.raises(BuildError, match=printed):
        schema.read_json(path, mistakes)


def test_repeated_names() -> None:
    assert schema.repeated(["b", "a", "b", "a", "c"]) == ["a", "b"]
    assert schema.filled_list([]) and not schema.filled_list([1])
