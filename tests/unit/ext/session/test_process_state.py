# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/session/process_state.c: what a program changed in the process is as before."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import cprobe


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cprobe.build(
        tmp_path_factory.mktemp("process_state"), "session/process_state_probe.c", "session/process_state.c"
    )


@pytest.mark.parametrize("changed", ["nothing", "action", "timer", "pending", "directory"])
def test_the_state_is_as_before(probe: Path, changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cprobe.run(probe, changed) == ["actions 1 1 1", "timers 0 0", "pending 0", f"{tmp_path} 022"]
