# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kind of wait a stack shows, and which object the structures on it lead to."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import mechanisms, queues  # noqa: E402
from pykdump.linux.locks.mechanisms import Mechanisms, kind_of_wait, timeout_of, waiting_functions  # noqa: E402
from pykdump.linux.locks.stack_words import StackWords  # noqa: E402
from support.fake_hangs import World  # noqa: E402

LOCK, WAKE = 0x5000, 0x777000

# Stacks of kernels 5.10 to 7, without the frames of the scheduler.
STACKS = {
    "mutex": [
        "__mutex_lock.constprop.0",
        "__mutex_lock_slowpath",
        "mutex_lock_interruptible",
        "__ww_mutex_lock.isra.0",
    ],
    "rwsem": ["rwsem_down_write_slowpath", "rwsem_down_read_slowpath.part.0", "down_write_killable", "down_read"],
    "semaphore": ["__down_common", "___down_common", "__down", "down_interruptible", "down"],
    "percpu-rwsem": ["percpu_rwsem_wait", "__percpu_down_read", "percpu_down_write"],
    "rt-mutex": ["rt_mutex_slowlock_block.constprop.0", "__rt_mutex_slowlock", "rt_mutex_wait_proxy_lock"],
    "futex": ["futex_wait_queue_me", "futex_wait_queue", "__futex_wait"],
    "folio": [
        "folio_wait_bit_common",
        "__folio_lock",
        "wait_on_page_bit_common",
        "__lock_page",
        "folio_wait_writeback",
    ],
    "bit": ["bit_wait", "bit_wait_io", "__wait_on_bit", "out_of_line_wait_on_bit_lock", "rpc_wait_bit_killable"],
    "completion": ["__wait_for_common", "wait_for_completion_killable", "do_wait_for_common"],
    "": ["pipe_read", "do_nanosleep", "mpyk_wait", "shutdown", "breakdown_read"],
}


def test_functions_of_all_kernels() -> None:
    for kind, functions in STACKS.items():
        for function in functions:
            stack = waiting_functions(["__schedule", "schedule", "schedule_preempt_disabled", function, "vfs_write"])
            assert (function, kind_of_wait(stack)) == (function, kind)


def test_a_function_far_out_says_nothing() -> None:
    assert kind_of_wait(["a", "b", "c", "d", "e", "f", "mutex_lock"]) == ""


def test_timeouts() -> None:
    assert timeout_of(["__schedule", "schedule", "schedule_timeout", "msleep"]) == "timeout"
    assert timeout_of(["__schedule", "schedule_hrtimeout_range_clock"]) == "timeout"
    assert timeout_of(["__schedule", "schedule", "pipe_read", "schedule_timeout"]) == ""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(queues, "addr2sym", lambda address, loose: NAMES.get(address))
    return World()


NAMES = {WAKE: "percpu_rwsem_wake_function", WAKE + 8: "autoremove_wake_function"}


def find(kind: str, task: fake_crash.StructResult, *functions: str) -> tuple[str, int, str] | None:
    found = Mechanisms().find(kind, task, StackWords.of_task(task), list(functions))
    return (found.kind, found.address, found.mode) if found else None


def test_readers_and_writers_of_an_rwsem(world: World) -> None:
    reader, writer = world.task(1), world.task(2)
    world.lock("struct rw_semaphore", LOCK)
    world.wait("struct rw_semaphore", LOCK, [reader, writer], (1, 0))
    assert find("rwsem", reader) == ("rwsem", LOCK, "read")
    assert find("rwsem", writer) == ("rwsem", LOCK, "write")
    assert find("mutex", world.task(3)) is None


def percpu(world: World, address: int, **values: int) -> int:
    head = world.kernel.find("struct percpu_rw_semaphore", "waiters.head")[0]
    world.kernel.make("struct percpu_rw_semaphore", address, read_count=0x40, **values)
    world.kernel.link([address + head])
    return address


def test_a_reader_of_a_percpu_rwsem_is_in_its_queue(world: World) -> None:
    reader = world.task(1)
    sem = percpu(world, LOCK, block_DOT_counter=1)
    world.wait_in_queue(sem + world.kernel.find("struct percpu_rw_semaphore", "waiters")[0], [reader], WAKE)
    assert find("percpu-rwsem", reader, "percpu_rwsem_wait", "__percpu_down_read") == ("percpu-rwsem", LOCK, "read")


@pytest.mark.parametrize("wrong", ["nothing", "block", "writer", "queue"])
def test_a_writer_of_a_percpu_rwsem_is_named_by_the_semaphore(world: World, wrong: str) -> None:
    writer = world.task(1)
    values = {
        "block_DOT_counter": 0 if wrong == "block" else 1,
        "writer_DOT_task": 0x99 if wrong == "writer" else writer,
    }
    sem = percpu(world, LOCK, **values)
    if wrong == "queue":
        world.kernel.write_pointer(sem + world.kernel.find("struct percpu_rw_semaphore", "waiters.head")[0], 0xBAD000)
    world.kernel.write_pointer(world.place(writer), sem)
    expected = ("percpu-rwsem", LOCK, "write") if wrong == "nothing" else None
    assert find("percpu-rwsem", writer, "percpu_down_write") == expected


def test_any_wait_queue(world: World) -> None:
    task = world.task(1)
    world.kernel.make("struct wait_queue_head", 0x6000)
    world.wait_in_queue(0x6000, [task], WAKE + 8)
    assert find("", task) == ("wait-queue", 0x6000, "")


def test_an_rt_mutex_blocks_whatever_the_functions_say(world: World) -> None:
    world.kernel.define("struct rt_mutex_waiter", lock="ptr")
    world.kernel.define("struct task_struct", stack="ptr", pi_blocked_on="ptr struct rt_mutex_waiter")
    waiter = world.kernel.make("struct rt_mutex_waiter", 0x7000, lock=LOCK)
    task = world.kernel.make("struct task_struct", 0x8000, pi_blocked_on=waiter)
    found = mechanisms.Mechanisms().find("rt-mutex", task, StackWords(0x9000, ()), [])
    assert found and (found.kind, found.address) == ("rt-mutex", LOCK)


@pytest.mark.parametrize(
    ("word", "offset", "address", "detail"),
    [
        (0x7000, 0x380, 0x7380, "word 0x7380"),
        (0x7000, 0x382, 0x7380, "word 0x7380"),
        (5, 0x381, 0, "page 5 + 0x380 of a shared file"),
    ],
)
def test_keys_of_futexes(word: int, offset: int, address: int, detail: str) -> None:
    kernel = fake_crash.install()
    kernel.define("struct key", ptr="u64", word="u64", offset="u32")
    found = mechanisms.futex_object(kernel.make("struct key", 0x100, ptr=0x99, word=word, offset=offset))
    assert (found.kind, found.address, found.detail, found.scope) == ("futex", address, detail, 0x99)
