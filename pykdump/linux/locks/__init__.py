# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks wait for: sleeping locks with their owners and waiters, and waits for other tasks.

    from pykdump.linux.locks import waiters

    for wait in waiters():
        print(wait.task.pid, wait.cause, [int(blocker.task.pid) for blocker in wait.blockers])

The lock that a task waits for is found from the structure that queues the task, on its own stack. Where no such
structure is found, the functions on the stack say the kind of the wait, and nothing says the lock.
"""

from __future__ import annotations

from pykdump.linux.locks.owners import HINT, KNOWN, POSSIBLE, Blocker
from pykdump.linux.locks.waits import Cause, Wait, Waits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HINT", "KNOWN", "POSSIBLE", "Blocker", "Cause", "Wait", "Waits", "waiters"]


def waiters(verbose: bool = False) -> Iterator[Wait]:
    """Yield each uninterruptible task that waits, with what it waits for and who must act.

    With ``verbose``, the tasks that sleep interruptibly, are stopped or traced come too.
    """
    return Waits().waiters(verbose)
