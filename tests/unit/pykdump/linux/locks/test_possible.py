# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that have the address of a lock on their stacks."""

from __future__ import annotations

from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import possible  # noqa: E402
from pykdump.linux.locks.owners import Blocker  # noqa: E402
from support.fake_hangs import Cause, World  # noqa: E402

LOCK = 0x5000


class Listed:
    def __init__(self, ts: Any, letter: str = "S") -> None:
        self.ts, self.state_letter = ts, letter

    def __int__(self) -> int:
        return int(self.ts)


def search(
    monkeypatch: pytest.MonkeyPatch, listed: list[Listed], waiting: list[int], **about: Any
) -> list[tuple[int, str]]:
    monkeypatch.setattr(possible, "all_tasks", lambda idle: iter(listed))
    cause: Any = Cause(**{"kind": "semaphore", "address": LOCK, "blockers": (), **about})
    possible.add_possible_holders([cause], waiting)
    return [(int(blocker.task), blocker.certainty) for blocker in cause.blockers]


def test_who_has_the_address_on_the_stack_and_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    holder, waiter, ended, other, damaged = (world.task(pid) for pid in range(1, 6))
    for task in (holder, waiter, ended):
        world.kernel.write_pointer(world.place(task), LOCK)
    world.kernel.write_pointer(int(damaged) + world.kernel.find("struct task_struct", "stack")[0], 0xBAD000)
    listed = [Listed(damaged), Listed(holder), Listed(waiter), Listed(ended, "Z"), Listed(other)]
    assert search(monkeypatch, listed, [int(waiter)]) == [(int(holder), "possible")]
    hint = Blocker(holder, "hint", "last holder")
    assert search(monkeypatch, listed, [int(waiter)], blockers=(hint,)) == [(int(holder), "hint")]
    known = Blocker(other, "known", "owner")
    assert search(monkeypatch, listed, [int(waiter)], blockers=(known,)) == [(int(other), "known")]
    assert search(monkeypatch, listed, [int(waiter)], kind="mutex") == []


def test_too_many_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    listed = [Listed(world.task(pid)) for pid in range(1, possible.MAX_POSSIBLE + 2)]
    for each in listed:
        world.kernel.write_pointer(world.place(each.ts), LOCK)
    assert search(monkeypatch, listed, []) == []
    assert len(search(monkeypatch, listed[1:], [])) == possible.MAX_POSSIBLE
