# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions on the stack of a sleeping task."""

from __future__ import annotations

from pykdump.linux.stacks import frames_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykdump.linux.tasks import Task


def functions_of(task: Task) -> list[str]:
    """Return the functions on the kernel stack of a task, innermost first; addresses outside functions as "0x..."."""
    return [frame.function or f"{frame.address:#x}" for frame in frames_of(int(task))[0]]
