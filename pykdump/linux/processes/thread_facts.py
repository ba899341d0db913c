# SPDX-License-Identifier: GPL-3.0-or-later
"""What listings of all threads ask: who it is, in which state, on which CPU, and when it ran last."""

from __future__ import annotations

from typing import NamedTuple

from crash import error

from pykdump.linux.tasks import STATE_CODES, all_tasks
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykdump.linux.tasks import Task


class ThreadFacts(NamedTuple):
    """The answers of one Task, with the names that they have there. Its int is the ``struct task_struct *``.

    A dump may have more tasks than pages that are kept. Then a question to all tasks costs about as much as all these
    questions together, because reading the pages takes the time.
    """

    address: int
    pid: int
    comm: str
    cpu: int
    state_letter: str
    Ran_ago: int

    def __int__(self) -> int:
        return self.address

    @property
    def state_code(self) -> str:
        """RU, IN, UN, ST, TR, DE, ZO, PA or ID, as in crash's ps."""
        return STATE_CODES.get(self.state_letter, "??")


def thread_facts() -> Iterator[ThreadFacts]:
    """Yield the facts of each thread, the idle ones first. pylog reports tasks that cannot be read."""
    for task in all_tasks():
        try:
            yield _facts_of(task)
        except (error, IndexError) as problem:
            pylog.error(f"Task {int(task):#x} cannot be read: {problem}")


def _facts_of(task: Task) -> ThreadFacts:
    return ThreadFacts(int(task), task.pid, task.comm, task.cpu, task.state_letter, task.Ran_ago)
