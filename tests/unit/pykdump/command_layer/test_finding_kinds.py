# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of finding is used by a command, and each used one is known."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from support import fake_crash

fake_crash.install()

from pykdump.command_layer.finding_kinds import FINDING_KINDS  # noqa: E402

PACKAGE = Path(__file__).parents[4] / "pykdump"


def words_of_commands() -> Iterator[str]:
    for path in PACKAGE.rglob("*.py"):
        if path.name != "finding_kinds.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_each_kind_is_used() -> None:
    assert sorted(set(FINDING_KINDS) - set(words_of_commands())) == []
