# SPDX-License-Identifier: GPL-3.0-or-later
"""What the runner does for every program: common options, hooks, the last line, threads, the recursion limit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from support.session import CrashSession

Program = Callable[..., str]
TIME = re.compile(r"\n\n \*\* Execution took +\d+\.\d\ds \(real\) +\d+\.\d\ds \(CPU\)\n$")


def raw(session: CrashSession, command: str) -> str:
    return session.read_until(session.send(command))


def test_the_last_line_of_programs_and_commands(crash_session: CrashSession, program: Program, tmp_path: Path) -> None:
    path = program("import sys\nprint('x')\nif sys.argv[1:]: raise ValueError\n")
    assert TIME.search(raw(crash_session, f"epython {path}"))
    assert TIME.search(raw(crash_session, f"epython {path} fail"))
    assert TIME.search(raw(crash_session, "taskinfo --summary"))
    for quiet in ("epython -c 1", "epython no_such_program", "taskinfo --nonsense", f"epython {path} > {tmp_path}/o"):
        assert "Execution took" not in raw(crash_session, quiet)
    assert (tmp_path / "o").read_text() == "x\n"
    assert raw(crash_session, f"epython {path} | cat") == "x\n"
    json.loads(raw(crash_session, "taskinfo --summary --json"))


def test_programs_do_not_see_the_common_options(crash_session: CrashSession, program: Program) -> None:
    path = program(
        "from pykdump.API import *\nprint(sys.argv[1:], debug, API_options.debug, API_options.experimental,"
        " crash.default_timeout, len(readList(sym2addr('modules'), warn=False)))\n"
    )
    plain = crash_session.run(f"epython {path}")
    assert re.fullmatch(r"\[\] 0 0 False 120 \d+\n", plain)
    given = "-a --debug 2 --timeout=7 b --experimental --maxel 3 -- --debug 5"
    assert crash_session.run(f"epython {path} {given}") == "['-a', 'b', '--', '--debug', '5'] 2 2 True 7 3\n"
    assert crash_session.run(f"epython -d 3 {path} c -- d") == plain.replace("[] 0 0", "['c', '--', 'd'] 3 3")
    assert crash_session.run(f"epython {path} --reload") == plain


def test_help(crash_session: CrashSession) -> None:
    shown = crash_session.run("epython -h")
    assert shown.startswith("Usage: epython [options] [PROGRAM [ARGUMENT ...]]\n  epython   ")
    assert "  -h, --help, --ehelp         show this text\n" in shown
    assert shown.endswith(
        "\nOutput goes where crash sends it: `epython prog.py | head` and `epython prog.py > file` work.\n"
    )
    assert [raw(crash_session, f"epython {word}") for word in ("-h", "--help", "--ehelp")] == [shown] * 3
    assert "Execution took" not in raw(crash_session, "epython -V")


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("--timeout", "needs a value"),
        ("--maxel x", "'x'"),
        ("--usens 99999999", "99999999"),
        ("--ofile /no/x", "/no/x"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    crash_session: CrashSession, program: Program, option: str, expected: str
) -> None:
    output = crash_session.run(f"epython {program('print(1)')} {option}")
    assert output.count("\n") == 1
    assert expected in output


def test_the_output_file(crash_session: CrashSession, program: Program, tmp_path: Path) -> None:
    path = program("from pykdump.API import *\nprint('\\u20ac')\npylog.warning('odd')\n")
    assert crash_session.run(f"epython {path} --ofile {tmp_path}/out") == ""
    text = (tmp_path / "out").read_text()
    assert text.startswith("\u20ac\n+++WARNING+++ odd\n")
    assert "Summary" in text
    assert crash_session.run("epython -c 'print(5)'") == "5\n"


def test_the_namespace_option(crash_session: CrashSession, program: Program) -> None:
    path = program(
        "from pykdump.API import *\nprint(get_nsproxy() == readSU('struct task_struct', pid_to_task(1)).nsproxy)\n"
    )
    assert crash_session.run(f"epython {path} --usens 1") == "True\n"


def test_the_cache_report(crash_session: CrashSession, program: Program) -> None:
    path = program("from pykdump.API import *\n@memoize_cond(CU_LIVE)\ndef f(x): return x\nf(1); f(2)\n")
    assert re.search(r"^ +2 +__main__\.f$", crash_session.run(f"epython {path} --dumpcache"), re.MULTILINE)


def test_hooks_run_around_later_programs(crash_session: CrashSession, program: Program) -> None:
    crash_session.run(
        "epython -c \"import sys; sys.enterepython = lambda: print('enter'); sys.exitepython = lambda: print('exit')\""
    )
    path = program("print('program')\n1 / 0\n")
    output = crash_session.run(f"epython {path}")
    assert output.startswith("enter\nprogram\nexit\n")
    assert output.endswith("ZeroDivisionError: division by zero\n")
    crash_session.run('epython -c "import sys; del sys.enterepython, sys.exitepython"')
    assert crash_session.run(f"epython {path}").startswith("program\n")


def test_threads_are_waited_for(crash_session: CrashSession, program: Program) -> None:
    path = program(
        "import threading, time\ndef work():\n    time.sleep(0.5)\n    print('thread done')\n"
        "threading.Thread(target=work).start()\nprint('program done')\n"
    )
    assert crash_session.run(f"epython {path}") == "program done\nthread done\n"


def test_a_thread_without_end_does_not_hold_the_session(crash_session: CrashSession, program: Program) -> None:
    path = program(
        "import threading\nfrom pykdump.runtime import threads\nthreads.PATIENCE_SECONDS = 1.0\n"
        "stop = threading.Event()\nthreading.main_stop = stop\n"
        "threading.Thread(target=stop.wait, name='endless').start()\n"
    )
    assert "endless" in crash_session.run(f"epython {path}", 20)
    assert crash_session.run("epython -c 'import threading; threading.main_stop.set()'") == ""


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("crash.mem2long(b'')", "ValueError"),
        ("get_pathname(0xdead, 0)", "error"),
        ("get_pathname(0, 0)", "left 0"),
        ("FD_ISSET(5, b'')", ""),
    ],
)
def test_what_killed_the_classic_session(
    crash_session: CrashSession, program: Program, statement: str, expected: str
) -> None:
    path = program(
        "from pykdump.API import *\nbefore = len(os.listdir('/proc/self/fd'))\nfor i in range(20):\n    try:\n"
        f"        {statement}\n    except Exception as e:\n        kind = repr(e)\n    else:\n        kind = ''\n"
        "print('kind', kind)\nprint('left', len(os.listdir('/proc/self/fd')) - before)\n"
    )
    output = crash_session.run(f"epython {path}")
    assert expected in output
    assert output.endswith("left 0\n")
    assert "LOAD AVERAGE" in crash_session.run("sys")


def test_main_and_file_belong_to_one_program(crash_session: CrashSession, program: Program) -> None:
    first = program("import sys\nmarker = 1\nprint(sys.modules['__main__'].__file__ == __file__)\n", "one.py")
    assert crash_session.run(f"epython {first}") == "True\n"
    assert crash_session.run("epython -c \"print('marker' in globals(), '__file__' in globals())\"") == "False False\n"
