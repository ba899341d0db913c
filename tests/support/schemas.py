# SPDX-License-Identifier: GPL-3.0-or-later
"""What is generated from the commands and committed: JSON Schemas, the list of findings, the table in README.md.

``python -m tests.support.schemas`` writes all of them again.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pykdump.command_layer.command import Command

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "pykdump/schemas"
README = PROJECT / "README.md"
FINDINGS = "findings"
COMMANDS = sorted(path.stem for path in (PROJECT / "pykdump/commands").glob("*.py") if not path.name.startswith("_"))
_TABLE = re.compile(r"(?<=<!-- generated from pykdump/commands -->\n).*?(?=<!-- end -->)", re.S)


def command(name: str) -> Command:
    """The command of this name. The module `crash` must be there, or a fake one."""
    found: Command = importlib.import_module(f"pykdump.commands.{name}").COMMAND
    return found


def documents() -> dict[str, dict[str, Any]]:
    """{file without .json: its content}: the schema of each command, and the list of findings."""
    from pykdump.command_layer.schema import findings_table, schema_of

    return {**{name: schema_of(command(name)) for name in COMMANDS}, FINDINGS: findings_table()}


def committed(name: str) -> dict[str, Any]:
    """The committed content of a file."""
    found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@cache
def _validator(name: str) -> Any:
    import jsonschema_rs  # the embedded interpreter does not have it

    return jsonschema_rs.Draft202012Validator(committed(name))


def validate(name: str, document: object) -> None:
    """Raise jsonschema_rs.ValidationError if a document of the command ``name`` does not fit its committed schema."""
    _validator(name).validate(document)


def command_table() -> str:
    """The table of all commands for README.md."""
    rows = [f"| `{name}` | {_summary(name)} |\n" for name in COMMANDS]
    return "".join(["| command | shows |\n", "|---|---|\n", *rows])


def _summary(name: str) -> str:
    return command(name).text.partition("\n")[0].partition(": ")[2].rstrip(".")


def readme_with_table() -> str:
    """The text of README.md with the table as it should be."""
    table = command_table()
    text, number = _TABLE.subn(lambda match: table, README.read_text(encoding="utf-8"))
    assert number == 1, "README.md has no place for the table of commands"
    return text


def main() -> None:
    sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]
    from support import fake_crash

    fake_crash.install()
    FOLDER.mkdir(exist_ok=True)
    for name, document in documents().items():
        (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    README.write_text(readme_with_table(), encoding="utf-8")


if __name__ == "__main__":
    main()
