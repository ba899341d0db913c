# SPDX-License-Identifier: GPL-3.0-or-later
"""The text that a shell escape prints."""

from __future__ import annotations

import subprocess

from support import fake_crash

fake_crash.install()

from pykdump.legacy import command_text  # noqa: E402


def shell(command: str) -> None:
    subprocess.run(command.lstrip("!"), shell=True, check=False)


def test_the_output_of_a_shell_escape() -> None:
    assert command_text.run_command(shell, "!echo out; echo err >&2").startswith("out\n") is False
    assert command_text.run_command(shell, "!sh -c 'echo out; echo err >&2'") == "out\nerr\n"
    assert command_text.run_command_with_file(shell, "!tr a-z A-Z", "text\n") == "TEXT\n"
