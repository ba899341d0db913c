# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that perhaps hold a lock whose holders the kernel does not record: its address is on their stacks."""

from __future__ import annotations

from pykdump.linux.locks.owners import KNOWN, POSSIBLE, Blocker
from pykdump.linux.locks.stack_words import DAMAGED, StackWords
from pykdump.linux.tasks import all_tasks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pykdump.linux.locks.waits import Cause
    from pykdump.linux.tasks import Task

KINDS = ("rwsem", "semaphore", "percpu-rwsem", "folio", "bit", "completion")
# With more tasks than this, the address on the stack says nothing.
MAX_POSSIBLE = 20


def needs_search(cause: Cause) -> bool:
    """Return whether the holders of a cause are unknown, and its lock is one that tasks may hold unrecorded."""
    known = any(blocker.certainty == KNOWN for blocker in cause.blockers)
    return cause.kind in KINDS and cause.address != 0 and not known


def add_possible_holders(causes: Iterable[Cause], waiting: Collection[int]) -> None:
    """Add blockers that are POSSIBLE to the causes whose holders are unknown.

    ``waiting`` has the ``struct task_struct *`` of the tasks that wait for one of these locks, which is on all of their
    stacks. The stacks of all tasks are read, so call it once for all causes.
    """
    wanted = {cause.address: cause for cause in causes if needs_search(cause)}
    found: dict[int, list[Task]] = {address: [] for address in wanted}
    for task in all_tasks(idle=False) if wanted else ():
        if int(task) in waiting or task.state_letter in "XZ":
            continue
        try:
            words = StackWords.of_task(task.ts).words
        except DAMAGED:
            continue
        for address in wanted.keys() & set(words):
            found[address].append(task)
    for address, tasks in found.items():
        cause = wanted[address]
        already = {int(blocker.task) for blocker in cause.blockers}
        if len(tasks) <= MAX_POSSIBLE:
            more = [Blocker(t.ts, POSSIBLE, "its address is on the stack") for t in tasks if int(t) not in already]
            cause.blockers = (*cause.blockers, *more)
