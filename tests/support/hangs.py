# SPDX-License-Identifier: GPL-3.0-or-later
"""What hangs in the test module (testmod/hang_roles.c, calls.c, later.c), as /proc/mpyk_testmod_hangs reported it.

The file has one fact a line, with tabs between the words. The first word is the kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from support.truth import Truth

RECORD = "proc/mpyk_testmod_hangs"


@dataclass(frozen=True)
class Lock:
    """A lock of the module. ``address`` is the end of a timeout in jiffies or ns for the kinds that have no object."""

    name: str
    kind: str  # mutex, rwsem, semaphore, percpu_rwsem, completion, bit, folio, waitqueue, timeout, hrtimeout
    address: int


@dataclass(frozen=True)
class Hold:
    """A task that has a lock. ``mode`` is ``read`` or ``write``."""

    lock: Lock
    mode: str


@dataclass(frozen=True)
class Wait:
    """A task that waits for a lock, since ``since`` ns of the kernel's local_clock()."""

    lock: Lock
    mode: str
    since: int


@dataclass(frozen=True)
class Role:
    """A task and what it does. Without ``waits`` it only sleeps (state S)."""

    name: str  # also the task's comm
    pid: int
    task: int
    state: str
    holds: Hold | None
    waits: Wait | None


@dataclass(frozen=True)
class Argument:
    """An argument of a function that is on the stack of ``role``.

    ``kept``: the function uses it after its call, so it is in a register that callees save, or in the frame.
    ``text`` describes what a pointer points to: a path, the name of a task, a socket's addresses.
    """

    role: str
    function: str
    number: int  # from 1
    ctype: str
    name: str
    value: int
    kept: bool
    text: str


@dataclass(frozen=True)
class Hangs:
    """The facts. They are empty for a kernel whose vmcore has no test module."""

    text: str

    def rows(self, kind: str) -> Iterator[list[str]]:
        """Yield the words after ``kind``, for each line of this kind."""
        for line in self.text.splitlines():
            words = line.split("\t")
            if words[0] == kind:
                yield words[1:]

    @cached_property
    def locks(self) -> dict[str, Lock]:
        return {name: Lock(name, kind, int(at, 16)) for name, kind, at in self.rows("lock")}

    @cached_property
    def roles(self) -> dict[str, Role]:
        holds = {name: Hold(self.locks[lock], mode) for name, lock, mode in self.rows("holds")}
        waits = {name: Wait(self.locks[lock], mode, int(since)) for name, lock, mode, since in self.rows("waits")}
        return {
            name: Role(name, int(pid), int(task, 16), state, holds.get(name), waits.get(name))
            for name, pid, task, state in self.rows("task")
        }

    def holders(self, lock: str) -> list[Role]:
        return [role for role in self.roles.values() if role.holds and role.holds.lock.name == lock]

    def waiters(self, lock: str) -> list[Role]:
        """Return the roles that wait for a lock, in the order of its queue."""
        found = [
            (role.waits.since, role) for role in self.roles.values() if role.waits and role.waits.lock.name == lock
        ]
        return [role for _, role in sorted(found, key=lambda pair: pair[0])]

    @cached_property
    def deadlocks(self) -> list[list[Role]]:
        """The cycles. Each member waits for a lock of the next one, the last member for one of the first."""
        return [[self.roles[name] for name in names] for names in self.rows("deadlock")]

    @cached_property
    def folio(self) -> tuple[int, int, str]:
        """The inode, the index and the path of the locked folio."""
        _, inode, index, path = next(self.rows("folio"))
        return int(inode, 16), int(index), path

    @cached_property
    def arguments(self) -> list[Argument]:
        return [
            Argument(role, function, int(number), ctype, name, int(value, 16), fate == "kept", text)
            for role, function, number, ctype, name, value, fate, text in self.rows("argument")
        ]

    @cached_property
    def timers(self) -> dict[str, tuple[int, int, str]]:
        """{name: (struct timer_list *, jiffies, function)}"""
        return {name: (int(at, 16), int(expires), function) for name, at, expires, function in self.rows("timer")}

    @cached_property
    def works(self) -> dict[str, tuple[int, str, str]]:
        """{name: (struct work_struct *, state, function)}. The states are running, inactive and delayed."""
        return {name: (int(at, 16), state, function) for name, at, state, function in self.rows("work")}

    @cached_property
    def workqueue(self) -> tuple[str, int]:
        """The name and the address of the module's workqueue."""
        name, at = next(self.rows("workqueue"))
        return name, int(at, 16)

    @cached_property
    def worker(self) -> tuple[int, int, int]:
        """The PID and the task that run the stuck work item, and the completion that it waits for."""
        pid, task, completion = next(self.rows("worker"))
        return int(pid), int(task, 16), int(completion, 16)

    @property
    def stuck(self) -> set[int]:
        """The PIDs of all tasks in state D, with the worker. They stay in that state."""
        workers = [self.worker[0]] if self.roles else []
        return {role.pid for role in self.roles.values() if role.state == "D"}.union(workers)


def load(truth: Truth) -> Hangs:
    """Return what the guest recorded."""
    return Hangs(truth.text(RECORD) if (truth.folder / RECORD).exists() else "")
