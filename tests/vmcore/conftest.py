# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions evaluated inside crash on the real dump."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.session import CrashSession

Inside = Callable[[str, str], Any]
CLASSIC = Path(__file__).parents[1] / "classic"


@pytest.fixture
def inside(crash_session: CrashSession, tmp_path: Path) -> Inside:
    """``inside(imports, expression)``: the value of an expression inside crash, as far as JSON can carry it."""

    def run(imports: str, expression: str) -> Any:
        path = tmp_path / "inside.py"
        path.write_text(
            f"import json\nfrom pykdump.API import *\n{imports}\nprint('@@' + json.dumps({expression}) + '@@')\n"
        )
        output = crash_session.run(f"epython {path}")
        parts = output.split("@@")
        assert len(parts) >= 3, output
        return json.loads(parts[1])

    return run


@pytest.fixture
def run(crash_session: CrashSession) -> Callable[..., str]:
    """``run("disks", "-r")``: what a program of tests/classic prints; it must not fail."""

    def run_program(name: str, *arguments: object) -> str:
        words = [f"epython {CLASSIC / name}.py", *map(str, arguments)]
        output = crash_session.run(" ".join(words))
        assert "Traceback" not in output, output
        assert "+++ERROR+++" not in output, output
        return output

    return run_program
