# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up kernel with sleeping tasks, their stacks, and the locks that they wait for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from support import fake_crash

TASK = "struct task_struct"
TASKS, STACKS, STACK_SIZE, SP = 0x100000, 0x200000, 0x400, 0x200
LIST = "struct list_head"
LOCKS = {
    "struct mutex": ("struct mutex_waiter", {"owner": "atomic_long_t"}),
    "struct rw_semaphore": ("struct rwsem_waiter", {"count": "atomic_long_t", "owner": "atomic_long_t"}),
    "struct semaphore": ("struct semaphore_waiter", {"count": "u32", "last_holder": "u64"}),
}


class World:
    """Make a kernel. With ``ring``, locks point to the first waiter (v7.1); without, they have the head of a list."""

    def __init__(self, ring: bool = False) -> None:
        self.kernel = k = fake_crash.install()
        self.ring = ring
        self.count = 0
        k.sizes["union thread_union"] = STACK_SIZE
        k.define(LIST, next=f"ptr {LIST}", prev=f"ptr {LIST}")
        k.define("atomic_long_t", counter="s64")
        k.define("atomic_t", counter="s32")
        k.define("struct thread_struct", sp="u64")
        k.define(
            TASK, stack="ptr", pid="s32", tgid="s32", comm="char[16]", thread="struct thread_struct", __state="u32",
            exit_state="s32", blocker="u64", mm="u64", children=LIST, sibling=LIST, vfork_done="u64",
        )  # fmt: skip
        for lock, (waiter, members) in LOCKS.items():
            queue = f"ptr {waiter}" if ring else LIST
            k.define(lock, **members, **{"first_waiter" if ring else "wait_list": queue})
            k.define(waiter, list=LIST, task=f"ptr {TASK}", type="u32")
        k.define("struct wait_queue_head", lock="u64", head=LIST)
        k.define("struct wait_queue_entry", flags="u64", private="ptr", func="ptr", entry=LIST)
        k.define("struct rcuwait", task=f"ptr {TASK}")
        k.define(
            "struct percpu_rw_semaphore", read_count="ptr", writer="struct rcuwait",
            waiters="struct wait_queue_head", block="atomic_t",
        )  # fmt: skip

    def task(self, pid: int, comm: str = "", **values: Any) -> fake_crash.StructResult:
        """Make a sleeping task. Its stack is empty."""
        self.count += 1
        address, stack = TASKS + 0x1000 * self.count, STACKS + 0x1000 * self.count
        self.kernel.write(stack, bytes(STACK_SIZE))
        return self.kernel.make(
            TASK,
            address,
            pid=pid,
            tgid=pid,
            comm=comm or f"task-{pid}",
            stack=stack,
            thread_DOT_sp=stack + SP,
            **values,
        )

    def place(self, task: int, offset: int = 0x40) -> int:
        """Return an address in the live part of a task's stack."""
        return int(self.kernel.view(TASK, task).stack) + SP + offset

    def lock(self, name: str, address: int, **values: Any) -> int:
        """Make a lock that nobody waits for."""
        self.kernel.make(name, address, **values)
        if not self.ring:
            self.kernel.link([self.queue_of(name, address)])
        return address

    def queue_of(self, name: str, address: int) -> int:
        """Return the address of the member ``wait_list`` or ``first_waiter``."""
        return address + self.kernel.find(name, "first_waiter" if self.ring else "wait_list")[0]

    def wait(self, name: str, address: int, tasks: list[int], types: tuple[int, ...] = ()) -> list[int]:
        """Let tasks wait for a lock, in their order. Return the addresses of the structures on their stacks."""
        waiter = LOCKS[name][0]
        found = []
        for number, task in enumerate(tasks):
            kind = types[number] if types else 0
            found.append(int(self.kernel.make(waiter, self.place(task), task=int(task), type=kind)))
        if self.ring:
            self.kernel.link(found)
            self.kernel.write_pointer(self.queue_of(name, address), found[0])
        else:
            self.kernel.link([self.queue_of(name, address), *found])
        return found

    def wait_in_queue(self, head: int, tasks: list[int], function: int) -> list[int]:
        """Let tasks wait in the ``struct wait_queue_head`` at ``head``, with a wake function."""
        name = "struct wait_queue_entry"
        found = [int(self.kernel.make(name, self.place(t), private=int(t), func=function)) for t in tasks]
        entry = self.kernel.find(name, "entry")[0]
        self.kernel.link([head + self.kernel.find("struct wait_queue_head", "head")[0], *(f + entry for f in found)])
        return found


def fake_wait(pid: int, blockers: Any = (), kind: str = "mutex", **cause: Any) -> Any:
    """Return what graph.py and hanginfo see of a Wait: ``blockers`` are (task, certainty) or tasks that are known."""
    rows = [(b, "known") if isinstance(b, int) else b for b in blockers]
    found = tuple(SimpleNamespace(task=FakeTask(t), certainty=c, role="owner") for t, c in rows)
    about = {"any_of": False, "address": 0, "words": kind, "name": "", "note": "", **cause}
    return SimpleNamespace(
        task=FakeTask(pid), blockers=found, seconds=float(pid), mode="", detail="", functions=["f"],
        cause=Cause(kind=kind, blockers=found, **about),
    )  # fmt: skip


class Cause(SimpleNamespace):
    """What str() of a cause gives is its kind."""

    def __str__(self) -> str:
        return str(self.kind)


class FakeTask(int):
    """A task whose address is its PID."""

    @property
    def pid(self) -> int:
        return int(self)

    tgid = pid

    @property
    def ts(self) -> FakeTask:
        return self

    comm = "name"
    state_letter, state_code, cpu = "D", "UN", 0
