# SPDX-License-Identifier: GPL-3.0-or-later
"""The committed JSON Schemas of the commands. ``python -m tests.support.schemas`` writes them again."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pykdump.command_layer.command import Command

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "pykdump/schemas"
COMMANDS = sorted(path.stem for path in (PROJECT / "pykdump/commands").glob("*.py") if not path.name.startswith("_"))


def command(name: str) -> Command:
    """The command of this name. The module `crash` must be there, or a fake one."""
    found: Command = importlib.import_module(f"pykdump.commands.{name}").COMMAND
    return found


def schema(name: str) -> dict[str, Any]:
    """The schema of a command, made from its records. The module `crash` must be there, or a fake one."""
    from pykdump.command_layer.schema import schema_of

    return schema_of(command(name))


def text(name: str) -> str:
    """The schema of a command as its file has it."""
    return json.dumps(schema(name), indent=1) + "\n"


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


def committed(name: str) -> dict[str, Any]:
    found = json.loads(path_of(name).read_text())
    assert isinstance(found, dict)
    return found


def main() -> None:
    sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]
    from support import fake_crash

    fake_crash.install()
    FOLDER.mkdir(exist_ok=True)
    for name in COMMANDS:
        path_of(name).write_text(text(name))


if __name__ == "__main__":
    main()
