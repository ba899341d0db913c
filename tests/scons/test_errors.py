# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's mistake on the command line: one clear message, no traceback, a status that is not 0."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mpykbuild.paths import PROJECT

FIXTURES = PROJECT / "tests" / "fixtures" / "crashtrees"


def scons(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run SCons in this project without building: every mistake here is found when SConstruct is read."""
    command = [sys.executable, "-m", "SCons", "-n", "-C", str(PROJECT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def refused(*arguments: str) -> str:
    done = scons(*arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stderr.startswith("mpykdump: error: ")
    assert "Next: " in done.stderr
    return done.stderr


def test_crash_folder_that_is_not_there() -> None:
    assert "/nonexistent" in refused("crash=/nonexistent")


def test_crash_folder_without_sources(tmp_path: Path) -> None:
    assert "defs.h" in refused(f"crash={tmp_path}")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [("TARGET=X86_64", "TARGET=Z80", "Z80"), ("GDB=gdb-10.2", "GDB=gdb-99.1", "99")],
    ids=["target", "gdb"],
)
def test_crash_tree_of_an_unknown_kind(tmp_path: Path, old: str, new: str, told: str) -> None:
    tree = Path(shutil.copytree(FIXTURES / "crash-8.0.6", tmp_path / "crash"))
    makefile = (tree / "Makefile").read_text()
    assert old in makefile
    (tree / "Makefile").write_text(makefile.replace(old, new))
    assert told in refused(f"crash={tree}")


def test_unknown_option() -> None:
    assert "'pyhton'" in refused("pyhton=3.11")


def test_unknown_python() -> None:
    assert "2.7" in refused("python=2.7")


def test_help_lists_the_options() -> None:
    done = scons("-h")
    assert done.returncode == 0
    assert "crash=" in done.stdout
