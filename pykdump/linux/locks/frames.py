# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions on the stack of a sleeping task."""

from __future__ import annotations

from pykdump.linux.btstack import exec_bt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykdump.linux.tasks import Task


def functions_of(task: Task) -> list[str]:
    """Return the functions on the kernel stack of a task, innermost first."""
    stacks = exec_bt(f"bt {int(task):x}")
    return [frame.func for frame in stacks[0].frames] if stacks else []
