# SPDX-License-Identifier: GPL-3.0-or-later
"""Records: dataclasses whose fields say what they mean and in which unit. They become rows and JSON objects."""

from __future__ import annotations

import dataclasses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ADDRESS = "address"  # an int here, "0x..." in text and in JSON


def item(meaning: str, unit: str = "", **options: Any) -> Any:
    """Return the dataclass field of a record.

    ``unit`` is "ms", "s", "bytes", "address" and so on. ``options`` are those of dataclasses.field(): ``default``.
    """
    return dataclasses.field(metadata={"meaning": meaning, "unit": unit}, **options)


def kind_of(record_type: type) -> str:
    """Return the name of a record's type in JSON: "RequestQueue" gives "request-queue"."""
    name = record_type.__name__
    return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def address_text(value: object) -> object:
    """Return an address, or each address of a tuple, as "0x..."; None stays None."""
    if isinstance(value, int):
        return f"{value:#x}"
    if isinstance(value, (tuple, list)):
        return [address_text(each) for each in value]
    return value


def plain(value: object) -> object:
    """Return a value with its records replaced by dictionaries, so that json can write it."""
    if value is None or isinstance(value, (int, str)):  # nearly all values; the question below takes longer
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return converter(type(value))(value)
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    return value


# Records of one type share their converter: looking at the fields takes longer than converting a record.
_CONVERTERS: dict[type, Callable[[Any], dict[str, object]]] = {}


def converter(record_type: type) -> Callable[[Any], dict[str, object]]:
    """Return the function that converts records of this type to dictionaries for JSON."""
    known = _CONVERTERS.get(record_type)
    if known is not None:
        return known
    fields = [
        (field.name, address_text if field.metadata.get("unit") == ADDRESS else plain)
        for field in dataclasses.fields(record_type)
    ]

    def convert(record: Any) -> dict[str, object]:
        return {name: function(getattr(record, name)) for name, function in fields}

    _CONVERTERS[record_type] = convert
    return convert
