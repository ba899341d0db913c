# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGINT reaches the main thread and the children of commands, whoever runs at that time."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.session import CrashSession, Result, Variant

Program = Callable[..., str]
RunCrash = Callable[..., Result]

START = "import crash, os, sys, threading, time\nfrom pykdump.API import *\nprint('started', flush=True)\n"


def interrupted(session: CrashSession, path: str) -> str:
    """Start a program, interrupt it when it has printed ``started``, and return the rest of its output."""
    marker = session.send(f"epython {path}")
    session.read_until("started")
    time.sleep(0.5)
    session.interrupt()
    return session.read_until(marker)


def works(session: CrashSession) -> bool:
    """Whether a command that uses gdb still works, and a program can run commands."""
    nested = "import crash; print('jiffies' in crash.exec_crash_command('sym jiffies'))"
    return "jiffies = " in session.run("p jiffies") and session.run(f'epython -c "{nested}"') == "True\n"


@pytest.mark.parametrize("command", ["!sleep 600", "! sleep 600", "shell sleep 600", "gdb shell sleep 600"])
def test_child_of_a_command_gets_the_signal(crash_session: CrashSession, program: Program, command: str) -> None:
    """The child would sleep longer than a test waits for an answer."""
    assert "Interrupted." in interrupted(crash_session, program(f"{START}exec_crash_command({command!r})\n"))
    assert works(crash_session)


def test_signal_that_came_just_before_a_command_stops_it(crash_session: CrashSession, program: Program) -> None:
    """Python cannot handle the signal before the command: from the first zero on, no Python code runs."""
    path = program(
        f"{START}import itertools\nzeroes = itertools.chain(itertools.repeat(0, 150_000_000), [1])\n"
        "commands = itertools.compress(itertools.repeat('!sleep 600'), zeroes)\n"
        "list(map(crash.exec_crash_command, commands))\n"
    )
    assert "Interrupted." in interrupted(crash_session, path)
    assert works(crash_session)


def test_child_of_a_gdb_command_gets_the_signal(crash_session: CrashSession, program: Program) -> None:
    assert "Interrupted." in interrupted(crash_session, program(f"{START}exec_gdb_command('shell sleep 600')\n"))
    assert works(crash_session)


@pytest.mark.parametrize("ask", ["exec_gdb_command('{}')", "exec_crash_command('gdb {}')"])
def test_a_request_to_gdb_does_not_drop_the_signal(crash_session: CrashSession, program: Program, ask: str) -> None:
    """To ignore SIGINT drops one that the watcher is about to take. gdb's own child sees what crash has done."""
    command = ask.format("pipe -d ; print 1 ; grep SigIgn /proc/$PPID/status")
    shown = crash_session.run(f"epython {program(f'{START}print({command})')}")
    ignored = int(re.findall(r"^SigIgn:\t(\w+)$", shown, re.M)[0], 16)
    assert not ignored & 1 << (signal.SIGINT - 1)
    assert works(crash_session)


def test_shell_escape_runs_its_command(crash_session: CrashSession, program: Program) -> None:
    path = program(f"{START}exec_crash_command('!grep SigBlk /proc/self/status')\n")
    assert "SigBlk:\t0000000000000000\n" in crash_session.run(f"epython {path}")


@pytest.mark.parametrize(
    "body",
    [
        "while True: readU64(sym2addr('jiffies'))",
        "while True:\n        try: readU64(0x10)\n        except crash.error: pass",
        "while True: sum(range(1000))",
    ],
)
def test_thread_that_works_does_not_take_the_signal(crash_session: CrashSession, program: Program, body: str) -> None:
    path = program(
        f"{START}def work():\n    {body}\nthreading.Thread(target=work, daemon=True).start()\n"
        "while True: exec_crash_command('task -R comm')\n"
    )
    for _ in range(3):
        assert "Interrupted." in interrupted(crash_session, path)
    assert works(crash_session)


@pytest.mark.parametrize(
    "call",
    [
        "exec_crash_command('sym jiffies')",
        "exec_crash_command('epython -c 1')",
        "exec_gdb_command('ptype int')",
        "crash.get_pathname(1, 1)",
    ],
)
def test_only_the_main_thread_runs_commands(crash_session: CrashSession, program: Program, call: str) -> None:
    path = program(
        f"{START}def work():\n    try: {call}\n    except crash.error as error: print(error)\n"
        "thread = threading.Thread(target=work)\nthread.start()\nthread.join()\n"
    )
    assert "Only the main thread can run commands of crash and gdb." in crash_session.run(f"epython {path}")
    assert works(crash_session)


def test_child_that_a_thread_forks_may_run_commands(crash_session: CrashSession, program: Program) -> None:
    """In the child, the thread that forked is the only one and so the main thread."""
    path = program(
        f"{START}def work(): print(exec_crash_command_bg('sym jiffies').split()[-1])\n"
        "thread = threading.Thread(target=work)\nthread.start()\nthread.join()\n"
    )
    assert crash_session.run(f"epython {path}").split()[-1] == "jiffies"


def test_input_file_without_a_terminal(variant: Variant, run_crash: RunCrash, program: Program, tmp_path: Path) -> None:
    (tmp_path / "commands").write_text("sym jiffies\n")
    path = program(f"{START}print('said', exec_crash_command('< commands'))\n")
    result = run_crash(variant, [f"extend {variant.extension}", f"epython {path}", "sym jiffies"], cwd=tmp_path)
    assert result.stdout.count("jiffies\n") >= 2
    assert result.status == 0
    assert "/dev/tty" not in result.stdout + result.stderr
