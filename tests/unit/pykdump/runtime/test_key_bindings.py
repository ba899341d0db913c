# SPDX-License-Identifier: GPL-3.0-or-later
"""pykdump.runtime.key_bindings: which lines of inputrc reach readline, and that conditions are complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import key_bindings  # noqa: E402
from pykdump.runtime.key_bindings import KeyBindings  # noqa: E402


@pytest.fixture
def bindings(monkeypatch: pytest.MonkeyPatch) -> KeyBindings:
    """Bindings in front of a readline that refuses lines with the word "wrong"."""
    monkeypatch.setattr(key_bindings.crash, "_edit_accepts", lambda line: "wrong" not in line)
    return KeyBindings()


def test_lines_are_kept_in_their_order(bindings: KeyBindings) -> None:
    for line in ("tab: complete", "", "# comment", " set editing-mode vi ", "wrong", '"\\C-t": "text"'):
        bindings.add(line)
    assert bindings.lines() == ["tab: complete", "set editing-mode vi", '"\\C-t": "text"']


@pytest.mark.parametrize("line", ["set history-size 5", "SET History-Size 5", "set active-region-start-color \\e[7m"])
def test_what_could_not_be_restored_is_left_out(bindings: KeyBindings, line: str) -> None:
    bindings.add(line)
    assert bindings.lines() == []


def test_conditions_are_completed(bindings: KeyBindings, capsys: pytest.CaptureFixture[str]) -> None:
    bindings.add("$endif")
    bindings.add("$else")
    assert capsys.readouterr().err == "readline: $endif without $if\nreadline: $else without $if\n"
    bindings.add("$if mode=vi")
    assert bindings.lines() == ["$if mode=vi", "$endif"]
    bindings.add("tab: complete")
    bindings.add("$endif")
    assert bindings.lines() == ["$if mode=vi", "tab: complete", "$endif"]


def test_files_include_others(bindings: KeyBindings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").write_text(f"one: x\n$include {tmp_path}/b\n$include {tmp_path}/missing\ntwo: x\n")
    (tmp_path / "b").write_text("$if term=xterm\nthree: x\n")
    bindings.add_file(tmp_path / "a")
    assert bindings.lines() == ["one: x", "$if term=xterm", "three: x", "$endif", "two: x"]
    assert capsys.readouterr().err == f"readline: {tmp_path}/missing: No such file or directory\n"
    with pytest.raises(FileNotFoundError):
        bindings.add_file(tmp_path / "missing")


def test_a_file_that_includes_itself_ends(
    bindings: KeyBindings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").write_text(f"one: x\n$include {tmp_path}/a\n")
    bindings.add_file(tmp_path / "a")
    assert bindings.lines() == ["one: x"] * (key_bindings.INCLUDED_MAX + 1)
    assert "more than 10 files include each other" in capsys.readouterr().err
