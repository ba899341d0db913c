# SPDX-License-Identifier: GPL-3.0-or-later
"""runqueues: the task that runs on each CPU, and the tasks that wait for it.

It shows what crash's own runq shows, for all scheduling classes, with the time that each task waits.

  CPU      the CPU
  CLASS    stop, dl (SCHED_DEADLINE), rt (SCHED_FIFO, SCHED_RR), fair, ext (sched_ext) or idle
  PRIO     the kernel's priority: 0 to 99 real time, 120 is nice 0
  FOR      of the task that runs ("*"): how long it has run without a pause; of the others: how long they wait
  STATE    "delayed" for a task that sleeps already and leaves the tree of the fair class later

The clock of the run queue is the clock of these times. BEHIND is the time by which that clock is older than the newest
one of all CPUs: it stands still while a CPU is idle, or stuck.

A finding names each task that is ready to run and has waited for its CPU longer than ten seconds.

  runqueues --cpu 3     of this CPU only
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, item
from pykdump.command_layer.events import UNREADABLE, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts

SECOND = 1_000_000_000
STARVED_SECONDS = 10


@dataclass
class RunQueue:
    """The run queue of a CPU: a struct rq."""

    cpu: int = item("the CPU")
    address: int = item("struct rq *", unit="address")
    running: int = item("number of tasks that run or wait (rq.nr_running)")
    switches: int = item("number of context switches since boot")
    uninterruptible: int = item("tasks that went to sleep uninterruptibly here minus those that woke up here")
    clock_s: float = item("its clock, since boot", unit="s")
    behind_s: float = item("how much older its clock is than the newest clock of all CPUs", unit="s")


@dataclass
class QueuedTask:
    """A task that runs, or waits for a CPU."""

    cpu: int = item("the CPU")
    current: bool = item("whether it runs on that CPU")
    scheduling_class: str = item("stop, dl, rt, fair, ext or idle")
    prio: int = item("the kernel's priority (task_struct.prio)")
    pid: int = item("the thread")
    task: int = item("struct task_struct *", unit="address")
    for_s: float | None = item("how long it has run, or waits; null if the kernel does not note it", unit="s")
    delayed: bool = item("whether it sleeps already and is still in the tree of the fair class")
    comm: str = item("its name")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of runqueues."""
    parser.add_argument("--cpu", type=int, action="append", metavar="N", help="only this CPU; may be repeated")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield each run queue and its tasks."""
    from pykdump.linux.percpu import running_cpus, runqueues

    queues = runqueues()
    chosen = options.cpu or list(queues)
    newest = max((int(rq.clock) for rq in queues.values()), default=0)
    online = set(running_cpus())
    for cpu in chosen:
        if cpu in queues:
            yield from _one_cpu(cpu, queues[cpu], newest)
        elif cpu in online or options.cpu:
            yield Problem(f"the run queue of CPU {cpu}", "it is not in the dump")


def _one_cpu(cpu: int, rq: StructResult, newest: int) -> Iterator[object]:
    try:
        yield RunQueue(
            cpu=cpu,
            address=int(rq),
            running=int(rq.nr_running),
            switches=int(rq.nr_switches),
            uninterruptible=_signed_int(int(rq.nr_uninterruptible)),
            clock_s=int(rq.clock) / SECOND,
            behind_s=(newest - int(rq.clock)) / SECOND,
        )
        yield from tasks_of(cpu, rq)
    except UNREADABLE as problem:
        yield Problem(f"the run queue of CPU {cpu}", reason_of(problem))


def _signed_int(value: int) -> int:
    """Return nr_uninterruptible as a signed number: an int before v5.14, since then an unsigned long that wraps."""
    low = value & 0xFFFFFFFF
    return low - (1 << 32) if low >> 31 else low


def tasks_of(cpu: int, rq: StructResult) -> Iterator[QueuedTask | Finding]:
    """Yield the task that runs, those that wait, and a finding for each that has waited too long."""
    from pykdump.linux.cpu import runqueues

    yield _task(cpu, True, runqueues.current_class(rq), rq.curr, runqueues.runs_ns(rq))
    for name, task in runqueues.queued_tasks(rq):
        record = _task(cpu, False, name, task, runqueues.waits_ns(rq, task))
        yield record
        if record.for_s is not None and record.for_s > STARVED_SECONDS and not record.delayed:
            yield Finding(
                "cpu-starvation",
                f"{record.comm} has been ready to run for {record.for_s:.0f} s without getting CPU {cpu}.",
                pids=(record.pid,),
                addresses=(record.task,),
            )


def _task(cpu: int, current: bool, name: str, task: StructResult, ns: int | None) -> QueuedTask:
    from pykdump.linux.cpu.runqueues import is_delayed

    return QueuedTask(
        cpu=cpu,
        current=current,
        scheduling_class=name,
        prio=int(task.prio),
        pid=int(task.pid),
        task=int(task),
        for_s=None if ns is None else ns / SECOND,
        delayed=is_delayed(task),
        comm=str(task.comm),
    )


def _queue_lines(queue: RunQueue) -> Iterator[str]:
    yield (
        f"CPU {queue.cpu}  rq {queue.address:#x}  running {queue.running}  switches {queue.switches}  "
        f"clock {queue.clock_s:.6f} s  behind {queue.behind_s:.3f} s"
    )


TABLES: Layouts = {
    RunQueue: _queue_lines,
    QueuedTask: (
        Column("", "current", show=lambda current: "  *" if current else "   "),
        Column("CLASS", "scheduling_class", left=True),
        Column("PRIO", "prio"),
        Column("PID", "pid"),
        Column("TASK", "task", address=True),
        Column("FOR", "for_s", show=lambda seconds: f"{seconds:.3f} s"),
        Column("STATE", "delayed", left=True, show=lambda delayed: "delayed" if delayed else ""),
        Column("COMM", "comm", left=True),
    ),
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
