# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up kernel with one lock, its owner and its waiters."""

from __future__ import annotations

from support import fake_crash

LOCK, OWNER, WAITERS, TASKS = 0x1000, 0x2000, 0x3000, 0x4000


class World:
    """Return a lock of one kind with ``count`` waiters: the tasks 71, 72, ..."""

    def __init__(self, lock: str, waiter: str, owner: str, count: int) -> None:
        self.kernel = k = fake_crash.install()
        k.define("struct list_head", next="ptr struct list_head", prev="ptr struct list_head")
        k.define("struct task_struct", pid="s32", comm="char[16]", pad="u32")
        k.define("atomic_long_t", counter="s64")
        k.define(lock, owner=owner, wait_list="struct list_head")
        k.define(waiter, list="struct list_head", task="ptr struct task_struct")
        self.lock, self.waiter, self.head = lock, waiter, LOCK + k.find(lock, "wait_list")[0]
        k.make("struct task_struct", OWNER, pid=7, comm="owner")
        k.make(lock, LOCK)
        chain = [self.head]
        for number in range(count):
            task = k.make("struct task_struct", TASKS + 64 * number, pid=71 + number, comm=f"waiter-{number}")
            chain.append(int(k.make(waiter, WAITERS + 64 * number, task=int(task))))
        for here, there in zip(chain, chain[1:] + chain[:1]):
            k.write_pointer(here, there)

    def own(self, value: int) -> None:
        self.kernel.write_pointer(LOCK, value)
