# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of crash commands, read from the docstrings in ``pykdump/commands`` without importing them.

``extend`` registers all commands from this table, so it does not have to start Python.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError


@dataclass(frozen=True)
class Command:
    """One crash command. crash's `help` shows its name and summary in the header, and its text below."""

    name: str
    summary: str
    text: str


def command_files(folder: Path) -> list[Path]:
    """Return the files of ``folder`` that define a command, sorted by name."""
    return sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))


def read_command(path: Path) -> Command:
    """Read a command from the docstring ``<name>: summary`` of its module.

    Raises BuildError when the docstring has another form.
    """
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"), str(path))) or ""
    first, _, rest = docstring.partition("\n")
    name, colon, summary = first.partition(": ")
    if not colon or name != path.stem or not summary.strip():
        raise BuildError(
            f"{path}: the first line of its docstring must read '{path.stem}: what the command does.'",
            "change it; crash shows this line in `help`.",
        )
    return Command(name, summary.strip().rstrip("."), rest.strip())


def c_string(text: str) -> str:
    """Return ``text`` as a C string literal, with one line of source for each line of text."""
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") for line in text.split("\n")]
    return "\n     ".join(f'"{line}\\n"' for line in escaped[:-1]) + (" " if escaped[:-1] else "") + f'"{escaped[-1]}"'


def commands_header(folder: Path) -> str:
    """Return the text of ``commands_generated.h`` for the commands in ``folder``."""
    rows = []
    for path in command_files(folder):
        command = read_command(path)
        fields = (command.name, command.summary, command.text)
        rows.append("    {" + ",\n     ".join(c_string(field) for field in fields) + "},\n")
    return (
        "/* Generated from the docstrings in pykdump/commands; do not edit. */\n"
        "#ifndef MPYK_COMMANDS_GENERATED_H\n#define MPYK_COMMANDS_GENERATED_H\n\n"
        "struct mpyk_command {\n    const char *name;\n    const char *synopsis;\n    const char *text;\n};\n\n"
        "static const struct mpyk_command mpyk_commands[] = {\n" + "".join(rows) + "    {0, 0, 0},\n};\n\n#endif\n"
    )
