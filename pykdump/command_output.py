# SPDX-License-Identifier: GPL-3.0-or-later
"""How commands print: one table or one JSON document, from the same rows."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


class Column:
    """A column: ``title`` heads the table, ``key`` names the value in the rows and in the JSON document."""

    __slots__ = ("key", "left", "title")

    def __init__(self, title: str, key: str, left: bool = False) -> None:
        self.title = title
        self.key = key
        self.left = left


def printable(value: object) -> str:
    """``value`` as text of one line: control characters as escapes, None as "?"."""
    text = "?" if value is None else str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def table_lines(columns: Sequence[Column], rows: Iterable[dict[str, Any]]) -> list[str]:
    """Heading and rows, the columns aligned. No blanks at the end of a line."""
    cells = [[column.title for column in columns]]
    cells += [[printable(row.get(column.key)) for column in columns] for row in rows]
    widths = [max(map(len, texts)) for texts in zip(*cells)]
    shape = "  ".join(f"{{:{'<' if c.left else '>'}{w}}}" for c, w in zip(columns, widths))
    return [shape.format(*texts).rstrip() for texts in cells]


def print_json(document: object) -> None:
    """Print a JSON document of its own, so that the whole output can be parsed."""
    import json

    print(json.dumps(document, indent=1))
