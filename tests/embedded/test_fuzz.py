# SPDX-License-Identifier: GPL-3.0-or-later
"""200,000 random calls inside crash do not end or block the session, and raise only documented exceptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.session import CrashSession, Variant, Vmcore

CALLS = 200_000
SEED = 20261123
PROGRAM = Path(__file__).parent / "fuzz_program.py"


def test_random_calls(variant: Variant, vmcore: Vmcore, configuration: dict[str, Any]) -> None:
    """All calls run in the first variant, a quarter in each other one, with another seed."""
    place = [row["name"] for row in configuration["variants"]].index(variant.name)
    calls = CALLS // 4 if place else CALLS
    with CrashSession(variant, vmcore) as session:
        output = session.run(f"epython {PROGRAM} {SEED + place} {calls}", timeout=300)
        result = json.loads(output.splitlines()[-1])
        assert result["bad"] == []
        assert result["calls"] >= calls
        # Wrong addresses and names really occurred, and were reported.
        assert result["seen"]["error"] > calls // 200
        assert result["seen"]["IndexError"] > calls // 2000
        assert "LOAD AVERAGE" in session.run("sys")
