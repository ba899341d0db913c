# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks of tasks as values: functions, offsets, modules, addresses, exception frames and registers.

    for stack in all_stacks():
        if "do_nanosleep" in stack.functions:
            print(stack.pid, stack.comm)

A task that does not run is unwound by the kernel's ORC tables where it has them (x86-64). That takes some microseconds
a frame. Other stacks come from crash's ``bt``; ``Stack.source`` says which way it was.
"""

from __future__ import annotations

from crash import error, is_task_active, member_offset, readS32, tasks

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.unwind.frames import ExceptionFrame, Frame, Stack
from pykdump.linux.unwind.orc import OrcTables
from pykdump.linux.unwind.walk import Walker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import SupportsInt

    from pykdump.linux.unwind.forms import FrameForm
    from pykdump.linux.unwind.words import Words

__all__ = [
    "ExceptionFrame",
    "Frame",
    "Stack",
    "all_stacks",
    "frames_of",
    "functions_of",
    "known_form",
    "stack_of",
    "stack_of_row",
]


@memoize_cond(CU_LIVE)
def _walker() -> Walker | None:
    """The walker of this dump, None if its kernel has no ORC tables of x86-64."""
    tables = OrcTables.of_kernel()
    return Walker(tables) if tables is not None else None


@memoize_cond(CU_LIVE)
def _on_cpu() -> int:
    """The offset of the member that says whether a task runs, -1 in kernels for one CPU, which lack it."""
    return member_offset("struct task_struct", "on_cpu")


def _runs(task: int) -> bool:
    """Return whether a ``struct task_struct *`` is on a CPU. crash takes longer the more tasks there are."""
    offset = _on_cpu()
    try:
        return readS32(task + offset) != 0 if offset >= 0 else is_task_active(task)
    except (error, IndexError):
        return False


def frames_of(task: int) -> tuple[tuple[Frame, ...], str, str | None]:
    """Return (frames, "orc" or "bt", problem) of a ``struct task_struct *``."""
    walker = _walker()
    if walker is not None and not _runs(task):
        frames, problem = walker.frames_of(task)
        return tuple(frames), "orc", problem
    from pykdump.linux.unwind import btframes  # parses text, which few stacks need

    frames, problem = btframes.frames_of(task)
    return tuple(frames), "bt", problem


def functions_of(task: SupportsInt) -> tuple[str, ...]:
    """Return the names of the functions on the stack of a ``struct task_struct *``, innermost first.

    ``task`` may also be a struct or a Task. An address without a symbol is "0x...". For many stacks this is quicker
    than frames_of().
    """
    address = int(task)
    walker = _walker()
    if walker is not None and not _runs(address):
        return walker.functions_of(address)[0]
    return tuple([frame.function or f"{frame.address:#x}" for frame in frames_of(address)[0]])


def stack_of(task: int) -> Stack:
    """Return the stack of a ``struct task_struct *`` (an int, a struct or a Task).

    Raises LookupError if crash knows no task at this address. A stack that cannot be read has no frames, or ends early,
    and a problem.
    """
    for row in tasks():
        if row[0] == task:
            return stack_of_row(row)
    raise LookupError(f"there is no task at {int(task):#x}")


def known_form(task: int) -> tuple[FrameForm, Words] | None:
    """Return the form of the frames of a ``struct task_struct *``, and the words of its stack.

    None if the way through its stack is not known, or if the task runs: then frames_of() finds them.
    """
    walker = _walker()
    return walker.known_form(task) if walker is not None and not _runs(task) else None


def all_stacks() -> Iterator[Stack]:
    """Yield the stack of each task that crash knows, in the order of crash's ``ps``.

    Raises crash.error in minimal mode, where crash has no list of tasks.
    """
    return map(stack_of_row, tasks())


def stack_of_row(row: tuple[int, int, int, int, int, str, int]) -> Stack:
    """Return the stack for a row of crash.tasks(), as stack_of() does."""
    task, pid, cpu, _, _, comm, _ = row
    return Stack(task, pid, cpu, comm, *frames_of(task))
