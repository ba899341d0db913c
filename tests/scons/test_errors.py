# SPDX-License-Identifier: GPL-3.0-or-later
"""A mistake on the command line gives one clear message without a traceback, and a status that is not 0."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mpykbuild.base.paths import PROJECT

FIXTURES = PROJECT / "tests" / "fixtures" / "crashtrees"


def scons(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run SCons in this project without building. SConstruct itself finds all mistakes of these tests."""
    command = [sys.executable, "-m", "SCons", "-n", "-C", str(PROJECT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def error_of(*arguments: str) -> str:
    done = scons(*arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stderr.startswith("mpykdump: error: ")
    assert "Next: " in done.stderr
    return done.stderr


def test_missing_crash_folder() -> None:
    assert "/nonexistent" in error_of("crash=/nonexistent")


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ("broken-no-defs", "no defs.h"),
        ("broken-target", "'VAX'"),
        ("broken-gdb-major", "gdb 12.1"),
        ("crash-devel", "defs.h"),
    ],
)
def test_crash_tree_that_cannot_be_used(tree: str, message: str) -> None:
    assert message in error_of(f"crash={FIXTURES / tree}")


def test_unknown_option() -> None:
    assert "'pyhton'" in error_of("pyhton=x")


def test_unknown_target_names_the_nearest_one() -> None:
    said = error_of("reproducibel")
    assert "there is no target 'reproducibel' (did you mean 'reproducible'?)" in said
    assert "./sconsw -h" in said


def test_target_that_must_come_first() -> None:
    assert "run ./sconsw matrix by itself" in error_of("audit", "matrix")


def test_unknown_python() -> None:
    assert "2.7" in error_of("python=2.7")


def test_help_lists_the_options() -> None:
    done = scons("-h")
    assert done.returncode == 0
    assert "crash=" in done.stdout


def test_folder_without_a_prebuilt_python(tmp_path: Path) -> None:
    assert "holds no Python that could be embedded" in error_of(f"python=prebuilt:{tmp_path}")


def test_new_python_needs_one_release(tmp_path: Path) -> None:
    assert "takes one release" in error_of("new-python")
    assert "no such folder or file" in error_of("new-python", str(tmp_path / "absent"))
