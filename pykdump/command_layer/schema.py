# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of a command's document, made from its records."""

from __future__ import annotations

import dataclasses

from pykdump.command_layer.finding_kinds import FINDING_KINDS, SEVERITIES
from pykdump.command_layer.records import ADDRESS, kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pykdump.command_layer.command import Command

    Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ADDRESS_SCHEMA = {"type": "string", "pattern": "^0x[0-9a-f]+$"}
_SIMPLE = {int: "integer", float: "number", str: "string", bool: "boolean", type(None): "null"}
_TEXT: Schema = {"type": "string"}


def schema_of(command: Command) -> Schema:
    """Return the JSON Schema of the document that ``command --json`` prints."""
    definitions: dict[str, Schema] = {}
    kinds = sorted(command.all_layouts(), key=kind_of)
    records = [_reference(kind, definitions, with_kind=True) for kind in kinds]
    properties = {
        "schema": {"const": command.schema},
        "command": _TEXT,
        "kernel": _object({name: _nullable(_TEXT) for name in ("release", "version", "machine", "nodename")}),
        "records": {"type": "array", "items": {"oneOf": records}},
        "findings": {"type": "array", "items": _finding()},
        "problems": {"type": "array", "items": _object({"part": _TEXT, "reason": _TEXT})},
    }
    return {"$schema": DIALECT, "title": f"{command.name} --json", **_object(properties), "$defs": definitions}


def findings_table() -> dict[str, dict[str, str]]:
    """Return {identifier: {"severity": ..., "meaning": ...}} of all findings of all commands."""
    return {name: {"severity": kind.severity, "meaning": kind.meaning} for name, kind in FINDING_KINDS.items()}


def _finding() -> Schema:
    return _object(
        {
            "id": {"type": "string", "pattern": "^[a-z0-9-]+$"},
            "severity": {"enum": list(SEVERITIES)},
            "message": _TEXT,
            "pids": {"type": "array", "items": {"type": "integer"}},
            "addresses": {"type": "array", "items": ADDRESS_SCHEMA},
        }
    )


def _object(properties: dict[str, Schema], description: str | None = None) -> Schema:
    described = {"description": description} if description else {}
    required = list(properties)
    return {
        **described, "type": "object", "properties": properties, "required": required, "additionalProperties": False,
    }  # fmt: skip


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _reference(kind: type, definitions: dict[str, Schema], with_kind: bool = False) -> Schema:
    """Return a reference to the schema of a record's type, and add that to ``definitions``."""
    name = kind_of(kind) + ("" if with_kind else "-part")
    if name not in definitions:
        definitions[name] = {}  # a record may contain records of its own type
        first = {"kind": {"const": kind_of(kind)}} if with_kind else {}
        definitions[name] = _object({**first, **_fields(kind, definitions)}, (kind.__doc__ or "").partition("\n")[0])
    return {"$ref": f"#/$defs/{name}"}


def _fields(kind: type, definitions: dict[str, Schema]) -> dict[str, Schema]:
    from typing import get_type_hints

    hints = get_type_hints(kind)
    found = {}
    for field in dataclasses.fields(kind):
        if field.name == "kind":
            raise TypeError(f"{kind.__name__}: each record has a kind, so a field must have another name")
        unit = field.metadata["unit"]
        value = _value(hints[field.name], unit == ADDRESS, definitions)
        meaning = field.metadata["meaning"] + (f" ({unit})" if unit and unit != ADDRESS else "")
        found[field.name] = {"description": meaning, **value}
    return found


def _value(hint: Any, is_address: bool, definitions: dict[str, Schema]) -> Schema:
    """Return the schema of a field's type. Raises TypeError if records may not have such a type."""
    from typing import get_args, get_origin

    if hint in _SIMPLE:
        return ADDRESS_SCHEMA if is_address and hint is int else {"type": _SIMPLE[hint]}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _reference(hint, definitions)
    arguments = get_args(hint)
    if get_origin(hint) is tuple and arguments[1:] == (...,):
        return {"type": "array", "items": _value(arguments[0], is_address, definitions)}
    if type(None) in arguments:
        return {"anyOf": [_value(argument, is_address, definitions) for argument in arguments]}
    raise TypeError(f"a record cannot have a field of type {hint}")
