# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program changes in the session, and what it must not change."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.session import CrashSession

Program = Callable[..., str]
STATE = (
    "import os, signal\n"
    "words = ('SigC', 'SigI', 'SigB', 'ShdPnd', 'Umask')\n"
    "lines = [line for line in open('/proc/self/status') if line.startswith(words)]\n"
    "print(os.getcwd(), signal.getitimer(signal.ITIMER_REAL), *lines)\n"
)
CHANGES = (
    "import os, signal\nsignal.signal(signal.SIGTERM, lambda *a: None)\nsignal.signal(signal.SIGUSR1, signal.SIG_IGN)\n"
    "signal.signal(signal.SIGALRM, lambda *a: print('alarm'))\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    "os.chdir('/')\nos.umask(0o777)\nsignal.alarm(1)\n"
)


@pytest.mark.parametrize("end", ["", "raise SystemExit(1)\n", "1 / 0\n", "signal.pthread_sigmask(0, [14, 15])\n"])
def test_the_process_is_as_before(crash_session: CrashSession, program: Program, end: str) -> None:
    state = program(STATE, "state.py")
    before = crash_session.run(f"epython {state}")
    crash_session.run(f"epython {program(CHANGES + end)}")
    assert crash_session.run(f"epython {state}") == before
    time.sleep(1.2)
    assert crash_session.run("epython -c 'print(5)'") == "5\n"


def test_an_inner_program_changes_nothing_for_the_outer(crash_session: CrashSession, program: Program) -> None:
    inner = program(CHANGES, "inner.py")
    # The first command of a session adds a signal handler of our own.
    start = "from pykdump.API import *\nexec_crash_command('sys')\n"
    text = f"{start}exec({STATE!r})\nexec_crash_command('epython {inner}')\nexec({STATE!r})\n"
    lines = crash_session.run(f"epython {program(text)}").splitlines()
    assert lines[: len(lines) // 2] == lines[len(lines) // 2 :]


def test_a_start_up_script_goes_on_after_a_name_that_exists(crash_session: CrashSession, program: Program) -> None:
    text = (
        "from pykdump.API import *\n"
        "print([crash.register_epython_prog(n, 'a', 'b', 'c') for n in ('sys', 'startuptest', 'startuptest')])\n"
    )
    lines = crash_session.run(f"epython {program(text)}").splitlines()
    assert lines[-1] == "[False, True, False]"
    assert [line.split("`")[1] for line in lines[:-1]] == ["sys", "startuptest"]


def test_packages_without_init(crash_session: CrashSession, program: Program, tmp_path: Path) -> None:
    program("value = 7\n", "ns/sub/mod.py")
    path = program(
        "import ns.sub.mod\nfrom pykdump.API import *\npylog.warning_onexit('odd')\nprint(ns.sub.mod.value)\n"
    )
    for _ in range(3):
        lines = crash_session.run(f"epython {path}").splitlines()
        assert (lines[0], lines[-1]) == ("7", "+++WARNING+++ odd")
