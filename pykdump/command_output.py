# SPDX-License-Identifier: GPL-3.0-or-later
"""Output of commands: a table or a JSON document, made from the same rows."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


class Column:
    """A column of a table. ``title`` is its heading, ``key`` is the key of its value in each row."""

    __slots__ = ("key", "left", "title")

    def __init__(self, title: str, key: str, left: bool = False) -> None:
        self.title = title
        self.key = key
        self.left = left


def printable(value: object) -> str:
    """Return ``value`` as text without line ends: control characters become escapes, None becomes "?"."""
    text = "?" if value is None else str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def table_lines(columns: Sequence[Column], rows: Iterable[dict[str, Any]]) -> list[str]:
    """Return the lines of a table: a heading and the rows, with aligned columns and no blanks at the end of a line."""
    cells = [[column.title for column in columns]]
    cells += [[printable(row.get(column.key)) for column in columns] for row in rows]
    widths = [max(map(len, texts)) for texts in zip(*cells)]
    shape = "  ".join(f"{{:{'<' if c.left else '>'}{w}}}" for c, w in zip(columns, widths))
    return [shape.format(*texts).rstrip() for texts in cells]


def print_json(document: object) -> None:
    """Print ``document`` as JSON. It must be the whole output, so that other programs can parse it."""
    import json

    print(json.dumps(document, indent=1))
