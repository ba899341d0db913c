# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of crashinfo, and how text shows them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pykdump.command_layer import Column, item
from pykdump.commands.parts.stacks import StackFrame, ThreadStack, frame_line, stack_lines
from pykdump.kernel_clock import ms2uptime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykdump.command_layer.reports import Layouts

SHOWN_PIDS = 12


@dataclass
class System:
    """The machine and its kernel."""

    nodename: str = item("the name of the machine")
    release: str = item("the release of the kernel")
    version: str = item("the version of the kernel, with the time of its build")
    machine: str = item("the architecture")
    hardware: str | None = item("maker and product, as the firmware names them")
    cpus_online: int = item("number of online CPUs")
    cpus_possible: int = item("number of possible CPUs")
    memory_bytes: int | None = item("memory that the kernel manages", unit="bytes")
    dumped_at: float | None = item("the time of the dump, in seconds since 1970 UTC", unit="s")
    uptime_s: float | None = item("from boot to the dump", unit="s")
    load: tuple[float, ...] = item("load averages over 1, 5 and 15 minutes")
    taints: str = item("the letters of the taints; empty if there are none")
    command_line: str | None = item("the kernel's command line")
    dumpfile: str | None = item("the file of the dump")


@dataclass
class PanicCause:
    """How the dump came about."""

    cause: str | None = item("a word for the cause, such as sysrq or null-dereference; null if no panic is recorded")
    explanation: str = item("one sentence")
    message: str | None = item("the text of the kernel's panic message")
    cpu: int | None = item("the CPU that panicked")
    tid: int | None = item("the thread that ran there")
    comm: str | None = item("its name")
    function: str | None = item("the function in which the fault happened")
    offset: int | None = item("the offset of the faulting instruction in that function", unit="bytes")
    module: str | None = item("the module that has that function")


@dataclass
class CpuActivity:
    """What a CPU did."""

    cpu: int = item("its number")
    tid: int = item("the thread that ran there; 0 is the idle thread")
    comm: str = item("its name")
    running_ms: int = item("how long the thread had run without a switch", unit="ms")
    clock_lag_ms: int = item("how long ago the clock of the run queue was updated", unit="ms")
    unwatched_s: int | None = item("how long ago the soft lockup detector ran there", unit="s")


@dataclass
class StateThreads:
    """The number of threads in a state."""

    state: str = item("two letters: RU, IN, UN, ST, TR, DE, ZO, PA or ID")
    threads: int = item("number of threads")


@dataclass
class ThreadAge:
    """A thread that ran recently, or that has waited long."""

    tid: int = item("the thread")
    comm: str = item("its name")
    state: str = item("two letters: RU, IN, UN, ST, TR, DE, ZO, PA or ID")
    cpu: int = item("the CPU on which it runs or ran last")
    ran_ms_ago: int = item("time since it last began to run", unit="ms")


@dataclass
class StackGroup:
    """Threads with the same functions on their stacks."""

    threads: int = item("number of threads")
    tids: tuple[int, ...] = item("the threads, the one that has waited longest first")
    states: tuple[str, ...] = item("their states")
    oldest_ms: int = item("time since the first of them ran", unit="ms")
    youngest_ms: int = item("time since the last of them ran", unit="ms")
    frames: tuple[StackFrame, ...] = item("the functions; offsets are those of the first thread")


@dataclass
class LogLine:
    """A line of the kernel's log."""

    seconds: float = item("time since boot", unit="s")
    text: str = item("the text")


@dataclass
class Words:
    """Text that a crash command printed."""

    text: str = item("the text, with line ends")


def size_text(size: int | None) -> str:
    """Return a number of bytes as text: "715.7 MiB"."""
    if size is None:
        return "?"
    number, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if number < 1024:
            break
        number, unit = number / 1024, larger
    return f"{number:.1f} {unit}" if unit != "bytes" else f"{size} bytes"


def _time_text(seconds: float | None) -> str:
    return "?" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def system_lines(system: System) -> Iterator[str]:
    """Yield the lines of a System."""
    rows = (
        ("Node", system.nodename),
        ("Kernel", f"{system.release} {system.version}"),
        ("Hardware", f"{system.hardware or '?'}, {system.machine}"),
        ("CPUs", f"{system.cpus_online} online, {system.cpus_possible} possible"),
        ("Memory", size_text(system.memory_bytes)),
        ("Dumped", _time_text(system.dumped_at)),
        ("Uptime", "?" if system.uptime_s is None else ms2uptime(int(system.uptime_s * 1000))),
        ("Load", ", ".join(f"{value:.2f}" for value in system.load) or "?"),
        ("Tainted", system.taints or "no"),
        ("Command line", system.command_line or "?"),
        ("Dump", system.dumpfile or "?"),
    )
    for title, value in rows:
        yield f"{title + ':':<14}{value}"


def panic_lines(panic: PanicCause) -> Iterator[str]:
    """Yield the lines of a PanicCause."""
    yield panic.explanation
    if panic.message:
        yield f"Message:      {panic.message}"
    if panic.function:
        place = f"{panic.function}+{panic.offset or 0:#x}" + (f" [{panic.module}]" if panic.module else "")
        yield f"Instruction:  {place}"
    if panic.cpu is not None:
        yield f"Where:        CPU {panic.cpu}, PID {panic.tid}, {panic.comm}"


def group_lines(group: StackGroup) -> Iterator[str]:
    """Yield the lines of a StackGroup."""
    age = f"{group.oldest_ms / 1000:.1f}"
    if group.oldest_ms != group.youngest_ms:
        age = f"{group.youngest_ms / 1000:.1f} to {age}"
    noun = "thread" if group.threads == 1 else "threads"
    yield f"{group.threads} {noun} ({', '.join(group.states)}), ran {age} s ago"
    more = f" and {group.threads - SHOWN_PIDS} more" if group.threads > SHOWN_PIDS else ""
    yield f"  PIDs {' '.join(map(str, group.tids[:SHOWN_PIDS]))}{more}"
    for frame in group.frames:
        yield f"    {frame_line(frame)}"


def log_lines(line: LogLine) -> Iterator[str]:
    """Yield a line of the log as dmesg prints it."""
    yield f"[{line.seconds:12.6f}] {line.text}"


def words_lines(words: Words) -> Iterator[str]:
    """Yield the lines of a crash command."""
    yield from words.text.splitlines()


LAYOUTS: Layouts = {
    System: system_lines,
    PanicCause: panic_lines,
    CpuActivity: (
        Column("CPU", "cpu"),
        Column("PID", "tid"),
        Column("COMM", "comm", left=True),
        Column("RUNNING-MS", "running_ms"),
        Column("CLOCK-LAG-MS", "clock_lag_ms"),
        Column("UNWATCHED-S", "unwatched_s"),
    ),
    StateThreads: (Column("ST", "state", left=True), Column("THREADS", "threads")),
    ThreadAge: (
        Column("PID", "tid"),
        Column("COMM", "comm", left=True),
        Column("ST", "state", left=True),
        Column("CPU", "cpu"),
        Column("RAN-MS-AGO", "ran_ms_ago"),
    ),
    ThreadStack: stack_lines,
    StackGroup: group_lines,
    LogLine: log_lines,
    Words: words_lines,
}
