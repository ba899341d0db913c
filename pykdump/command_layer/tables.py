# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables in text: columns, and a table that is printed while its rows are still being found."""

from __future__ import annotations

import time
from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

# So many rows, or so many seconds, are waited for before the first row is printed: their widths align the table.
ALIGNED_ROWS = 200
ALIGNED_SECONDS = 0.5


class Column:
    """A column of a table. ``title`` is its heading, ``key`` the name of the record's field.

    ``show`` converts the value to text; without it, the value is shown as str() does, None as "?". With ``address``,
    an int is shown in hexadecimal.
    """

    __slots__ = ("key", "left", "show", "title")

    def __init__(
        self,
        title: str,
        key: str,
        left: bool = False,
        show: Callable[[Any], str] | None = None,
        address: bool = False,
    ) -> None:
        self.title = title
        self.key = key
        self.left = left
        self.show = _hexadecimal if address and show is None else show


def _hexadecimal(value: int) -> str:
    return f"{value:#x}"


def printable(value: object) -> str:
    """Return ``value`` as text without line ends: control characters become escapes, None becomes "?"."""
    if value.__class__ is int:
        return str(value)  # most cells are numbers
    text = "?" if value is None else str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class Table:
    """A table that is printed as it grows: add() and end() return the lines that can be printed now."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        # Tables may be long: the functions are chosen once for each column, not for each cell.
        keys = [column.key for column in columns]
        self._values: Callable[[object], tuple[Any, ...]] = (
            attrgetter(*keys) if keys[1:] else lambda record: (getattr(record, keys[0]),)
        )
        self._shown = [(number, column.show) for number, column in enumerate(columns) if column.show is not None]
        self._waiting: list[tuple[Any, ...]] = [tuple(column.title for column in columns)]
        self._shape = ""
        self._began = time.monotonic()

    def add(self, record: object) -> Iterable[str]:
        """Take a row. Return the lines that are complete."""
        values = self._values(record)
        if self._shown:
            values = self._converted(values)
        if self._shape:
            return (self._line(values),)
        self._waiting.append(values)
        if len(self._waiting) > ALIGNED_ROWS or time.monotonic() - self._began > ALIGNED_SECONDS:
            return self.end()
        return ()

    def _converted(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the values after the columns' own functions. None stays None."""
        cells = list(values)
        for number, show in self._shown:
            if cells[number] is not None:
                cells[number] = show(cells[number])
        return tuple(cells)

    def _line(self, values: tuple[Any, ...]) -> str:
        """Return a row as text. Nearly all rows are printable as they are, which is asked once for the whole row."""
        if None not in values:
            line = (self._shape % values).rstrip()
            if line.isprintable():
                return line
        return (self._shape % tuple(map(printable, values))).rstrip()

    def end(self) -> Iterable[str]:
        """Return the lines that have waited, the heading first."""
        if self._shape:
            return ()
        texts = [_texts(column) for column in zip(*self._waiting)]
        widths = [max(map(len, column)) for column in texts]
        self._shape = "  ".join(f"%{'-' if c.left else ''}{w or ''}s" for c, w in zip(self._columns, widths))
        self._waiting = []
        return [(self._shape % cells).rstrip() for cells in zip(*texts)]


def _texts(values: tuple[Any, ...]) -> list[str]:
    """Return the cells of a column as printable text."""
    texts = list(map(str, values))
    return texts if None not in values and "".join(texts).isprintable() else list(map(printable, values))


def table_lines(columns: Sequence[Column], records: Iterable[object]) -> list[str]:
    """Return the lines of a whole table: a heading and the rows, with no blanks at the end of a line."""
    table = Table(columns)
    lines = [line for record in records for line in table.add(record)]
    return [*lines, *table.end()]
