# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program changes in the interpreter is changed back when it has ended."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import API  # noqa: E402
from pykdump.runtime import programs, runner  # noqa: E402
from pykdump.runtime.interpreter_state import InterpreterState  # noqa: E402


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(programs.PATH_VARIABLE, raising=False)
    yield tmp_path
    assert InterpreterState.depth == 0


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def run(folder: Path, text: str) -> int:
    return runner.main("program", [write(folder, "prog.py", text)])


def test_nested_namespace_packages_are_forgotten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "ns/sub/mod.py", "value = 7")
    for _ in range(3):
        assert run(folder, "import ns.sub.mod\nprint(ns.sub.mod.value)") == 0
        assert [name for name in sys.modules if name.split(".")[0] == "ns"] == []
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("7\n7\n7\n", "")


@pytest.mark.parametrize(
    "text",
    [
        # The parent of a namespace package is gone, so that its __path__ cannot be computed.
        "import ns.sub.mod, sys\ndel sys.modules['ns']",
        "import sys\nclass Odd:\n    def __getattr__(self, name): raise RuntimeError(name)\nsys.modules['odd'] = Odd()",
        "import sys\nsys.modules['odd'] = None",
        "import sys, types\nsys.modules['odd'] = types.ModuleType('odd')\nsys.modules['odd'].__path__ = 5",
    ],
)
def test_odd_modules_do_no_harm(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "ns/sub/mod.py", "")
    left = "from pykdump.pylog import pylog\npylog.warning_onexit('noted')\n"
    for _ in range(2):
        assert run(folder, left + text) == 0
        captured = capsys.readouterr()
        assert "noted" in captured.out, "the work at the end of a program is lost"
        assert captured.err == ""
    sys.modules.pop("odd", None)


def test_an_output_file_that_cannot_be_closed_is_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert runner.main("string", ["print(1)", "--debug", "3", "--ofile", "/dev/full"]) == runner.STATUS_USAGE
        assert API.debug == 0, "the other options end as well"
        assert capsys.readouterr().err == "epython: --ofile /dev/full: No space left on device.\n"


def test_settings_of_the_interpreter_are_as_before(folder: Path) -> None:
    before = sys.gettrace(), sys.getprofile(), sys.getrecursionlimit(), sys.getswitchinterval()
    assert (
        run(
            folder, "import sys\nsys.setrecursionlimit(5000)\nsys.setprofile(lambda *a: None)\nsys.setswitchinterval(1)"
        )
        == 0
    )
    assert (sys.gettrace(), sys.getprofile(), sys.getrecursionlimit(), sys.getswitchinterval()) == before


def test_pythons_table_of_signal_handlers_is_as_before(folder: Path) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGUSR1, signal.SIGALRM, signal.SIGINT)}
    text = "import signal\nfor n in (signal.SIGUSR1, signal.SIGALRM, signal.SIGINT): signal.signal(n, signal.SIG_IGN)"
    assert run(folder, text) == 0
    assert {number: signal.getsignal(number) for number in before} == before
