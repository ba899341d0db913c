# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module says about its hanging tasks agrees with the dump, as drgn reads it.

Tests of commands rely on these facts, so they are checked here without a command.
"""

from __future__ import annotations

from typing import Any

import pytest

from support import hangs
from support.hangs import Hangs, Lock
from support.truth import Truth

pytestmark = pytest.mark.dumps
POINTER = (1 << 64) - 8  # the owner of a mutex or an rwsem without the flags in its low bits
STACK_BYTES = 16 << 10


@pytest.fixture(scope="module")
def hanging(truth: Truth) -> Hangs:
    found = hangs.load(truth)
    if not found.roles:
        pytest.skip("the module is left out of the vmcore of this kernel")
    return found


def owner(lock: Any) -> int:
    return int(lock.owner.counter.value_()) & POINTER


def queue(head: Any, ctype: str) -> list[int]:
    from drgn.helpers.linux.list import list_for_each_entry

    return [waiter.task.value_() for waiter in list_for_each_entry(ctype, head.address_of_(), "list")]


def locks_of(hanging: Hangs, kind: str) -> list[Lock]:
    found = [lock for lock in hanging.locks.values() if lock.kind == kind]
    assert found
    return found


def tasks(roles: list[hangs.Role]) -> list[int]:
    return [role.task for role in roles]


def test_every_task_is_in_the_dump_and_sleeps_as_its_role_says(hanging: Hangs, drgn_program: Any) -> None:
    from drgn import Object
    from drgn.helpers.linux.sched import task_state_to_char

    for role in hanging.roles.values():
        task = Object(drgn_program, "struct task_struct *", role.task)
        found = (task.pid.value_(), task.comm.string_().decode(), task_state_to_char(task))
        assert found == (role.pid, role.name, role.state)
        assert role.state == ("D" if role.waits else "S")


def test_mutexes_have_their_owners_and_waiters(hanging: Hangs, drgn_program: Any) -> None:
    from drgn import Object

    for lock in locks_of(hanging, "mutex"):
        mutex = Object(drgn_program, "struct mutex", address=lock.address)
        assert [owner(mutex)] == tasks(hanging.holders(lock.name)), lock.name
        assert queue(mutex.wait_list, "struct mutex_waiter") == tasks(hanging.waiters(lock.name)), lock.name


def test_rwsems_have_their_owners_and_waiters(hanging: Hangs, drgn_program: Any) -> None:
    from drgn import Object

    for lock in locks_of(hanging, "rwsem"):
        sem = Object(drgn_program, "struct rw_semaphore", address=lock.address)
        (holder,) = hanging.holders(lock.name)
        assert owner(sem) == holder.task, lock.name
        assert holder.holds and sem.owner.counter.value_() & 1 == (holder.holds.mode == "read")
        assert queue(sem.wait_list, "struct rwsem_waiter") == tasks(hanging.waiters(lock.name)), lock.name


def test_semaphores_have_their_waiters(hanging: Hangs, drgn_program: Any) -> None:
    from drgn import Object

    for lock in locks_of(hanging, "semaphore"):
        sem = Object(drgn_program, "struct semaphore", address=lock.address)
        assert sem.count.value_() == 0
        assert queue(sem.wait_list, "struct semaphore_waiter") == tasks(hanging.waiters(lock.name))
        assert len(hanging.holders(lock.name)) == 2


def test_the_percpu_rwsem_is_closed_behind_its_writer(hanging: Hangs, drgn_program: Any) -> None:
    from drgn import Object

    (lock,) = locks_of(hanging, "percpu_rwsem")
    sem = Object(drgn_program, "struct percpu_rw_semaphore", address=lock.address)
    writer, reader = hanging.waiters(lock.name)
    assert sem.block.counter.value_() == 1
    assert sem.writer.task.value_() == writer.task
    entry = sem.waiters.head.next.value_() - drgn_program.type("struct wait_queue_entry").member("entry").offset
    assert Object(drgn_program, "struct wait_queue_entry", address=entry).private.value_() == reader.task


def test_the_members_of_a_deadlock_wait_for_each_other(hanging: Hangs) -> None:
    assert len(hanging.deadlocks) == 3
    for cycle in hanging.deadlocks:
        for role, following in zip(cycle, [*cycle[1:], cycle[0]]):
            assert role.waits and following.holds and role.waits.lock == following.holds.lock


def test_no_other_tasks_form_a_cycle(hanging: Hangs) -> None:
    members = {role.name for cycle in hanging.deadlocks for role in cycle}
    for start in hanging.roles.values():
        seen, role = [], start
        while role.waits and role.name not in seen:
            seen.append(role.name)
            holders = hanging.holders(role.waits.lock.name)
            if not holders:
                break
            role = holders[0]
        else:
            assert not role.waits or role.name in members, seen


def test_the_folio_is_locked_and_in_the_page_cache(hanging: Hangs, drgn_program: Any) -> None:
    from drgn import Object
    from drgn.helpers.linux.mm import decode_page_flags

    (lock,) = locks_of(hanging, "folio")
    page = Object(drgn_program, "struct page *", lock.address)
    inode, index, path = hanging.folio
    assert "PG_locked" in decode_page_flags(page)
    assert page.mapping.host.value_() == inode
    assert path == "/run/mpyk-locked-page" and index == 0


def test_kept_arguments_are_on_the_stack(hanging: Hangs, drgn_program: Any) -> None:
    from drgn import Object, sizeof

    wide = ("int", "long", "*")  # a smaller value would be on each stack by chance
    kept = [argument for argument in hanging.arguments if argument.kept and argument.ctype.endswith(wide)]
    assert len({argument.role for argument in kept}) == 2
    for argument in kept:
        task = Object(drgn_program, "struct task_struct *", hanging.roles[argument.role].task)
        stack = drgn_program.read(task.stack.value_(), STACK_BYTES)
        size = 8 if argument.ctype.endswith("*") else sizeof(drgn_program.type(argument.ctype))
        assert argument.value.to_bytes(size, "little") in stack, argument


def test_timers_are_pending(hanging: Hangs, drgn_program: Any) -> None:
    from drgn import Object

    assert len(hanging.timers) == 3
    for address, expires, function in hanging.timers.values():
        timer = Object(drgn_program, "struct timer_list", address=address)
        assert timer.expires.value_() == expires
        assert timer.entry.pprev.value_() != 0
        assert function.startswith(("mpyk_", "delayed_work"))


def test_one_work_item_hangs_and_others_wait_behind_it(hanging: Hangs, drgn_program: Any) -> None:
    from drgn import Object

    pid, task, _ = hanging.worker
    kthread = Object(drgn_program, "struct task_struct *", task)
    assert kthread.pid.value_() == pid
    data = {name: Object(drgn_program, "struct work_struct", address=work[0]) for name, work in hanging.works.items()}
    states: dict[str, list[str]] = {}
    for name, (_, state, _) in hanging.works.items():
        states.setdefault(state, []).append(name)
    assert {state: len(names) for state, names in states.items()} == {"running": 1, "inactive": 2, "delayed": 1}
    for name in states["inactive"]:
        assert data[name].entry.next.value_() != data[name].entry.address_of_().value_()
