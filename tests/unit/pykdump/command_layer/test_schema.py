# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON Schemas: those of the commands are committed and up to date, and a document of each kind of field is valid."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from support import fake_crash, schemas

fake_crash.install()

if sys.version_info < (3, 10):
    pytest.skip("the types of fields are written as in Python 3.10", allow_module_level=True)

from pykdump.command_layer import Column, Command, Finding, Problem, item  # noqa: E402
from pykdump.command_layer.schema import schema_of  # noqa: E402

jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="the embedded interpreter does not have it")


@dataclass
class Part:
    """A part of a thing."""

    at: int = item("its address", unit="address")


@dataclass
class Thing:
    """A thing."""

    n: int = item("a number", unit="ms")
    share: float | None = item("a share")
    name: str = item("a name")
    good: bool = item("whether it is good")
    at: int | None = item("its address", unit="address")
    parts: tuple[Part, ...] = item("its parts")
    owners: tuple[int, ...] = item("tasks", unit="address")


THING = Thing(1, None, "a", True, None, (Part(255),), (1, 2))


def document(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    def collect(options: argparse.Namespace) -> Iterator[object]:
        yield THING
        yield Finding("hung-task", "It hangs.", addresses=(1,))
        yield Problem("the rest", "lost")

    command = Command("show: it.", lambda parser: None, collect, {Thing: (Column("N", "n"),)})
    command.main(["--json"])
    return schema_of(command), json.loads(capsys.readouterr().out)


def test_a_document_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    schema, found = document(capsys)
    jsonschema_rs.meta.validate(schema)
    jsonschema_rs.validate(schema, found)
    assert schema["$defs"]["thing"]["properties"]["n"]["description"] == "a number (ms)"


@pytest.mark.parametrize(
    ("field", "value"),
    [("n", "1"), ("share", "1"), ("name", None), ("at", 5), ("at", "0xG"), ("parts", [{}]), ("owners", [1]), ("x", 1)],
)
def test_a_wrong_value_is_invalid(field: str, value: object, capsys: pytest.CaptureFixture[str]) -> None:
    schema, found = document(capsys)
    found["records"][0][field] = value
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(schema, found)


def test_an_unsuitable_type_is_refused() -> None:
    @dataclass
    class Odd:
        """Odd."""

        x: dict[str, int] = item("a dictionary")  # noqa: RUF009

    with pytest.raises(TypeError, match="a record cannot have a field of type"):
        schema_of(Command("odd: it.", lambda parser: None, lambda options: (), {Odd: (Column("X", "x"),)}))


def test_a_field_cannot_be_the_kind() -> None:
    @dataclass
    class Odd:
        """Odd."""

        kind: str = item("a kind of its own")

    with pytest.raises(TypeError, match="must have another name"):
        schema_of(Command("odd: it.", lambda parser: None, lambda options: (), {Odd: (Column("X", "kind"),)}))


@pytest.mark.parametrize("name", [*schemas.COMMANDS, schemas.FINDINGS])
def test_the_committed_file_is_up_to_date(name: str) -> None:
    assert (schemas.FOLDER / f"{name}.json").is_file(), "write it with: python -m tests.support.schemas"
    current = schemas.documents()[name]
    assert schemas.committed(name) == current, (
        "if meant: python -m tests.support.schemas, and a fragment in changelog.d"
    )


def test_no_file_is_left_over() -> None:
    assert sorted(path.stem for path in schemas.FOLDER.glob("*.json")) == sorted([*schemas.COMMANDS, schemas.FINDINGS])


def test_readme_lists_the_commands() -> None:
    assert schemas.README.read_text(encoding="utf-8") == schemas.readme_with_table(), "python -m tests.support.schemas"


@pytest.mark.parametrize("name", schemas.COMMANDS)
def test_the_kinds_of_records_have_different_names(name: str) -> None:
    kinds = sorted(kind.__name__ for kind in schemas.command(name).all_layouts())
    assert kinds == sorted(set(kinds))
