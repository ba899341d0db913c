# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners in locks of a made-up kernel."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import owners  # noqa: E402
from pykdump.linux.locks.mechanisms import Object  # noqa: E402
from support.fake_hangs import World  # noqa: E402

LOCK, OWNER = 0x5000, 0xFFFF888000001000
SIGNED = OWNER - (1 << 64)
RWSEM = "struct rw_semaphore"


@pytest.fixture
def world() -> World:
    return World()


def held(kind: str) -> tuple[list[tuple[int, str]], str]:
    found = owners.holders(Object(kind, LOCK))
    return [(int(blocker.task), blocker.certainty) for blocker in found.blockers], found.note


@pytest.mark.parametrize("flags", range(8))
def test_a_mutex_has_flags_beside_its_owner(world: World, flags: int) -> None:
    world.lock("struct mutex", LOCK, owner_DOT_counter=SIGNED | flags)
    assert held("mutex") == ([(OWNER, "known")], "")
    world.lock("struct mutex", LOCK, owner_DOT_counter=flags)
    assert held("mutex")[0] == []
    assert "handed over" in held("mutex")[1]


def test_a_writer_of_an_rwsem_is_known(world: World) -> None:
    world.lock(RWSEM, LOCK, count_DOT_counter=0b011, owner_DOT_counter=SIGNED)
    assert held("rwsem") == ([(OWNER, "known")], "")


@pytest.mark.parametrize("readers", [1, 2, 300])
def test_a_reader_of_an_rwsem_is_a_hint(world: World, readers: int) -> None:
    world.lock(RWSEM, LOCK, count_DOT_counter=readers << 8 | 0b110, owner_DOT_counter=SIGNED | 1)
    blockers, note = held("rwsem")
    assert blockers == [(OWNER, "hint")]
    assert note.startswith(f"held by {readers} reader")


def test_readers_that_cannot_be_known(world: World) -> None:
    world.lock(RWSEM, LOCK, count_DOT_counter=1 << 8, owner_DOT_counter=1)
    assert held("rwsem") == ([], "held by 1 reader, which the kernel does not record")
    world.lock(RWSEM, LOCK, count_DOT_counter=0b010, owner_DOT_counter=SIGNED)
    assert held("rwsem")[0] == [], "the last writer has left"
    world.kernel.layouts[RWSEM].pop("owner")
    assert held("rwsem") == ([], "the owner cannot be known: this kernel does not record it")


def test_a_semaphore_may_have_its_last_holder(world: World) -> None:
    world.lock("struct semaphore", LOCK, last_holder=OWNER)
    assert held("semaphore")[0] == [(OWNER, "hint")]
    world.kernel.layouts["struct semaphore"].pop("last_holder")
    assert held("semaphore") == ([], "count 0: a semaphore does not record who holds it")


def test_a_percpu_rwsem_knows_a_writer_that_waits(world: World) -> None:
    sem = "struct percpu_rw_semaphore"
    world.kernel.make(sem, LOCK, writer_DOT_task=OWNER, block_DOT_counter=1)
    assert held("percpu-rwsem")[0] == [(OWNER, "known")]
    world.kernel.make(sem, LOCK, block_DOT_counter=1)
    assert held("percpu-rwsem") == ([], "a writer holds it: a percpu_rw_semaphore does not record which one")


def test_an_rt_mutex_of_both_layouts(world: World) -> None:
    for name in ("struct rt_mutex", "struct rt_mutex_base"):
        world.kernel.define(name, wait_lock="u64", owner="u64")
        world.kernel.make(name, LOCK, owner=OWNER | 1)
        assert held("rt-mutex") == ([(OWNER, "known")], "")


def test_what_is_never_recorded_is_said(world: World) -> None:
    for kind in ("folio", "bit", "variable", "completion", "wait-queue"):
        assert "does not record" in held(kind)[1]


def test_a_writer_ahead_of_readers(world: World) -> None:
    writer, reader, late = (world.task(pid) for pid in (1, 2, 3))
    world.lock(RWSEM, LOCK)
    world.wait(RWSEM, LOCK, [writer, reader, late], (0, 1, 1))
    assert owners.writer_ahead(LOCK, int(late)) == writer
    assert owners.writer_ahead(LOCK, int(writer)) is None
    world.wait(RWSEM, LOCK, [reader, late], (1, 1))
    assert owners.writer_ahead(LOCK, int(late)) is None
    assert owners.writer_ahead(0xBAD000, int(late)) is None
