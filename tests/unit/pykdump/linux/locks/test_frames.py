# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions on a stack."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import frames  # noqa: E402


def test_functions_and_addresses_outside_of_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [SimpleNamespace(function="schedule", address=1), SimpleNamespace(function=None, address=0xABC)]
    monkeypatch.setattr(frames, "frames_of", lambda task: (found, "orc", None))
    task: Any = 0x1000
    assert frames.functions_of(task) == ["schedule", "0xabc"]
