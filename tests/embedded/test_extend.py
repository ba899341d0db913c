# SPDX-License-Identifier: GPL-3.0-or-later
"""Loading and unloading of the extension, in environments that must not change anything."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mpykbuild.crash.requirements_section import read_requirements
from mpykbuild.crash.tree import parse_tree
from support.session import CrashSession, Result, Variant, Vmcore

RunCrash = Callable[..., Result]


def test_extend_unload_and_extend_again(variant: Variant, run_crash: RunCrash) -> None:
    once = [f"extend {variant.extension}", "epython -c \"print('in', 6 * 7)\"", f"extend -u {variant.extension}"]
    result = run_crash(variant, [*once, *once, *once, "epython -c 1", "!echo still here"])
    assert result.stdout.count("in 42\n") == 3
    assert result.stdout.count("shared object loaded") == 3
    assert result.stdout.count("shared object unloaded") == 3
    assert "command not found: epython" in result.stdout + result.stderr
    assert "still here\n" in result.stdout
    assert result.status == 0


def test_unloading_takes_the_commands_away(variant: Variant, run_crash: RunCrash) -> None:
    load = f"extend {variant.extension}"
    result = run_crash(variant, [load, "help", "!echo ==", f"extend -u {variant.extension}", "help"])
    before, _, after = result.stdout.partition("==")
    assert {"taskinfo", "epython"} <= set(before.split())
    assert not {"taskinfo", "epython"} & set(after.split())


def test_commands_have_their_help(variant: Variant, run_crash: RunCrash) -> None:
    result = run_crash(variant, [f"extend {variant.extension}", "help taskinfo", "help epython"])
    for part in ("taskinfo - all threads", "RAN-MS-AGO", "epython - "):
        assert part in result.stdout


def test_stray_modules_in_the_current_directory_change_nothing(
    variant: Variant, run_crash: RunCrash, tmp_path: Path
) -> None:
    for name in ("re", "os", "pykdump", "crash", "encodings", "LinuxDump"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('the stray {name} was imported')\n")
    program = "import re, os\nfrom pykdump.API import *\nprint('fine', re.sub('a', 'b', 'a'))\nimport LinuxDump.Tasks\n"
    (tmp_path / "prog.py").write_text(program)
    commands = [f"extend {variant.extension}", "epython prog.py", "taskinfo --summary", "epython -c 'import re, os'"]
    result = run_crash(variant, commands, cwd=tmp_path)
    assert "fine b\n" in result.stdout
    assert "threads of" in result.stdout
    assert "stray" not in result.stdout + result.stderr


@pytest.mark.long
def test_python_variables_change_nothing(variant: Variant, run_crash: RunCrash, tmp_path: Path) -> None:
    (tmp_path / "re.py").write_text("raise SystemExit('the stray module was imported')\n")
    strange = {
        "PYTHONHOME": "/x", "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": "/x", "PYTHONINSPECT": "1",
        "PYTHONVERBOSE": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "latin-1", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    program = "import re, sys; print('path', sys.path, sys.prefix, sys.flags.isolated)"
    commands = [f"extend {variant.extension}", f'epython -c "{program}"', "taskinfo --summary"]
    plain = run_crash(variant, commands)
    changed = run_crash(variant, commands, env=strange)
    assert "path [" in plain.stdout
    assert changed.stdout == plain.stdout
    assert changed.stderr == plain.stderr


def test_nothing_of_the_build_machine_is_on_the_path(variant: Variant, run_crash: RunCrash) -> None:
    show = "epython -c 'import sys; print(*sys.path, sep=chr(10))'"
    result = run_crash(variant, [f"extend {variant.extension}", show])
    so = str(variant.extension.resolve())
    entries = [line for line in result.stdout.splitlines() if line.startswith("/") and "loaded" not in line]
    assert entries == [f"{so}/stdlib", so]


def test_the_file_may_be_moved_and_stripped(variant: Variant, run_crash: RunCrash, tmp_path: Path) -> None:
    copy = tmp_path / "renamed-by-the-user.so"
    shutil.copy(variant.extension, copy)
    subprocess.run(["strip", copy], check=True)
    result = run_crash(variant, [f"extend ./{copy.name}", "cd /", "taskinfo --summary"], cwd=tmp_path)
    assert "threads of" in result.stdout, result


def test_a_file_for_another_gdb_says_so_in_one_sentence(
    variant: Variant, run_crash: RunCrash, configuration: dict[str, Any]
) -> None:
    rows = configuration["variants"]
    major = parse_tree(variant.crash.parent).gdb_major
    foreign = [row for row in rows if major not in read_requirements(Path(row["extension"])).majors]
    if not foreign:
        pytest.skip("needs a file that is not for this crash: ./sconsw test without crash= and python= has one")
    load = f"extend {foreign[0]['extension']}"
    result = run_crash(variant, [load, f"extend {variant.extension}", "epython -c \"print('in', 6 * 7)\"", load, "sys"])
    expected = f"mpykdump: this file was built for crash {foreign[0]['built_for'][0]}, which has gdb "
    output = result.stdout + result.stderr
    assert output.count(expected) == 2
    assert output.count(f"but this is crash {variant.crash_version}, which has another gdb: ") == 2
    assert "undefined symbol" not in output
    assert "in 42\n" in result.stdout
    assert "LOAD AVERAGE" in result.stdout
    assert result.status == 1, "a script can tell"


def test_exit_functions_see_the_dump(variant: Variant, run_crash: RunCrash, tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(
        "import atexit\nfrom pykdump.API import *\ntask = readSymbol('init_task')\n"
        "atexit.register(lambda: print('bye', task.comm, task.parent.pid, len(task.signal.rlim)))\n"
        "atexit.register(lambda: 1 / 0)\n"
    )
    result = run_crash(
        variant,
        [f"extend {variant.extension}", "epython prog.py", f"extend -u {variant.extension}", "sys"],
        cwd=tmp_path,
    )
    assert "bye swapper/0 0 16\n" in result.stdout
    assert "ZeroDivisionError" in result.stdout + result.stderr
    assert "LOAD AVERAGE" in result.stdout


def test_finalizers_may_use_the_dump_when_python_ends(variant: Variant, run_crash: RunCrash, tmp_path: Path) -> None:
    """Their objects live until Python is finalized, after the module `crash` was cleared."""
    (tmp_path / "prog.py").write_text(
        "import builtins, crash\nfrom pykdump.API import *\n"
        "class Late:\n"
        "    def __init__(self, call): self.call = call\n"
        "    def __del__(self):\n"
        "        try: self.call()\n"
        "        except Exception as error: last.append(type(error).__name__)\n"
        "last = []\n"
        "calls = [lambda: crash.readmem(0x10, 8), lambda: crash.readmem(0, 8), lambda: crash.sym2addr('nonesuch'),\n"
        "         lambda: crash.readSU('struct nonesuch', 1), lambda: crash.exec_crash_command('nonesuch'),\n"
        "         lambda: crash.getFullBuckets(0x10, 8, 1), lambda: crash.readList(0x10), lambda: int.x,\n"
        "         lambda: readSU('struct page', 0x1000).nonesuch, lambda: crash.enum_values('enum pid_type')]\n"
        "builtins.kept = [Late(call) for call in calls]\n"
        "builtins.raw = type('Raw', (), {'__del__': lambda self: crash.readmem(0x10, 8)})()\n"
    )
    load, run, unload = f"extend {variant.extension}", "epython prog.py", f"extend -u {variant.extension}"
    result = run_crash(variant, [load, run, unload, load, run, "sym jiffies"], cwd=tmp_path)
    assert "jiffies\n" in result.stdout
    assert "shared object unloaded" in result.stdout
    assert "SystemError" not in result.stdout + result.stderr
    assert result.status == 0, "the second Python ends with the session"


@pytest.mark.parametrize("command", ["extend -u {so}", "< unload"])
def test_program_that_unloads_the_extension_goes_on(
    variant: Variant, run_crash: RunCrash, tmp_path: Path, command: str
) -> None:
    command = command.format(so=variant.extension)
    (tmp_path / "unload").write_text(f"extend -u {variant.extension}\n")
    (tmp_path / "prog.py").write_text(
        f"from pykdump.API import *\nexec_crash_command({command!r})\n"
        "import json\nprint('goes on', readSymbol('init_task').comm, json.dumps([1]))\n"
        "try: exec_crash_command('epython -c 1')\nexcept crash.error as error: print('gone:', error)\n"
    )
    load = f"extend {variant.extension}"
    result = run_crash(variant, [load, "epython prog.py", "help", load, "epython -c 'print(6 * 7)'"], cwd=tmp_path)
    assert "goes on swapper/0 [1]\n" in result.stdout
    assert "gone: crash: command not found: epython" in result.stdout
    assert result.stdout.count("shared object loaded") == 2
    assert "42\n" in result.stdout
    assert result.status == 0


def test_path_with_the_letters_of_an_option(variant: Variant, run_crash: RunCrash, tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text("from pykdump.API import *\nprint(exec_crash_command('extend ./my-unload.so'))\n")
    result = run_crash(variant, [f"extend {variant.extension}", "epython prog.py", "sym jiffies"], cwd=tmp_path)
    assert "./my-unload.so" in result.stdout
    assert "cannot run from a program" not in result.stdout
    assert result.status == 0


def test_threads_that_a_program_left_end_nothing(variant: Variant, run_crash: RunCrash, tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(
        "import threading, time\n"
        "def spin():\n    while True: pass\n"
        "def nap():\n    while True: time.sleep(0.001)\n"
        "def doze():\n    while True: time.sleep(2)\n"  # it wakes when the extension is not there
        "for work in (spin, nap, doze, threading.Event().wait, spin):\n"
        "    threading.Thread(target=work, daemon=True).start()\n"
    )
    load, unload = f"extend {variant.extension}", f"extend -u {variant.extension}"
    result = run_crash(
        variant,
        [
            load,
            "epython prog.py",
            unload,
            "!sleep 3",
            load,
            "epython -c 'print(6 * 7)'",
        ],
        cwd=tmp_path,
    )
    assert "42\n" in result.stdout
    assert result.status == 0


@pytest.mark.parametrize("then", ["replaced", "removed"])
def test_the_file_may_be_replaced_while_it_is_loaded(
    variant: Variant, vmcore: Vmcore, tmp_path: Path, then: str
) -> None:
    """A new build puts another file in its place: what was loaded stays readable."""
    copy = tmp_path / "mpykdump.so"
    shutil.copy(variant.extension, copy)
    with CrashSession(replace(variant, extension=copy), vmcore) as session:
        assert session.run("epython -c 'print(1)'") == "1\n"
        copy.unlink()
        if then == "replaced":
            copy.write_bytes(b"\0" * 4096)
        program = "import json, textwrap; from LinuxDump import Tasks; print(len(Tasks.getRunQueues()) > 0)"
        assert session.run(f'epython -c "{program}"') == "True\n"
        assert "threads of" in session.run("taskinfo --summary")
