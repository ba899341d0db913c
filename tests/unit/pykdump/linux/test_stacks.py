# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the stack of a task comes from: the walk, or bt."""

from __future__ import annotations

from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import stacks  # noqa: E402
from pykdump.linux.unwind import btframes  # noqa: E402

ROWS = [(0x10, 1, 0, 0, 0, "init", 0x10), (0x20, 2, 1, 0x10, 0, "kthreadd", 0x20)]


class FakeWalker:
    def frames_of(self, task: int) -> tuple[list[Any], str | None]:
        return ([f"walked {task:x}"], None) if task == 0x10 else ([], "broken")

    def known_form(self, task: int) -> tuple[str, str] | None:
        return ("form", "words") if task == 0x10 else None

    def functions_of(self, task: int) -> tuple[tuple[str, ...], str | None]:
        return (f"function {task:x}",), None


@pytest.fixture(autouse=True)
def sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "tasks", lambda: ROWS)
    monkeypatch.setattr(stacks, "_walker", FakeWalker)
    monkeypatch.setattr(stacks, "_runs", lambda task: False)
    monkeypatch.setattr(btframes, "frames_of", lambda task: ([f"bt {task:x}"], None))


def test_all_stacks() -> None:
    first, second = stacks.all_stacks()
    assert first == stacks.Stack(0x10, 1, 0, "init", ("walked 10",), "orc", None)  # type: ignore[arg-type]
    assert second == stacks.Stack(0x20, 2, 1, "kthreadd", (), "orc", "broken")


def test_running_tasks_and_other_machines_need_bt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "_runs", lambda task: True)
    assert stacks.stack_of(0x20).frames == ("bt 20",)
    monkeypatch.setattr(stacks, "_runs", lambda task: False)
    monkeypatch.setattr(stacks, "_walker", lambda: None)
    assert stacks.stack_of(0x10)[4:] == (("bt 10",), "bt", None)


def test_forms_are_of_tasks_that_do_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stacks.known_form(0x10) == ("form", "words")
    assert stacks.known_form(0x20) is None
    monkeypatch.setattr(stacks, "_runs", lambda task: True)
    assert stacks.known_form(0x10) is None
    monkeypatch.setattr(stacks, "_runs", lambda task: False)
    monkeypatch.setattr(stacks, "_walker", lambda: None)
    assert stacks.known_form(0x10) is None


def test_an_unknown_task() -> None:
    with pytest.raises(LookupError, match="0x30"):
        stacks.stack_of(0x30)


def test_names_of_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stacks.functions_of(0x10) == ("function 10",)
    monkeypatch.setattr(stacks, "_walker", lambda: None)
    frames = [stacks.Frame(name, 0, None, 0xABC, 0, 0, False, {}, None) for name in ("schedule", None)]
    monkeypatch.setattr(btframes, "frames_of", lambda task: (frames, None))
    assert stacks.functions_of(0x10) == ("schedule", "0xabc")
