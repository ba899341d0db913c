# SPDX-License-Identifier: GPL-3.0-or-later
"""mypy checks a user's program outside crash: the stubs of `crash` and the types of `pykdump` are all that it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mpykbuild.base.paths import PROJECT

GOOD = """\
import crash
from pykdump.API import *
from LinuxDump.trees import *  # type: ignore[import-not-found]

def name_of(pid: int) -> str:
    task = readSU("struct task_struct", crash.pid_to_task(pid))
    return str(task.comm)

for module in readSUListFromHead("modules", "list", "struct module"):
    print(hex(module), module.name, sym2addr("jiffies") + 1)
print(name_of(1), exec_crash_command("sys").splitlines()[0])
"""
MISTAKES = """\
from pykdump.API import *
readSU("struct task_struct")
sym2addr(5)
exec_crash_command("sys") + 1
readS32(sym2addr("jiffies")).comm
no_such_function()
"""
CODES = ("call-arg", "arg-type", "operator", "attr-defined", "name-defined")


def check(program: Path) -> subprocess.CompletedProcess[str]:
    """Run mypy as README.md tells the user to."""
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", program.name], cwd=program.parent,
        env={**os.environ, "MYPYPATH": f"{PROJECT}:{PROJECT / 'ext'}"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_good_program_passes(tmp_path: Path) -> None:
    program = tmp_path / "good.py"
    program.write_text(GOOD)
    done = check(program)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Success: no issues found in 1 source file")


def test_each_mistake_is_found(tmp_path: Path) -> None:
    program = tmp_path / "bad.py"
    program.write_text(MISTAKES)
    done = check(program)
    found = [line for line in done.stdout.splitlines() if line.startswith("bad.py:")]
    assert [(line.split(":")[1], line.rpartition("[")[2].rstrip("]")) for line in found if "error" in line] == [
        (str(number), code) for number, code in enumerate(CODES, 2)
    ]
