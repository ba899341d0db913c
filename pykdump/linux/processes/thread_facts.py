# SPDX-License-Identifier: GPL-3.0-or-later
"""What listings of all threads ask: who it is, in which state, on which CPU, and when it ran last.

The members are looked up once, so that long lists take little time.
"""

from __future__ import annotations

from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from crash import error, member_offset

from pykdump.linux.tasks import NANOSECONDS_IN_MS, STATE_CODES, idle_tasks, layout, threads_of_processes
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult


class ThreadFacts(NamedTuple):
    """The facts about a thread, with the names and values of tasks.Task. Its int is the ``struct task_struct *``.

    A dump may have more tasks than pages that are kept. Then a question to all tasks costs about as much as all these
    questions together, because reading the pages takes the time.
    """

    address: int
    tgid: int
    pid: int
    cpu: int
    state_code: str  # RU, IN, UN, ST, TR, DE, ZO, PA or ID, as in crash's ps
    Ran_ago: int  # ms
    uid: int | None  # None for a task without credentials
    comm: str

    def __int__(self) -> int:
        return self.address


class ThreadReader:
    """Reads the facts about threads."""

    def __init__(self) -> None:
        self._layout = layout()
        self._members = attrgetter(
            "tgid", "pid", self._layout.state, "exit_state", self._layout.last_ran, "comm", "real_cred"
        )
        # Since v3.5 a user ID is a kuid_t.
        self._uid = attrgetter("uid.val" if member_offset("struct cred", "uid.val") >= 0 else "uid")
        self._codes: dict[tuple[int, int], str] = {}
        self._clocks: dict[int, int] = {}

    def read(self, task: StructResult) -> ThreadFacts:
        """Return the facts about a ``struct task_struct``. Raises crash.error or IndexError if it cannot be read."""
        pid, tid, state, exit_state, last, comm, cred = self._members(task)
        cpu = self._layout.cpu(task)
        code = self._codes.get((state, exit_state))
        if code is None:
            code = self._codes[state, exit_state] = self._state_code(state, exit_state)
        clock = self._clocks.get(cpu)
        if clock is None:
            clock = self._clocks[cpu] = self._clock(cpu)
        ago = (clock - last) // NANOSECONDS_IN_MS if clock > last else 0
        return ThreadFacts(int(task), pid, tid, cpu, code, ago, self._uid(cred) if cred else None, str(comm))

    def _state_code(self, state: int, exit_state: int) -> str:
        return STATE_CODES.get(self._layout.states.letter(state, exit_state), "??")

    def _clock(self, cpu: int) -> int:
        """Return the clock of a CPU's runqueue in ns; 0 if the runqueue is not in the dump."""
        queue = self._layout.runqueues.get(cpu)
        return 0 if queue is None else int(getattr(queue, self._layout.clock))


def all_threads() -> Iterator[StructResult]:
    """Yield the ``struct task_struct`` of each thread, the idle ones first."""
    return chain((task.ts for task in idle_tasks()), threads_of_processes())


def thread_facts() -> Iterator[ThreadFacts]:
    """Yield the facts of each thread, the idle ones first. pylog reports tasks that cannot be read."""
    read = ThreadReader().read
    for task in all_threads():
        try:
            yield read(task)
        except (error, IndexError) as problem:
            pylog.error(f"Task {int(task):#x} cannot be read: {problem}")
