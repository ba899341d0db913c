# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's mistake on the command line: one clear message, no traceback, a status that is not 0."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mpykbuild.base.paths import PROJECT

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


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ("broken-no-defs", "no defs.h"),
        ("broken-target", "'VAX'"),
        ("broken-gdb-major", "gdb 12.1"),
        ("crash-devel", "defs.h"),
    ],
)
def test_crash_tree_that_cannot_be_used(tree: str, told: str) -> None:
    assert told in refused(f"crash={FIXTURES / tree}")


def test_unknown_option() -> None:
    assert "'pyhton'" in refused("pyhton=3.11")


def test_unknown_python() -> None:
    assert "2.7" in refused("python=2.7")


def test_help_lists_the_options() -> None:
    done = scons("-h")
    assert done.returncode == 0
    assert "crash=" in done.stdout


def test_a_folder_without_a_prebuilt_python(tmp_path: Path) -> None:
    assert "holds no Python that could be embedded" in refused(f"python=prebuilt:{tmp_path}")


def test_new_python_wants_one_release(tmp_path: Path) -> None:
    assert "takes one release" in refused("new-python")
    assert "no such folder or file" in refused("new-python", str(tmp_path / "absent"))
