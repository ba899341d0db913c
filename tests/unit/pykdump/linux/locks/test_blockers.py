# SPDX-License-Identifier: GPL-3.0-or-later
"""Who must act, for waits that are no locks."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import blockers  # noqa: E402
from pykdump.linux.locks.mechanisms import Object  # noqa: E402
from support.fake_hangs import TASK, World  # noqa: E402

COMPLETION = 0x5000


def answer(kind: str, task: fake_crash.StructResult, found: Object | None) -> tuple[int, list[tuple[int, str]]] | None:
    result = blockers.blockers_of(kind, task, found)
    return (result.address, [(int(b.task), b.certainty) for b in result.blockers]) if result else None


def test_the_child_of_a_vfork_is_the_one_that_has_the_completion() -> None:
    world = World()
    parent, other, child = world.task(1), world.task(2), world.task(3, vfork_done=COMPLETION)
    children, sibling = (world.kernel.find(TASK, name)[0] for name in ("children", "sibling"))
    world.kernel.link([int(parent) + children, int(other) + sibling, int(child) + sibling])
    assert answer("vfork", parent, Object("completion", COMPLETION)) == (int(child), [(int(child), "known")])
    assert answer("vfork", parent, Object("completion", COMPLETION + 8)) is None
    assert answer("vfork", parent, None) is None


@pytest.fixture
def journal() -> World:
    world = World()
    world.kernel.define(
        "struct journal_s", j_wait_done_commit="u64", j_wait_updates="u64", j_devname="char[8]",
        j_task=f"ptr {TASK}", j_running_transaction="u64", j_committing_transaction="u64",
    )  # fmt: skip
    return world


def test_a_commit_waits_for_the_journal_thread(journal: World) -> None:
    thread, waiter = journal.task(1), journal.task(2)
    journal.kernel.make("struct journal_s", 0x8000, j_devname="vda1-8", j_task=thread)
    assert answer("jbd2-commit", waiter, Object("wait-queue", 0x8000)) == (0x8000, [(int(thread), "known")])
    assert answer("jbd2-commit", waiter, Object("bit", 0x8000)) is None


def test_structures_that_this_kernel_lacks_are_no_error() -> None:
    task = World().task(1)
    for kind in blockers._FINDERS:
        assert answer(kind, task, Object("wait-queue", 0x8000)) is None or kind == "pipe"
    assert answer("no such kind", task, None) is None
