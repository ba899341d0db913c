# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands run inside crash on the real dump, with JSON that is valid by the committed schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from support import schemas
from support.session import CrashSession
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def document(crash_session: CrashSession) -> Document:
    """``document("pstree -p")``: the JSON document of a command line, which is valid by the command's schema."""

    def run(words: str) -> dict[str, Any]:
        output = crash_session.run(f"{words} --json")
        assert output.startswith("{"), output[:2000]
        found: dict[str, Any] = json.loads(output)
        schemas.validate(words.split()[0], found)
        return found

    return run


@pytest.fixture(scope="module")
def later(crash_session: CrashSession, truth: Truth) -> float:
    """The seconds from the guest's record to the dump, in which counters go on: by /proc/uptime and jiffies_64."""
    output = crash_session.run(
        'epython -c "from LinuxDump.Tasks import jiffie_clock_base; print(repr(jiffie_clock_base()))"'
    )
    return max(int(output.split()[0]) / 1000 - truth.uptime, 0.0)
