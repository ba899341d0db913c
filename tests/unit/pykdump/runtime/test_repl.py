# SPDX-License-Identifier: GPL-3.0-or-later
"""pykdump.runtime.repl: lines become statements; what a REPL leaves behind."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import repl  # noqa: E402

Run = Callable[..., tuple[dict[str, Any], list[BaseException]]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run(line, ...) -> (namespace, reported errors)``: enter the lines in a REPL without editing."""

    def enter(*lines: str) -> tuple[dict[str, Any], list[BaseException]]:
        waiting: list[str | None] = [*lines, None]
        namespace: dict[str, Any] = {}
        errors: list[BaseException] = []
        for name, value in {
            "_repl_begin": lambda: (False, False),
            "_edit_line": lambda *_request: waiting.pop(0),
        }.items():
            monkeypatch.setattr(repl.crash, name, value, raising=False)
        repl.interact(namespace, errors.append)
        return namespace, errors

    return enter


def test_blocks_end_at_an_empty_line_or_at_what_cannot_belong_to_them(run: Run) -> None:
    namespace, errors = run("a = []", "for i in 1, 2:", "    a.append(i)", "a.append(3)", "if a:", "  a.append(4)", "")
    assert (namespace["a"], errors) == ([1, 2, 3, 4], [])
    namespace, errors = run("if 0:", "    a = 1", "else:", "    a = 2", "class A:", "    b = 3", "class B: pass", "")
    assert (namespace["a"], namespace["A"].b, errors) == (2, 3, [])
    namespace, errors = run(
        "@lambda f: f", "def f():", "    return '''", "", "x'''", "try:", "  1/0", "except OSError: pass"
    )
    assert namespace["f"]() == "\n\nx"
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_what_is_pasted_at_once_may_have_empty_lines_in_blocks(run: Run) -> None:
    namespace, errors = run(
        "def f():\n    a = 1\n\n    b = 2\n    return a, b\n\nx = f()\nclass A:\n\n    y = 1\nz = A.y"
    )
    assert (namespace["x"], namespace["z"], errors) == ((1, 2), 1, [])


@pytest.mark.parametrize("line", ["if True", "x = 'a", "a\0b", "1 +", "\ud800", "def"])
def test_what_is_no_python_is_reported_and_forgotten(run: Run, line: str) -> None:
    namespace, errors = run(line, "x = 1")
    assert namespace["x"] == 1
    assert [isinstance(error, (SyntaxError, ValueError)) for error in errors] == [True]
    assert errors[0].__traceback__ is None


def test_the_message_is_pythons_own(run: Run) -> None:
    _, errors = run("if True")
    with pytest.raises(SyntaxError) as own:
        compile("if True\n", "<input-1>", "single")
    assert str(errors[0]) == str(own.value)


def test_long_values_are_shown_one_element_a_line(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("6 * 7", "_ + 1", "None", "['x' * 60, 'y' * 60]")
    assert capsys.readouterr().out == f"42\n43\n['{'x' * 60}',\n '{'y' * 60}']\n"


def test_nothing_is_left_behind(run: Run) -> None:
    hook, stdin = sys.displayhook, sys.stdin
    before = {name: hasattr(sys, name) for name in ("ps1", "ps2", "last_exc", "last_value", "last_traceback")}
    _, errors = run("6", "1 / 0", "print(sys.last_value)", "import sys", "str(sys.last_value)", "sys.ps1 = '? '")
    assert len(errors) == 1
    assert (sys.displayhook, sys.stdin) == (hook, stdin)
    assert {name: hasattr(sys, name) for name in before} == before
    assert not hasattr(builtins, "_")


def test_a_programs_own_names_stay(run: Run) -> None:
    namespace: dict[str, Any] = {"readSU": 1, "quit": 2}
    repl._add_api(namespace)
    assert (namespace["readSU"], namespace["quit"], "exit" in namespace) == (1, 2, False)
    assert namespace["CU_LIVE"] == 1
