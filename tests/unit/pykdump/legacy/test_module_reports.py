# SPDX-License-Identifier: GPL-3.0-or-later
"""lsmod of old programs, on made-up modules."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import module_reports  # noqa: E402


def test_the_lines_of_lsmod(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    made = [SimpleNamespace(name="one"), SimpleNamespace(name="a_long_name")]
    monkeypatch.setattr(module_reports, "modules", lambda: made)
    monkeypatch.setattr(module_reports, "total_size", lambda module: 16384)
    monkeypatch.setattr(module_reports, "references", lambda module: 2 if module is made[0] else None)
    monkeypatch.setattr(module_reports, "used_by", lambda module: ["x", "y"] if module is made[0] else [])
    module_reports.lsmod()
    assert capsys.readouterr().out.splitlines() == [
        "Module                  Size  Used by",
        "one                    16384  2 x,y",
        "a_long_name            16384  -",
    ]
