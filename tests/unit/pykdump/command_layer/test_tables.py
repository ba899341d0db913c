# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of commands: alignment, odd values, and rows that are printed before the last one is known."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import tables  # noqa: E402
from pykdump.command_layer.tables import Column  # noqa: E402

COLUMNS = (Column("N", "n"), Column("NAME", "name", left=True), Column("X", "x", left=True))


def test_a_table_is_aligned_and_has_no_control_characters() -> None:
    rows = [SimpleNamespace(n=5, name="a", x="evil\n\x1b["), SimpleNamespace(n=1234, name="long name", x=None)]
    assert tables.table_lines(COLUMNS, rows) == [
        "   N  NAME       X",
        "   5  a          evil\\n\\x1b[",
        "1234  long name  ?",
    ]


def test_a_column_converts_its_values() -> None:
    columns = (Column("AT", "n", address=True), Column("NAME", "name", show=str.upper))
    rows = [SimpleNamespace(n=0xFFFF800000000000, name="a"), SimpleNamespace(n=None, name=None)]
    assert tables.table_lines(columns, rows)[1:] == ["0xffff800000000000     A", "                 ?     ?"]


def test_a_long_table_is_printed_while_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ALIGNED_ROWS", 2)
    table = tables.Table(COLUMNS)
    rows = [SimpleNamespace(n=n, name="a" * n, x="") for n in (1, 3, 8)]
    assert list(table.add(rows[0])) == []
    assert list(table.add(rows[1])) == ["N  NAME  X", "1  a", "3  aaa"]
    assert list(table.add(rows[2])) == ["8  aaaaaaaa"]
    assert list(table.end()) == []
