# SPDX-License-Identifier: GPL-3.0-or-later
"""C sources: formatted by clang-format, and functions and files as short as those in Python.

The layout that clang-format makes tells where a function is: its body starts with a line "{" and ends with a line "}".
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import clang_format

from mpykbuild.paths import PROJECT

MAX_FUNCTION_LINES = 40
MAX_FILE_LINES = 500
SUFFIXES = {".c", ".h", ".cpp", ".hpp"}
STYLE = PROJECT / "ext" / ".clang-format"
# What may stand right in front of a function, without an empty line.
NOT_OF_A_FUNCTION = ("}", "#", "/*", " *", "//")


def c_sources() -> list[Path]:
    """Return our C sources. Programs for the guest's kernel and old fixtures have the style of their own projects."""
    folders = (PROJECT / "ext", PROJECT / "tests" / "unit" / "ext")
    return sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in SUFFIXES)


def functions(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the first line of each function's definition with its number, and how many lines the function has."""
    lines = text.splitlines()
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
            while start > 0 and lines[start - 1] and not lines[start - 1].startswith(NOT_OF_A_FUNCTION):
                start -= 1
        elif line == "}" and start is not None:
            yield lines[start], start + 1, number - start + 1
            start = None


def too_long(text: str, most: int = MAX_FUNCTION_LINES) -> list[str]:
    return [f"line {number}: {count} lines: {line}" for line, number, count in functions(text) if count > most]


def test_functions_are_short() -> None:
    long = [f"{path.relative_to(PROJECT)}: {row}" for path in c_sources() for row in too_long(path.read_text())]
    assert long == []


def test_files_are_short() -> None:
    counts = {str(path): len(path.read_text().splitlines()) for path in c_sources()}
    assert {path: count for path, count in counts.items() if count > MAX_FILE_LINES} == {}


def test_lengths_are_measured() -> None:
    body = "    int x = 0;\n" * 3
    text = f"/* a */\nstatic int\nf(int a,\n  int b)\n{{\n{body}}}\n\nstruct s {{\n    int x;\n}};\n\n"
    text += "int\ng(void)\n{\n}\n"
    assert [(line, count) for line, _, count in functions(text)] == [("static int", 8), ("int", 4)]
    assert too_long(text, 7) == ["line 2: 8 lines: static int"]


def test_every_function_is_measured() -> None:
    """Other things with a "{" on a line of its own are the namespaces and classes of C++."""
    for path in c_sources():
        lines = path.read_text().splitlines()
        others = sum(a.startswith(("namespace", "class ")) and b == "{" for a, b in zip(lines, lines[1:]))
        assert lines.count("{") == len(list(functions("\n".join(lines)))) + others, path


def test_sources_are_formatted() -> None:
    program = clang_format.get_executable("clang-format")
    command = [program, f"--style=file:{STYLE}", "--dry-run", "--Werror", *map(str, c_sources())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr[-5000:]}\nrun {program} -i --style=file:{STYLE} on these files"
