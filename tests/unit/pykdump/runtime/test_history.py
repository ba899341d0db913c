# SPDX-License-Identifier: GPL-3.0-or-later
"""pykdump.runtime.history: lines are kept where they can be; where they cannot, nothing fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import history  # noqa: E402


@pytest.fixture
def remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What readline gets; the history's file is in an empty folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(history, "_state", {"loaded": False})
    monkeypatch.setattr(history, "lines", [])
    return history.lines


def begin_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_state", {"loaded": False})


def test_lines_come_back_in_the_next_session(remembered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    history.load()
    for line in ("a = 1", "a = 1", "  ", "print('\u20ac')", "b\0c"):
        history.add(line)
    assert remembered == ["a = 1", "print('\u20ac')"]
    remembered.clear()
    begin_session(monkeypatch)
    history.load()
    history.load()
    assert remembered == ["a = 1", "print('\u20ac')"]
    assert Path(history.path()).stat().st_mode & 0o777 == 0o600


def test_the_file_stays_small(remembered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(history.path())
    file.parent.mkdir()
    file.write_text("".join(f"x{i}\n" for i in range(5000)))
    history.load()
    assert remembered == [f"x{i}" for i in range(4000, 5000)]
    assert file.read_text().split() == remembered


@pytest.mark.parametrize("make", ["folder", "fifo", "binary", "unwritable", "no_home"])
def test_a_bad_place_is_no_failure(
    remembered: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: str
) -> None:
    file = Path(history.path())
    file.parent.mkdir()
    if make == "folder":
        file.mkdir()
    elif make == "fifo":
        os.mkfifo(file)
    elif make == "binary":
        file.write_bytes(os.urandom(5000) + b"\nlast\n")
    elif make == "unwritable":
        monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    else:
        monkeypatch.setenv("XDG_STATE_HOME", "relative")
        monkeypatch.setenv("HOME", "")
    history.load()
    history.add("x = 1")
    assert remembered[-1] == "x = 1"


def test_a_missing_home_is_not_made(remembered: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "missing"))
    history.load()
    history.add("x = 1")
    assert remembered == ["x = 1"]
    assert list(tmp_path.iterdir()) == []
