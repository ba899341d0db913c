# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs written by a test and run inside crash."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.session import CrashSession

Program = Callable[..., str]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """``program(text, name="x.py")`` writes a new program file and returns its path."""

    def write(text: str, name: str = "x.py") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    return write


@pytest.fixture
def evaluate(crash_session: CrashSession, program: Program) -> Callable[[str], Any]:
    """``evaluate(expression)``: its value inside crash, with the whole API at hand (as far as JSON can carry it)."""

    def run(expression: str) -> Any:
        path = program(f"import json\nfrom pykdump.API import *\nprint(json.dumps({expression}))\n", "evaluate.py")
        output = crash_session.run(f"epython {path}")
        try:
            return json.loads(output)
        except ValueError:
            raise AssertionError(f"{expression} gave\n{output}") from None

    return run
