# SPDX-License-Identifier: GPL-3.0-or-later
"""commands_generated.h is made from docstrings and is valid C for any docstring."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mpykbuild.artefact import command_table
from mpykbuild.base.errors import BuildError


def write(folder: Path, name: str, docstring: str) -> Path:
    path = folder / f"{name}.py"
    path.write_text(f"# SPDX\n{docstring!r}\nimport does_not_exist\n")
    return path


def test_modules_with_an_underscore_are_no_commands(tmp_path: Path) -> None:
    for name in ("b", "a", "__init__", "_shared"):
        write(tmp_path, name, f"{name}: x.")
    assert [path.stem for path in command_table.command_files(tmp_path)] == ["a", "b"]


def test_docstring_without_the_name_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "fregs", "Show registers.")
    with pytest.raises(BuildError, match=r"fregs\.py.*'fregs: what"):
        command_table.read_command(path)


def test_generated_table_compiles_and_keeps_the_text(tmp_path: Path) -> None:
    text = 'line "one" with \\ and ??/\n\n  100% é'
    write(tmp_path, "taskinfo", f"taskinfo: all tasks.\n\n{text}")
    (tmp_path / "commands_generated.h").write_text(command_table.commands_header(tmp_path))
    program = tmp_path / "show.c"
    program.write_text(
        '#include <stdio.h>\n#include "commands_generated.h"\n'
        "int main(void) { const struct mpyk_command *c = mpyk_commands;\n"
        'for (; c->name; c++) printf("%s|%s|%s", c->name, c->synopsis, c->text);\nreturn 0; }\n'
    )
    subprocess.run(["cc", "-Wall", "-Werror", "-trigraphs", str(program), "-o", str(tmp_path / "show")], check=True)
    shown = subprocess.run([tmp_path / "show"], check=True, capture_output=True, text=True, encoding="utf-8").stdout
    assert shown == f"taskinfo|all tasks|{text}"
