# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/guard/watcher.c: a SIGINT stops a command, also if it comes a moment before the command begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import cprobe

PYTHON = Path(__file__).parents[1] / "types" / "without_python"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watcher")
    options = [f"-I{PYTHON}", "-D_GNU_SOURCE", "-DPy_UNUSED(name)=name __attribute__((unused))", "-pthread"]
    return cprobe.build(folder, "guard/watcher_probe.c", "guard/watcher.c", options=options)


@pytest.mark.parametrize("moment", ["early", "fresh", "late"])
def test_signal_stops_the_command(program: Path, moment: str) -> None:
    assert cprobe.run(program, moment) == ["nudged 1 taken 1 handled 0"]


def test_signal_is_not_lost_when_a_fork_ends_the_watcher(program: Path) -> None:
    assert cprobe.run(program, "fork") == ["nudged 0 taken 0 handled 1"]
