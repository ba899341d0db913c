# SPDX-License-Identifier: GPL-3.0-or-later
"""The two forms of a command's output: text, and one JSON document. Both are written while the command works."""

from __future__ import annotations

import sys

from pykdump.command_layer.events import Finding, Problem, Section, Text
from pykdump.command_layer.records import converter, kind_of
from pykdump.command_layer.tables import Column, Table, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, Union

    # The columns of a table, or a function that returns the lines of a record.
    Layout = Union[Sequence[Column], Callable[[Any], Iterable[str]]]
    Layouts = Mapping[type, Layout]


def _no_lines(record: object) -> Iterable[str]:
    return ()


def _ready_lines(text: Text) -> Iterable[str]:
    return (text,)


class TextReport:
    """Prints sections, tables, findings and problems in the order in which they come.

    ``layout_of`` returns the layout of a type of records. Raises KeyError.
    """

    nothing = "Nothing was found."

    def __init__(self, layout_of: Callable[[type], Layout]) -> None:
        self._layout_of = layout_of
        self._lines: Callable[[Any], Iterable[str]] = _no_lines
        self._table: Table | None = None
        self._kind: type | None = None
        self._title: str | None = None
        self._begun = False

    def record(self, record: object) -> None:
        """Print a record: as a row of the table of its type, or as lines."""
        if type(record) is not self._kind:
            self._begin_kind(type(record))
        self._print(self._lines(record))

    def _begin_kind(self, kind: type) -> None:
        separated = self._kind is not None and self._title is None
        self._end_table()
        self._print_title()
        if separated:
            print()
        self._kind = kind
        layout = _ready_lines if kind is Text else self._layout_of(kind)
        if callable(layout):
            self._lines = layout
        else:
            self._table = Table(layout)
            self._lines = self._table.add

    def section(self, section: Section) -> None:
        """Remember the heading. It is printed before the first line of the section."""
        self._end_table()
        self._title = section.title

    def finding(self, finding: Finding) -> None:
        """Print a finding in one line."""
        self._print_line(str(finding))

    def problem(self, problem: Problem) -> None:
        """Print in one line what cannot be told."""
        self._print_line(str(problem))

    def note(self, text: str) -> None:
        """Print a line that is no part of the data."""
        self._print_line(text)

    def end(self) -> None:
        """Print what has waited for the end. A command that has found nothing says so."""
        self._end_table()
        if not self._begun:
            print(self.nothing)

    def _print_line(self, line: str) -> None:
        self._end_table()
        self._print_title()
        self._print((printable(line),))

    def _print_title(self) -> None:
        if self._title is not None:
            self._print((*([""] if self._begun else []), f"=== {self._title} ==="))
            self._title = None

    def _end_table(self) -> None:
        if self._table is not None:
            self._print(self._table.end())
        self._table = self._kind = None

    def _print(self, lines: Iterable[str]) -> None:
        found = lines if type(lines) is tuple else list(lines)
        if found:
            self._begun = True
            # One write: a write for each line, or for each line end, would take longer than making the lines.
            sys.stdout.write("\n".join(found) + "\n")


class FindingsReport(TextReport):
    """Prints the findings and what cannot be told, and nothing else."""

    nothing = "Nothing is wrong."

    def record(self, record: object) -> None:
        """Print nothing."""

    def section(self, section: Section) -> None:
        """Print nothing."""


class JsonReport:
    """Writes one JSON document. A record is written when it comes; findings and problems follow the records."""

    def __init__(self, head: Mapping[str, object], with_records: bool = True) -> None:
        import json

        self._dumps: Callable[[object], str] = json.JSONEncoder(default=str).encode
        self._with_records = with_records
        self._findings: list[dict[str, object]] = []
        self._problems: list[dict[str, object]] = []
        self._separator = "\n"
        fields = [f'"{name}": {self._dumps(value)}' for name, value in head.items()]
        sys.stdout.write("{" + ",\n ".join([*fields, '"records": [']))

    def record(self, record: object) -> None:
        """Write a record as an object, its kind first."""
        if self._with_records:
            kind = type(record)
            text = self._dumps({"kind": kind_of(kind), **converter(kind)(record)})
            sys.stdout.write(f"{self._separator}  {text}")
            self._separator = ",\n"

    def section(self, section: Section) -> None:
        """Write nothing: the records say their kind."""

    def finding(self, finding: Finding) -> None:
        """Keep a finding for the end of the document."""
        self._findings.append(finding.as_json())

    def problem(self, problem: Problem) -> None:
        """Keep a problem for the end of the document."""
        self._problems.append(problem.as_json())

    def note(self, text: str) -> None:
        """Write nothing."""

    def end(self) -> None:
        """Complete the document."""
        sys.stdout.write("\n ],\n")
        sys.stdout.write(f' "findings": {self._list(self._findings)},\n "problems": {self._list(self._problems)}}}\n')

    def _list(self, objects: list[dict[str, object]]) -> str:
        return "[" + ",".join(f"\n  {self._dumps(each)}" for each in objects) + ("\n ]" if objects else "]")
