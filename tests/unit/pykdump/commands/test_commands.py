# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command has a test of its name, a parser with help, and a main() that returns an exit status."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

FOLDER = Path(__file__).parents[4] / "pykdump/commands"
COMMANDS = sorted(path.stem for path in FOLDER.glob("*.py") if not path.name.startswith("_"))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_test(name: str) -> None:
    assert Path(__file__).with_name(f"test_{name}.py").is_file()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_shows_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module(f"pykdump.commands.{name}")
    assert module.__doc__.startswith(f"{name}: ")
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert not ended.value.code
    assert capsys.readouterr().out.startswith(f"usage: {name} ")
