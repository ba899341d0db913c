# SPDX-License-Identifier: GPL-3.0-or-later
"""Symbols as attributes, commands that fail."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import crash_access  # noqa: E402


def test_kernel_variables_are_attributes() -> None:
    made = fake_crash.install()
    made.variables["jiffies"] = 17
    assert crash_access.PYKD.jiffies == 17
    with pytest.raises(TypeError):
        _ = crash_access.PYKD.nothing


def test_a_command_that_fails_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    made = fake_crash.install()
    made.commands["p 1"] = "$1 = 1\n"
    crash_access.exec_command("p 1")
    crash_access.exec_command("nothing")
    assert capsys.readouterr().out == "$1 = 1\nnothing: command not found\n"
