# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs run by pykdump.runtime.runner: what they see, how they end, what they leave behind."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import programs, runner  # noqa: E402

Run = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(programs.PATH_VARIABLE, raising=False)
    return tmp_path


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_a_program_is_main_with_its_own_file_and_arguments(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(folder, "x.py", "import sys\nprint(__name__, __file__, sys.argv, sys.modules['__main__'].__file__)")
    main_before, argv_before = sys.modules["__main__"], sys.argv
    assert runner.main("program", [path, "-a", "b c"]) == 0
    assert capsys.readouterr().out == f"__main__ {path} {[path, '-a', 'b c']} {path}\n"
    assert sys.modules["__main__"] is main_before
    assert sys.argv is argv_before


def test_each_program_has_a_main_of_its_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runner.main("program", [write(folder, "one.py", "left_behind = 1")])
    assert runner.main("program", [write(folder, "two.py", "print(left_behind)")]) == 1
    assert "NameError" in capsys.readouterr().err


def test_the_runners_future_imports_do_not_reach_the_program(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(folder, "x.py", "def f(a: int): pass\nprint(f.__annotations__)")
    runner.main("program", [path])
    assert capsys.readouterr().out == "{'a': <class 'int'>}\n"


@pytest.mark.parametrize("typed", ["prog", "prog.py", "./prog", "sub/../prog.py"])
def test_a_program_is_found_with_and_without_its_suffix(
    folder: Path, typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "sub").mkdir()
    write(folder, "prog.py", "print('found')")
    assert runner.main("program", [typed]) == 0
    assert capsys.readouterr().out == "found\n"


def test_a_program_is_found_through_the_path_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, "there/prog.py", "import helper_of_prog\nprint(helper_of_prog.value)")
    write(folder, "lib/helper_of_prog.py", "value = 7")
    monkeypatch.setenv(programs.PATH_VARIABLE, f"{folder}/none:{folder}/there:{folder}/lib")
    assert runner.main("program", ["prog"]) == 0
    assert capsys.readouterr().out == "7\n"


def test_a_missing_program_is_one_sentence_that_says_where_it_was_searched(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(programs.PATH_VARIABLE, "/some/where")
    assert runner.main("program", ["nothere"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    for part in ("nothere", str(folder), "/some/where", "bundled"):
        assert part in error


@pytest.mark.parametrize("typed", ["sub/nothere", "sub"])
def test_a_wrong_path_is_one_sentence(folder: Path, typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sub").mkdir()
    assert runner.main("program", [typed]) == 1
    error = capsys.readouterr().err
    assert error.startswith("epython: ")
    assert error.count("\n") == 1
    assert typed in error


@pytest.mark.parametrize(
    ("statement", "status", "printed"),
    [
        ("pass", 0, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(0)", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit(True)", 1, ""),
        ("sys.exit('no such thing')", 1, "no such thing\n"),
        ("raise KeyboardInterrupt", 130, "Interrupted.\n"),
    ],
)
def test_every_way_to_end_has_its_status(
    folder: Path, statement: str, status: int, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(folder, "x.py", f"import sys\nprint('begun')\n{statement}\n")
    assert runner.main("program", [path]) == status
    captured = capsys.readouterr()
    assert captured.out == "begun\n"
    assert captured.err == printed


def test_a_traceback_shows_the_programs_frames_only(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(folder, "x.py", "def inner():\n    return {}['key']\n\ninner()\n")
    assert runner.main("program", [path]) == 1
    error = capsys.readouterr().err
    assert f'File "{path}", line 2, in inner' in error
    assert f'File "{path}", line 4, in <module>' in error
    assert "return {}['key']" in error
    assert error.splitlines()[-1] == "KeyError: 'key'"
    assert "runner.py" not in error


def test_a_syntax_error_names_file_and_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(folder, "x.py", "x = 1\nif x\n")
    assert runner.main("program", [path]) == 1
    error = capsys.readouterr().err
    assert f'File "{path}", line 2' in error
    assert "SyntaxError" in error
    assert "programs.py" not in error


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def f():\n    f()\nf()", "RecursionError"),
        ("raise MemoryError", "MemoryError"),
        ("class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E", "E"),
        ("import sys\nsys.stdout = None\n1/0", "ZeroDivisionError"),
    ],
)
def test_the_session_survives(folder: Path, text: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main("program", [write(folder, "x.py", text)]) == 1
    assert name in capsys.readouterr().err
    assert runner.main("string", ["print('still here')"]) == 0
    assert capsys.readouterr().out == "still here\n"


def test_modules_beside_a_program_are_forgotten_after_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = write(folder, "a/prog.py", "import beside\nprint(beside.text)")
    second = write(folder, "b/prog.py", "import beside\nprint(beside.text)")
    write(folder, "a/beside.py", "text = 'of a'")
    write(folder, "b/beside.py", "text = 'of b'")
    assert [runner.main("program", [p]) for p in (first, second)] == [0, 0]
    assert capsys.readouterr().out == "of a\nof b\n"
    assert "beside" not in sys.modules


def test_an_edited_module_is_read_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(folder, "prog.py", "import beside\nprint(beside.text)")
    for text in ("one", "quite another"):
        write(folder, "beside.py", f"text = {text!r}")
        runner.main("program", [path])
    assert capsys.readouterr().out == "one\nquite another\n"


def test_the_bundle_wins_over_the_programs_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "colorsys.py", "raise SystemExit('the stray one')")
    path = write(folder, "prog.py", "import colorsys, sys\nprint(sys.path[-1], colorsys.rgb_to_hls.__name__)")
    before = list(sys.path)
    assert runner.main("program", [path]) == 0
    assert capsys.readouterr().out == f"{folder} rgb_to_hls\n"
    assert sys.path == before


def test_a_string_runs_without_the_current_directory(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "stray_of_the_cwd.py", "")
    assert runner.main("string", ["import sys; print(sys.argv); 1/0", "a"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "['-c', 'a']\n"
    assert "1/0" in captured.err
    assert runner.main("string", ["import stray_of_the_cwd"]) == 1
    assert "ModuleNotFoundError" in capsys.readouterr().err


def test_a_module_or_a_packages_main_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, "lib/tool.py", "import sys\nprint(__name__, sys.argv[1:])")
    write(folder, "lib/pack/__init__.py", "")
    write(folder, "lib/pack/__main__.py", "print('pack')")
    monkeypatch.setenv(programs.PATH_VARIABLE, str(folder / "lib"))
    assert runner.main("module", ["tool", "x"]) == 0
    assert runner.main("module", ["pack"]) == 0
    assert capsys.readouterr().out == "__main__ ['x']\npack\n"
    assert runner.main("module", ["no_such_module"]) == 1
    assert "no_such_module" in capsys.readouterr().err


class ClosedReader(io.StringIO):
    """An output whose reader goes away after the first line."""

    def write(self, text: str) -> int:
        if "\n" in self.getvalue():
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        return super().write(text)


def test_a_closed_reader_is_no_failure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = io.StringIO()
    monkeypatch.setattr(sys, "stdout", ClosedReader())
    monkeypatch.setattr(sys, "stderr", error)
    assert runner.main("string", ["for i in range(100000): print(i)"]) == 0
    assert error.getvalue() == ""


def test_another_broken_pipe_is_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main("string", ["raise BrokenPipeError('of a socket')"]) == 1
    assert "of a socket" in capsys.readouterr().err


def test_a_program_may_run_another(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inner = write(folder, "inner/inner.py", "import sys\nprint('inner', sys.argv[1:], sys.path[-1])")
    outer = write(
        folder, "outer.py",
        "import sys\nfrom pykdump.runtime import runner\nfrom pykdump.pylog import pylog\npylog.warning_onexit('odd')\n"
        f"print(runner.main('program', [{inner!r}, 'x']))\nprint('outer', sys.argv[1:])",
    )  # fmt: skip
    assert runner.main("program", [outer, "y"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [f"inner ['x'] {folder}/inner", "0", "outer ['y']"]
    assert lines[-1] == "+++WARNING+++ odd", "the summary belongs to the outer program"


def test_commands_and_unknown_commands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main("command", ["taskinfo", "--nonsense"]) == 3
    error = capsys.readouterr().err
    assert error.startswith("taskinfo: ")
    assert "--nonsense" in error
    assert error.count("\n") == 1
    assert runner.main("command", ["taskinfo", "--help"]) == 0
    assert "--taskfilter" in capsys.readouterr().out
    assert runner.main("program", ["taskinfo", "--help"]) == 0
    assert "usage: taskinfo" in capsys.readouterr().out
    assert runner.main("command", ["nosuchcommand"]) == 1
    assert "nosuchcommand" in capsys.readouterr().err
    assert runner.main("strange", []) == 1


def test_the_old_package_name_gives_the_same_modules(capsys: pytest.CaptureFixture[str]) -> None:
    program = (
        "from LinuxDump import *\nfrom LinuxDump import Tasks\nfrom LinuxDump.Tasks import TaskTable\n"
        "import LinuxDump.percpu, pykdump.linux.tasks as new\n"
        "print(Tasks is new, TaskTable is new.TaskTable, readSU.__name__ != '', new.__name__)"
    )
    assert runner.main("string", [program]) == 0, capsys.readouterr().err
    assert capsys.readouterr().out == "True True True pykdump.linux.tasks\n"
