# SPDX-License-Identifier: GPL-3.0-or-later
"""200,000 random calls inside crash: no end of the session, no hang, no undocumented exception."""

from __future__ import annotations

import json
from pathlib import Path

from support.session import CrashSession, Variant, Vmcore

CALLS = 200_000
SEED = 20261123
PROGRAM = Path(__file__).parent / "fuzz_program.py"


def test_random_calls(variant: Variant, vmcore: Vmcore) -> None:
    with CrashSession(variant, vmcore) as session:
        output = session.run(f"epython {PROGRAM} {SEED} {CALLS}", timeout=300)
        result = json.loads(output.splitlines()[-1])
        assert result["bad"] == []
        assert result["calls"] >= CALLS
        # Garbage is told from what is there.
        assert result["seen"]["error"] > 1000
        assert result["seen"]["IndexError"] > 100
        assert "LOAD AVERAGE" in session.run("sys")
