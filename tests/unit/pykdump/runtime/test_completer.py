# SPDX-License-Identifier: GPL-3.0-or-later
"""pykdump.runtime.completer: what the cursor is in, which expression stands before it, and what is never evaluated."""

from __future__ import annotations

from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import completer, dump_names  # noqa: E402


class Thing:
    """Counts what a completion must not do."""

    calls = 0
    other = 1

    def __init__(self) -> None:
        self.field = {"key one": 1, "key two": 2}

    def method(self) -> Thing:
        Thing.calls += 1
        return self


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``complete(line)``: the lines that the Tab key may make of it."""
    for kind, names in (("symbol", ["jiffies", "do.isra.0"]), ("type", ["struct a", "struct b"])):
        monkeypatch.setitem(
            dump_names.FINDERS, kind, lambda text, names=names: [n for n in names if n.startswith(text)]
        )
    monkeypatch.setattr(completer.crash, "CType", int, raising=False)
    complete_line = completer.Completer({"thing": Thing(), "things": [Thing()], "_hidden": 1})

    def lines(line: str) -> list[str]:
        # Where readline sees the beginning of a word.
        start = max((line.rfind(char) for char in " .'\"([{,=-"), default=-1) + 1
        found, append, insert = complete_line(line[:start], line[start:])
        assert insert == ""
        return [line[:start] + match + append for match in found]

    return lines


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("x = a.b", "a.b"),
        ("f(a, b[1].c", "b[1].c"),
        ("g(x)[0](1).y", "g(x)[0](1).y"),
        ("if not a", "a"),
        ("f('a.b', 'c)').d", "f('a.b', 'c)').d"),
        ("(a + b).c", "(a + b).c"),
        ("a + ", ""),
    ],
)
def test_the_expression_before_the_cursor(text: str, expression: str) -> None:
    assert completer.last_expression(text) == expression


@pytest.mark.parametrize(
    ("text", "content", "brackets"),
    [
        ("f('ab", "ab", 1),
        ("f('a\\'b", "a\\'b", 1),
        ("f('a')", None, 0),
        ("f(1, [2, 'x", "x", 2),
        ('f("""a"b', '""a"b', 1),
    ],
)
def test_what_the_cursor_is_in(text: str, content: str | None, brackets: int) -> None:
    scan = completer.CursorContext(text)
    assert (scan.content if scan.quote is not None else None, len(scan.brackets)) == (content, brackets)


def test_names_and_attributes(complete: Any) -> None:
    assert complete("x = thi") == ["x = thing", "x = things"]
    assert complete("thing.fi") == ["thing.field"]
    assert complete("things[0].meth") == ["things[0].method("]
    assert complete("whi") == ["while "]
    assert complete("_hid") == ["_hidden"]
    assert complete("# thi") == []


def test_names_in_strings(complete: Any) -> None:
    assert complete("readSymbol('jif") == ["readSymbol('jiffies'"]
    assert complete('whatis("do.isra') == ['whatis("do.isra.0"']
    assert complete("readSU('struct ") == ["readSU('struct a", "readSU('struct b"]
    assert complete("readSU(x, 'struct ") == []
    assert complete("print('jif") == []
    assert complete("thing.field['key o") == ["thing.field['key one'"]


def test_nothing_with_effects_is_evaluated(complete: Any) -> None:
    for line in (
        "thing.method().fi",
        "[thing.method()][0].fi",
        "(lambda: thing.method())().fi",
        "things[thing.method()].fi",
    ):
        assert complete(line) == []
    assert Thing.calls == 0


def test_an_empty_line_is_indented() -> None:
    assert completer.Completer({})("  ", "") == ([""], "", "    ")


def test_every_function_that_takes_names_belongs_to_the_api() -> None:
    """A renamed function would silently lose its completion."""
    from pathlib import Path

    known = Path(__file__).parents[3].joinpath("embedded/api_names.txt").read_text().split()
    ours = {"castTo", "enum_values", "exec_command", "read_value", "struct_class", "struct_info", "struct_members"}
    assert set(dump_names.ARGUMENTS) - set(known) - ours == set()
