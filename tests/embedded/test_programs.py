# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs inside crash. After every way to end, the prompt returns and the next command works."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.session import CrashSession, Result, Variant

Program = Callable[..., str]


def works(session: CrashSession) -> bool:
    """Whether both crash and Python still do their work."""
    return "LOAD AVERAGE" in session.run("sys") and session.run('epython -c "print(6 * 7)"') == "42\n"


def test_arguments_and_file(crash_session: CrashSession, program: Program) -> None:
    path = program("import sys\nprint(__name__, __file__, sys.argv[1:])\n")
    assert crash_session.run(f"epython {path} -a --long=5 b") == f"__main__ {path} ['-a', '--long=5', 'b']\n"
    assert crash_session.run(f"epython {path[:-3]}") == f"__main__ {path} []\n"


def test_a_program_that_raises(crash_session: CrashSession, program: Program) -> None:
    path = program("def inner(x):\n    return 1 / x\n\nprint('before')\ninner(0)\n")
    output = crash_session.run(f"epython {path}")
    assert output.startswith("before\nTraceback (most recent call last):\n")
    assert f'File "{path}", line 5, in <module>' in output
    assert f'File "{path}", line 2, in inner' in output
    assert "return 1 / x" in output
    assert output.endswith("ZeroDivisionError: division by zero\n")
    assert "runner.py" not in output
    assert works(crash_session)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("sys.exit()", ""),
        ("sys.exit(3)", ""),
        ("sys.exit('no such disk')", "no such disk\n"),
        ("raise SystemExit", ""),
        ("raise KeyboardInterrupt", "Interrupted.\n"),
        ("import atexit, os; sys.stdout.close()", ""),
    ],
)
def test_every_way_to_end(crash_session: CrashSession, program: Program, statement: str, expected: str) -> None:
    path = program(f"import sys\nprint('begun')\nsys.stdout.flush()\n{statement}\n")
    assert crash_session.run(f"epython {path}") == "begun\n" + expected
    assert works(crash_session)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def f():\n    return f()\nf()\n", "RecursionError"),
        ("x = 'x' * (1 << 50)\n", "MemoryError"),
        ("if True\n", "SyntaxError"),
        ("import no_such_module_at_all\n", "ModuleNotFoundError"),
        ("b'\\xff'.decode()\n", "UnicodeDecodeError"),
        ("import sys\nsys.stdout = sys.stderr = None\nraise OSError\n", "OSError"),
    ],
)
def test_errors_of_all_sorts(crash_session: CrashSession, program: Program, text: str, name: str) -> None:
    assert name in crash_session.run(f"epython {program(text)}")
    assert works(crash_session)


def test_a_missing_program_is_one_sentence(crash_session: CrashSession) -> None:
    output = crash_session.run("epython no_such_program")
    assert output.count("\n") == 1
    assert "no_such_program" in output
    assert "PYKDUMPPATH" in output


def test_a_wrong_option_of_a_command_is_one_line(crash_session: CrashSession) -> None:
    output = crash_session.run("taskinfo --nonsense")
    assert output == "taskinfo: unrecognized arguments: --nonsense (try: taskinfo --help)\n"
    assert "--taskfilter" in crash_session.run("taskinfo --help")
    assert works(crash_session)


def test_output_to_a_pipe_and_to_a_file(crash_session: CrashSession, program: Program, tmp_path: Path) -> None:
    path = program("for i in range(100000):\n    print('line', i)\n")
    assert crash_session.run(f"epython {path} | head -2") == "line 0\nline 1\n"
    assert crash_session.run(f"epython {path} | wc -l").strip() == "100000"
    target = tmp_path / "out.txt"
    assert crash_session.run(f"epython {path} > {target}") == ""
    assert target.read_text().splitlines()[-1] == "line 99999"
    assert works(crash_session)


@pytest.mark.long
def test_output_is_unicode_whatever_the_locale(
    variant: Variant, run_crash: Callable[..., Result], program: Program
) -> None:
    path = program("print('\\u20ac \\u65e5\\u672c', ascii('\\u20ac'))\n")
    result = run_crash(variant, [f"extend {variant.extension}", f"epython {path}"], env={"LC_ALL": "C"})
    assert "\u20ac \u65e5\u672c '\\u20ac'\n" in result.stdout


def test_print_and_commands_keep_their_order(crash_session: CrashSession, program: Program) -> None:
    path = program(
        "import sys\nfrom pykdump.API import *\nfor i in range(3):\n    print('a', i)\n"
        "    print('b', i, file=sys.stderr)\n    print(exec_crash_command('eval 5').split()[1])\n"
    )
    assert crash_session.run(f"epython {path}") == "a 0\nb 0\n5\na 1\nb 1\n5\na 2\nb 2\n5\n"


def test_a_program_runs_programs_and_python_commands(crash_session: CrashSession, program: Program) -> None:
    inner = program("import sys\nprint('inner', sys.argv[1:])\nsys.exit(2)\n", "inner.py")
    outer = program(
        f"import sys\nfrom pykdump.API import *\ntext = exec_crash_command('epython {inner} x')\n"
        "print(repr(text), sys.argv[1:], __name__)\nprint('threads' in exec_crash_command('taskinfo --summary'))\n"
    )
    assert crash_session.run(f"epython {outer} y") == "\"inner ['x']\\n\" ['y'] __main__\nTrue\n"


def test_modules_beside_the_program_are_not_shared(crash_session: CrashSession, program: Program) -> None:
    for name in ("a", "b"):
        program(f"text = 'of {name}'\n", f"{name}/helper.py")
        path = program("import helper\nprint(helper.text)\n", f"{name}/prog.py")
        assert crash_session.run(f"epython {path}") == f"of {name}\n"


def test_nothing_is_left_for_the_next_program(crash_session: CrashSession, program: Program) -> None:
    look = "import sys\nprint('left' in globals(), '/left' in sys.path, sys.argv[1:], sys.getrecursionlimit())\n"
    leave = "left = 1\nsys.path.insert(0, '/left')\nsys.argv.append('left')\nsys.setrecursionlimit(99)\n"
    before = crash_session.run(f"epython {program(look)}")
    crash_session.run(f"epython {program('import sys' + chr(10) + leave, 'leave.py')}")
    assert before.startswith("False False [] ")
    assert crash_session.run(f"epython {program(look)}") == before


@pytest.mark.parametrize("loop", ["pass", "time.sleep(0.01)", "crash.exec_crash_command('sym jiffies')"])
def test_ctrl_c_ends_a_program(crash_session: CrashSession, program: Program, loop: str) -> None:
    path = program(f"import crash, time\nprint('started', flush=True)\nwhile True:\n    {loop}\n")
    marker = crash_session.send(f"epython {path}")
    crash_session.read_until("started")
    time.sleep(0.3)
    crash_session.interrupt()
    output = crash_session.read_until(marker)
    assert "Interrupted." in output
    assert works(crash_session)


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("print('jiffies' in exec_crash_command('sym jiffies'))\n", "True\n"),
        (
            "from optparse import Values\np = OptionParser()\nprint(p.parse_args([])[1], CDefine('#define A 5').A)\n",
            "[] 5\n",
        ),
        ("def f():\n    return readSU('struct task_struct', sym2addr('init_task')).comm\nprint(f())\n", "swapper/0\n"),
        ("from pykdump import *\nprint(readSymbol('init_task').comm, sys_info.CPUS > 0)\n", "swapper/0 True\n"),
        ("print(1)\nexit()\nprint(2)\n", "1\n"),
        ("print(1)\nquit('enough')\nprint(2)\n", "1\nenough\n"),
    ],
)
def test_programs_that_import_nothing(crash_session: CrashSession, program: Program, text: str, output: str) -> None:
    assert crash_session.run(f"epython {program(text)}") == output


def test_warnings_of_the_compiler_are_shown_once(crash_session: CrashSession, program: Program) -> None:
    program("pattern = '\\w'\n", "beside_old.py")
    path = program("import warnings\nimport beside_old\npattern = '\\d'\nprint('ran')\n", "old_pattern.py")
    crash_session.run(f"epython {path}")
    assert crash_session.run(f"epython {path}") == "ran\n"
