# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of crash commands, gdb commands and shell escapes ("!ls") as text, error messages included."""

from __future__ import annotations

import os
import shlex
import tempfile

from crash import error, exec_crash_command, exec_gdb_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def run_command_with_file(func: Callable[[str], object], command: str, file_content: str) -> str:
    """Return output and errors of a command. A shell escape reads ``file_content`` as its input.

    ``func`` runs the command. The text of a crash.error is a normal result.
    """
    if not command.startswith("!"):
        return _run(func, command)
    with tempfile.TemporaryDirectory(prefix="mpykdump-") as folder:
        output, problems, given = (os.path.join(folder, name) for name in ("out", "err", "in"))
        if file_content:
            with open(given, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(file_content)
            # Not "< file": crash would use the words of the file as arguments.
            command = f"!cat {shlex.quote(given)} | {command[1:]}"
        command += f" > {shlex.quote(output)} 2> {shlex.quote(problems)}"
        printed = _run(func, command)
        return _text(output) + _text(problems) or printed


def _run(func: Callable[[str], object], command: str) -> str:
    try:
        return str(func(command) or "")
    except error as problem:
        return str(problem)


def _text(path: str) -> str:
    """Return the content of a file, "" if it does not exist."""
    try:
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def run_command(func: Callable[[str], object], command: str) -> str:
    """Return output and errors of a command that ``func`` runs."""
    return run_command_with_file(func, command, "")


def run_gdb_command(command: str) -> str:
    """Return output and errors of a gdb command ("!..." runs a shell)."""
    return run_command(exec_gdb_command, command)


def run_crash_command(command: str) -> str:
    """Return output and errors of a crash command ("!..." runs a shell)."""
    return run_command(exec_crash_command, command)


def run_gdb_command_with_file(command: str, file_content: str) -> str:
    """As run_gdb_command(), with ``file_content`` as the input of a shell."""
    return run_command_with_file(exec_gdb_command, command, file_content)


def run_crash_command_with_file(command: str, file_content: str) -> str:
    """As run_crash_command(), with ``file_content`` as the input of a shell."""
    return run_command_with_file(exec_crash_command, command, file_content)
