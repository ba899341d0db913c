# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that could end, block or bloat a crash session. After each of them the next command works as before."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.session import CrashSession, Result, Variant, Vmcore

Program = Callable[..., str]
PAGE = os.sysconf("SC_PAGE_SIZE")
MIB = 1 << 20

START = "import crash, os, sys, time\nfrom pykdump.API import *\nprint('started', flush=True)\n"


@pytest.fixture(scope="module")
def session(variant: Variant, vmcore: Vmcore) -> Iterator[CrashSession]:
    """A crash of this file's own: its memory is measured."""
    with CrashSession(variant, vmcore) as opened:
        yield opened


def works(session: CrashSession) -> bool:
    """Whether crash, Python and a command that C runs for Python still do their work."""
    nested = "import crash; print('jiffies' in crash.exec_crash_command('sym jiffies'))"
    return "LOAD AVERAGE" in session.run("sys") and session.run(f'epython -c "{nested}"') == "True\n"


def resident(session: CrashSession) -> int:
    """Bytes of memory that the crash process occupies."""
    return int(Path(f"/proc/{session.pid}/statm").read_text().split()[1]) * PAGE


@pytest.mark.parametrize(
    "body",
    [
        "n = 0\nwhile True:\n    n += 1",
        "time.sleep(600)",
        "os.read(os.pipe()[0], 1)",
        "while True:\n    exec_crash_command('foreach bt')",
        "while True:\n    exec_crash_command('sym jiffies')",
        "exec_crash_command('search -k 123456789abcdef')\ntime.sleep(600)",
        "exec_crash_command('epython -c \"import time; time.sleep(600)\"')\ntime.sleep(600)",
        "while True:\n    crash.exec_gdb_command('ptype struct task_struct')",
        "while True:\n    try:\n        readU64(0x10)\n    except crash.error:\n        pass",
    ],
)  # fmt: skip
def test_ctrl_c_brings_the_prompt_back(session: CrashSession, program: Program, body: str) -> None:
    """What sleeps would sleep longer than a test waits for an answer."""
    marker = session.send(f"epython {program(START + body)}")
    session.read_until("started")
    time.sleep(0.4)
    session.interrupt()
    output = session.read_until(marker)
    assert "Interrupted." in output
    assert works(session)


@pytest.mark.parametrize("call", ["exec_crash_command('sym jiffies')", "exec_gdb_command('ptype struct task_struct')"])
def test_ctrl_c_again_and_again_loses_no_handler(session: CrashSession, program: Program, call: str) -> None:
    path = program(START + f"while True:\n    {call}\n")
    for attempt in range(20):
        marker = session.send(f"epython {path}")
        session.read_until("started")
        time.sleep(0.05 + attempt / 100)
        session.interrupt()
        assert "Interrupted." in session.read_until(marker)
    assert works(session)


def test_nudges_that_come_together(session: CrashSession, program: Program) -> None:
    """A busy machine delivers several signals of the watcher at once: none may run while another has just begun."""
    path = program(START + "while True:\n    exec_gdb_command('ptype struct task_struct')\n")
    for attempt in range(30):
        marker = session.send(f"epython {path}")
        session.read_until("started")
        time.sleep(0.05 + attempt / 100)
        session.interrupt()
        for _ in range(50):
            os.kill(session.pid, signal.SIGRTMAX - 3)  # MPYK_NUDGE_SIGNAL
        assert "Interrupted." in session.read_until(marker)
    assert works(session)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def f():\n    return f()\nf()", "RecursionError"),
        ("sys.setrecursionlimit(10**7)\ndef f():\n    return f()\nf()", "RecursionError"),
        ("sys.setrecursionlimit(10**7)\nclass A:\n    __repr__ = lambda self: repr(self)\nrepr(A())", "Error"),
        ("sys.setrecursionlimit(10**7)\nclass A:\n    __getattr__ = lambda self, n: getattr(self, n)\nA().x", "Error"),
        ("sys.setrecursionlimit(10**7)\ndef f(x):\n    return max([x], key=f)\nf(1)", "Error"),
        ("sys.setrecursionlimit(10**7)\nx = []\nfor i in range(300000):\n    x = [x]\nrepr(x)", "Error"),
        ("x = bytearray(1 << 60)", "MemoryError"),
        ("x = [0] * (1 << 58)", "MemoryError"),
        ("readmem(sym2addr('linux_banner'), 1 << 60)", "Error"),
        ("sys.stdout.close()\nraise ValueError('after close')", "ValueError: after close"),
        ("get_pathname(0xdead, 0)", "error"),
        ("crash.mem2long(b'')", "Error"),
        ("crash.mem2long(b'abc')", "Error"),
    ],
)  # fmt: skip
def test_what_kills_others(session: CrashSession, program: Program, body: str, expected: str) -> None:
    assert expected in session.run(f"epython {program(START + body)}")
    assert works(session)


def test_a_program_that_closes_descriptor_1(
    variant: Variant, run_crash: Callable[..., Result], program: Program, tmp_path: Path
) -> None:
    """Nothing can be seen any more, but crash goes on to its own end."""
    path = program(START + "os.close(1)\nprint('lost')\nraise ValueError\n")
    seen = tmp_path / "seen"
    result = run_crash(
        variant, [f"extend {variant.extension}", f"epython {path}", f"epython -c \"open('{seen}', 'w').write('on')\""]
    )
    assert result.status == 0
    assert seen.read_text() == "on"


def test_an_error_of_crash_is_an_exception_and_loses_no_descriptor(session: CrashSession, program: Program) -> None:
    path = program(
        "import crash, os\ncount = lambda: len(os.listdir('/proc/self/fd'))\n"
        "before, caught = count(), 0\nfor i in range(50):\n    try:\n        with open('/dev/null'):\n"
        "            crash.get_pathname(0xdead, 0)\n    except crash.error:\n        caught += 1\n"
        "print(caught, count() - before)\n"
    )
    assert session.run(f"epython {path}") == "50 0\n"


def test_loading_again_and_again_does_not_grow(variant: Variant, vmcore: Vmcore, program: Program) -> None:
    path = program(START + "x = readSymbol('init_task'); print(x.comm, len(x.signal.rlim), x.mm)\n")

    def cycle(session: CrashSession, times: int) -> int:
        for _ in range(times):
            session.run(f"extend -u {variant.extension}")
            session.run(f"extend {variant.extension}")
            assert "swapper" in session.run(f"epython {path}")
        return resident(session)

    with CrashSession(variant, vmcore) as session:
        begin = cycle(session, 3)
        grown = cycle(session, 20) - begin
    assert grown < 2 * MIB


@pytest.mark.parametrize("line", ["taskinfo --summary", "epython {path}"])
def test_a_thousand_runs_do_not_grow(session: CrashSession, program: Program, line: str) -> None:
    path = program("from pykdump.API import *\nreadSymbol('init_task').comm\nexec_crash_command('sym jiffies')\n")

    def runs(count: int) -> int:
        for _ in range(count // 100):
            lines = "\n".join([line.format(path=path)] * 100)
            session.run(lines)
        return resident(session)

    begin = runs(200)
    assert runs(1000) - begin < MIB


def test_a_relative_path_and_cd(variant: Variant, run_crash: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "m.so").symlink_to(variant.extension.resolve())
    commands = ["extend ./m.so", "cd /", "epython -c \"import json, pykdump.API; print('in', json.dumps(1))\""]
    assert "in 1\n" in run_crash(variant, commands, cwd=tmp_path).stdout


def test_a_very_long_path(variant: Variant, run_crash: Callable[..., Result], tmp_path: Path) -> None:
    folder = tmp_path
    for letter in "abcdef":
        folder /= letter * 200
    folder.mkdir(parents=True)
    (folder / "m.so").write_bytes(variant.extension.read_bytes())
    result = run_crash(variant, ["extend ./m.so", "cd /", "epython -c \"import json; print('in', 6 * 7)\""], cwd=folder)
    assert "in 42\n" in result.stdout, result
