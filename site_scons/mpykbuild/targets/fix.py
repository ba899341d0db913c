# SPDX-License-Identifier: GPL-3.0-or-later
"""``./sconsw fix``: format all sources, correct what the linters can correct, and show what is left."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.base.process import run_on_terminal

TARGET = "fix"
C_SUFFIXES = frozenset({".c", ".h", ".cpp", ".hpp"})
# Programs for the guest and fixtures keep the style of their own projects.
C_FOLDERS = (PROJECT / "ext", *(PROJECT / "tests" / name for name in ("support", "unit/ext", "unit/support")))
C_STYLE = PROJECT / "ext" / ".clang-format"


def c_sources() -> list[Path]:
    """Return the C and C++ sources that have our style."""
    return sorted(path for folder in C_FOLDERS for path in folder.rglob("*") if path.suffix in C_SUFFIXES)


def clang_format(*options: str) -> list[str]:
    """Return the clang-format command for :func:`c_sources`. ``options`` say whether it writes or only reports."""
    program = Path(sys.executable).with_name("clang-format")
    return [str(program), f"--style=file:{C_STYLE}", *options, *map(str, c_sources())]


def linters() -> list[list[str]]:
    """Return the commands in the order in which they must run: each one reads what the ones before it changed."""
    python = [sys.executable, "-m"]
    return [
        [*python, "ruff", "check", "--quiet", "--fix", "."],
        [*python, "ruff", "format", "--quiet", "."],
        clang_format("-i"),
        [*python, "mypy"],
    ]


def fix(words: Sequence[str], values: Mapping[str, str], launched_from: Path) -> int:
    """Run all linters. Return 1 when one of them still reports a problem, otherwise 0."""
    if words:
        raise BuildError(f"{TARGET} takes no other words, but got {' '.join(words)}.", f"run ./sconsw {TARGET}.")
    statuses = [run_on_terminal(command, cwd=PROJECT) for command in linters()]
    return int(any(statuses))
