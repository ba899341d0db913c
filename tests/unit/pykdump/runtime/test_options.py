# SPDX-License-Identifier: GPL-3.0-or-later
"""The options common to all programs: taken from the command line, in force until the program ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

import crash  # noqa: E402

from pykdump import API, lists  # noqa: E402
from pykdump.option_values import API_options  # noqa: E402
from pykdump.runtime import options, runner  # noqa: E402
from pykdump.runtime.options import CommonOptions, WrongOption, count_leading  # noqa: E402


def taken(line: str) -> tuple[list[str], CommonOptions]:
    common = CommonOptions()
    return common.take(line.split()), common


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("a -b --long c", "a -b --long c"),
        ("a --debug 2 b --reload --maxel=5", "a b"),
        ("--debug 1 -- --debug 2", "-- --debug 2"),
        ("--reload=yes --experimental --dumpcache", "--reload=yes"),
        ("- --", "- --"),
    ],
)
def test_programs_do_not_see_them(line: str, kept: str) -> None:
    assert taken(line)[0] == kept.split()


def test_they_end_with_the_program() -> None:
    common = taken("--debug 3 --timeout 0x10 --maxel=7 --experimental")[1]
    before = (API.debug, crash.default_timeout, lists._maxel, dict(API_options))
    common.apply()
    assert (API.debug, crash.default_timeout, lists._maxel) == (3, 16, 7)
    assert {**API_options, "debug": 3, "experimental": True, "dumpcache": False} == API_options
    common.undo()
    assert (API.debug, crash.default_timeout, lists._maxel, dict(API_options)) == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--timeout", "--timeout needs a value."),
        ("--maxel x", "--maxel needs a number, not 'x'."),
        ("--debug=-1", "--debug needs a number, not '-1'."),
    ],
)
def test_a_wrong_value_is_one_sentence(line: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WrongOption) as caught:
        taken(line)
    assert str(caught.value) == message
    assert runner.main("string", ["1", *line.split()]) == 2
    assert capsys.readouterr().err == f"epython: {message}\n"


def test_the_output_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main("string", ["print('to the file'); 1/0", "--ofile", str(tmp_path / "out")]) == 1
    assert (tmp_path / "out").read_text() == "to the file\n"
    captured = capsys.readouterr()
    assert (captured.out, "ZeroDivisionError" in captured.err) == ("", True)
    assert runner.main("string", ["1", "--ofile", "/no/such/folder"]) == 2
    assert capsys.readouterr().err == "epython: --ofile /no/such/folder: No such file or directory.\n"


@pytest.mark.parametrize(
    ("line", "count"),
    [("", 0), ("prog --debug 1", 0), ("--debug 1 prog", 2), ("--debug=1 --reload prog", 2), ("--debug", 1),
     ("--unknown", 0), ("-- --debug", 0)],
)  # fmt: skip
def test_leading_options_are_counted(line: str, count: int) -> None:
    assert count_leading(line.split()) == count


def test_a_new_option_is_one_row(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    started: list[Any] = []

    def start(value: Any, undo: list[Any]) -> None:
        started.append(value)
        undo.append(lambda: started.append("end"))

    monkeypatch.setitem(options.OPTIONS, "newest", options.Option("", options._number, start))
    assert runner.main("command line", ["epython", "--newest", "5", "-c", "import sys; print(sys.argv)", "a"]) == 0
    assert (started, capsys.readouterr().out) == ([5, "end"], "['-c', 'a']\n")


def test_new_switch_is_one_row(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(options.OPTIONS, "newest-one", options.Option("", default=False))
    monkeypatch.delitem(API_options, "newest_one", raising=False)
    options.publish_defaults()
    program = "from pykdump.API import API_options; print(API_options.newest_one)"
    for words in ([program], [program, "--newest-one"], [program]):
        assert runner.main("string", words) == 0
    assert capsys.readouterr().out == "False\nTrue\nFalse\n"
    del API_options["newest_one"]


def test_each_switch_that_programs_read_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    switches = [name for name, value in API_options.items() if value is False]
    assert len(switches) >= 2
    program = "from pykdump.API import API_options; print(API_options[{!r}])"
    for name in switches:
        assert runner.main("string", [program.format(name), f"--{name}"]) == 0
        assert capsys.readouterr().out.splitlines()[0] == "True"
        assert API_options[name] is False


def test_a_program_cannot_make_options_for_the_next_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main("string", ["from pykdump.API import API_options; API_options['mine'] = False"]) == 0
    assert runner.main("string", ["import sys; print(sys.argv)", "--mine"]) == 0
    assert capsys.readouterr().out == "['-c', '--mine']\n"
    del API_options["mine"]


def test_an_inner_program_gives_the_namespaces_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from pykdump import namespaces

    chosen: list[Any] = []
    monkeypatch.setattr(namespaces, "set_nsproxy", lambda pid=None: chosen.append(pid))
    monkeypatch.setattr(namespaces, "remember", lambda: lambda: chosen.append("as before"))
    assert runner.main("string", ["1", "--usens", "5"]) == 0
    assert (chosen[0], chosen[-1]) == (5, "as before")
