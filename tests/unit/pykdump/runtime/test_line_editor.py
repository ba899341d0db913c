# SPDX-License-Identifier: GPL-3.0-or-later
"""pykdump.runtime.line_editor: the module ``readline``, compared with CPython's own where that does the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import aliases, line_editor, runner  # noqa: E402

# The functions that the documentation of CPython 3.15 describes.
DOCUMENTED = """
parse_and_bind read_init_file get_line_buffer insert_text redisplay read_history_file write_history_file
append_history_file get_history_length set_history_length clear_history get_current_history_length get_history_item
remove_history_item replace_history_item add_history set_auto_history set_startup_hook set_pre_input_hook
get_pre_input_hook set_completer get_completer get_completion_type get_begidx get_endidx set_completer_delims
get_completer_delims set_completion_display_matches_hook backend
"""
# A program for both: this module, and CPython's. It prints the history and what its functions answer.
PROGRAM = """
import sys
def answer(name, *arguments):
    try:
        return getattr(readline, name)(*arguments)
    except (ValueError, OSError, TypeError) as error:
        return type(error).__name__
readline.set_auto_history(True)
for line in ("one", "two", "tw\\u00f6", "two"):
    readline.add_history(line)
readline.replace_history_item(0, "first")
readline.remove_history_item(1)
print([readline.get_history_item(i) for i in range(1, readline.get_current_history_length() + 1)])
print([answer("get_history_item", i) for i in (0, 4, 99)])
print([answer("remove_history_item", i) for i in (-1, 99)], [answer("replace_history_item", i, "x") for i in (-1, 99)])
print(answer("add_history", 5), answer("set_completer", 5), answer("set_startup_hook", 5))
print(answer("get_history_length"), answer("get_completer"), answer("set_completer"))
print(repr(readline.get_completer_delims()))
readline.write_history_file(folder + "/all")
readline.set_history_length(2)
readline.write_history_file(folder + "/two")
readline.append_history_file(1, folder + "/two")
print(answer("append_history_file", 1, folder + "/missing"))
print(answer("read_history_file", folder + "/missing"), answer("write_history_file", folder))
readline.set_history_length(-1)
readline.append_history_file(99, folder + "/two")
print([open(folder + "/" + name, "rb").read() for name in ("all", "two")])
readline.clear_history()
readline.read_history_file(folder + "/all")
readline.read_history_file(folder + "/two")
print([readline.get_history_item(i) for i in range(1, readline.get_current_history_length() + 1)])
print(readline.get_line_buffer(), readline.get_history_length())
"""


@pytest.fixture
def readline(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(line_editor.crash, "_edited_line", lambda: ("", 0))
    module = ModuleType("readline")
    line_editor.fill(module)
    return module


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch, readline: ModuleType) -> Callable[..., tuple[str | None, tuple[Any, ...]]]:
    """``entered(line) -> (what input() gets, what crash was asked)``."""

    def enter(line: str | None) -> tuple[str | None, tuple[Any, ...]]:
        asked: list[tuple[Any, ...]] = []
        monkeypatch.setattr(line_editor.crash, "_edit_line", lambda *request: (asked.append(request), line)[1])
        return readline._editor._input("> "), asked[0]

    return enter


def test_all_documented_functions_are_there(readline: ModuleType) -> None:
    public = {name for name in vars(readline) if not name.startswith("_")}
    assert public == set(DOCUMENTED.split())
    assert all(getattr(readline, name).__doc__ for name in public - {"backend"})


def test_history_and_its_files_are_as_with_cpython(
    readline: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, theirs = tmp_path / "own", tmp_path / "theirs"
    own.mkdir()
    theirs.mkdir()
    code = f"import readline\nfolder = {str(theirs)!r}\n" + PROGRAM
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    if "No module named 'readline'" in done.stderr:
        pytest.skip("this machine's Python has no readline")
    exec(PROGRAM, {"readline": readline, "folder": str(own)})
    assert capsys.readouterr().out.splitlines() == done.stdout.splitlines(), done.stderr


def test_a_negative_number_of_lines_is_refused(readline: ModuleType, tmp_path: Path) -> None:
    """CPython refuses it since 3.14; older releases take it for a very large number."""
    with pytest.raises(ValueError, match="negative"):
        readline.append_history_file(-1, tmp_path / "x")


def test_new_files_of_history_are_private(readline: ModuleType, tmp_path: Path) -> None:
    readline.write_history_file(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


def test_input_adds_lines_to_the_history(readline: ModuleType, entered: Callable[..., Any]) -> None:
    assert [entered(line)[0] for line in ("a", "a", "", None, "b", "a")] == ["a", "a", "", None, "b", "a"]
    assert readline._editor._lines == ["a", "b", "a"]
    readline.set_auto_history(False)
    entered("c")
    assert readline._editor._lines == ["a", "b", "a"]


def test_completion_asks_for_one_match_after_the_other(readline: ModuleType, entered: Callable[..., Any]) -> None:
    places = []

    def complete(text: str, state: int) -> str | None:
        places.append((text, state, readline.get_begidx(), readline.get_endidx()))
        return [text + "1", text + "2", None][state]

    assert entered("x")[1][4] is None, "without a completer, readline completes file names"
    readline.set_completer(complete)
    readline.set_completer_delims(" ")
    request = entered("x")[1]
    assert request[3] == " "
    assert request[4]("do é", "ab") == (["ab1", "ab2"], "", "")
    assert places == [("ab", 0, 4, 6), ("ab", 1, 4, 6), ("ab", 2, 4, 6)]
    assert readline.get_completer() is complete


def test_a_completer_without_end_is_left(readline: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_editor, "MATCHES_MAX", 5)
    readline.set_completer(lambda text, state: f"{text}{state}")
    assert len(readline._editor._complete("", "a")[0]) == 5


def test_hooks_are_given_to_crash(readline: ModuleType, entered: Callable[..., Any]) -> None:
    shown: list[object] = []
    readline.set_startup_hook(print)
    readline.set_pre_input_hook(len)
    readline.set_completion_display_matches_hook(lambda *what: shown.append(what))
    request = entered("x")[1]
    assert request[6:] == (print, len)
    request[5](["com", "comm", "compat"], 6)
    assert shown == [("com", ["comm", "compat"], 6)]
    readline.set_startup_hook()
    readline.set_completion_display_matches_hook(None)
    assert entered("x")[1][5:] == (None, None, len)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], int]]:
    aliases.install()
    monkeypatch.delitem(sys.modules, "readline", raising=False)
    yield lambda text: runner.main("string", [text])


def test_each_program_gets_its_own(runs: Callable[[str], int], capsys: pytest.CaptureFixture[str]) -> None:
    text = "import readline\nprint(readline.get_current_history_length())\nreadline.add_history('x')"
    assert [runs(text), runs(text)] == [0, 0]
    assert capsys.readouterr().out == "0\n0\n"
    assert "readline" not in sys.modules


def test_input_is_pythons_own_again_after_a_program(
    runs: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[Any] = [None]

    def set_reader(reader: Any) -> Any:
        readers.append(reader)
        return readers[-2]

    monkeypatch.setattr(line_editor.crash, "_set_input_reader", set_reader)
    assert runs("import readline") == 0
    assert [reader is None for reader in readers] == [True, True, False, True]


def test_a_nested_program_leaves_the_outer_one_its_history(
    runs: Callable[[str], int], capsys: pytest.CaptureFixture[str]
) -> None:
    inner = "import readline; print('inner', readline.get_current_history_length()); readline.add_history('y')"
    outer = (
        "import readline; readline.add_history('x')\n"
        f"from pykdump.runtime import runner; runner.main('string', [{inner!r}])\n"
        "import sys; print('outer', readline is sys.modules['readline'], readline.get_history_item(1))"
    )
    assert runs(outer) == 0
    assert capsys.readouterr().out == "inner 0\nouter True x\n"
