# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks as records that several commands show."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import item
from pykdump.linux.stacks import frames_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pykdump.linux.processes.thread_facts import ThreadFacts
    from pykdump.linux.stacks import Frame
    from pykdump.linux.tasks import Task


@dataclass
class StackFrame:
    """One function on a stack."""

    function: str = item("its name; an address if no symbol is known")
    offset: int | None = item("the offset of the instruction in the function", unit="bytes")
    module: str | None = item("the module that has the function; null for the kernel itself")
    interrupted: bool = item("whether an exception or an interrupt came in this function")


@dataclass
class ThreadStack:
    """The stack of a thread, the innermost function first."""

    tid: int = item("the thread")
    comm: str = item("its name")
    cpu: int = item("the CPU on which it runs or ran last")
    state: str = item("two letters: RU, IN, UN, ST, TR, DE, ZO, PA or ID")
    ran_ms_ago: int = item("time since it last began to run", unit="ms")
    task: int = item("struct task_struct *", unit="address")
    frames: tuple[StackFrame, ...] = item("its functions; empty if the stack cannot be read")
    problem: str | None = item("why the frames end early; null if they are complete")


def stack_of(task: Task | ThreadFacts) -> ThreadStack:
    """Return the stack of a thread as a record."""
    frames, _, problem = frames_of(int(task))
    return ThreadStack(
        task.pid, task.comm, task.cpu, task.state_code, task.Ran_ago, int(task), frame_records(frames), problem
    )


def frame_records(frames: Iterable[Frame]) -> tuple[StackFrame, ...]:
    """Return frames as records."""
    return tuple(
        StackFrame(
            frame.function or f"{frame.address:#x}", frame.offset if frame.function else None, frame.module, frame.exact
        )
        for frame in frames
    )


def frame_line(frame: StackFrame) -> str:
    """Return a frame as a line of text without indentation."""
    place = frame.function if frame.offset is None else f"{frame.function}+{frame.offset:#x}"
    return place + (f" [{frame.module}]" if frame.module else "") + ("  <interrupted>" if frame.interrupted else "")


def stack_lines(stack: ThreadStack) -> Iterator[str]:
    """Yield the lines of a stack: whose it is, and its functions."""
    ago = f"ran {stack.ran_ms_ago / 1000:.1f} s ago" if stack.state != "RU" else "runs"
    yield f"PID {stack.tid}  {stack.comm}  CPU {stack.cpu}  {stack.state}  {ago}"
    for frame in stack.frames:
        yield f"    {frame_line(frame)}"
    if stack.problem or not stack.frames:
        yield f"    ({stack.problem or 'no stack can be read'})"
