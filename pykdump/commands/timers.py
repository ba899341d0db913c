# SPDX-License-Identifier: GPL-3.0-or-later
"""timers: pending timers of each CPU: the timer wheels, and high-resolution timers as in /proc/timer_list.

  CPU       the CPU to which the timer belongs
  BASE      of a wheel: local, global or deferrable (before Linux 6.9 standard or deferrable)
  CLOCK     of a high-resolution timer: monotonic, realtime, boottime or tai; "soft" if it expires in the softirq
  EXPIRES   in jiffies, or in ns of the clock
  IN        the time until then; it is negative if the timer is overdue
  FUNCTION  what it calls
  SLEEPER   PID and name of the task that sleeps until then

The times are counted from the last tick before the dump.

A finding names each CPU whose timers are overdue by more than ten seconds (the CPU is stuck, or runs no softirqs), and
each CPU that is offline and has timers. Deferrable timers wait until their CPU wakes up, so they do not count.

  timers --wheels       timer wheels only
  timers --hrtimers     high-resolution timers only
  timers --cpu 3        of this CPU only
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, Section, guarded, item
from pykdump.command_layer.events import UNREADABLE, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Container, Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts

NS = 1_000_000_000
OVERDUE_SECONDS = 10
DEFERRABLE = "deferrable"


@dataclass
class Timer:
    """A pending timer of a timer wheel: a struct timer_list."""

    cpu: int = item("the CPU of its wheel")
    base: str = item("local, global or deferrable; standard or deferrable before Linux 6.9")
    address: int = item("struct timer_list *", unit="address")
    expires: int = item("when it expires", unit="jiffies")
    in_s: float = item("time until it expires; negative if it is overdue", unit="s")
    function: str = item("the function that it calls")
    pid: int | None = item("the thread that sleeps until it expires; null if it is not such a timer")
    comm: str = item("the name of that thread; empty if there is none")

    @property
    def sleeper(self) -> str:
        """PID and name of the thread that sleeps, or nothing."""
        return _label(self.pid, self.comm)


@dataclass
class HighResolutionTimer:
    """A pending high-resolution timer: a struct hrtimer."""

    cpu: int = item("the CPU to which it belongs")
    clock: str = item("monotonic, realtime, boottime or tai")
    soft: bool = item("whether it expires in the softirq")
    address: int = item("struct hrtimer *", unit="address")
    soft_expires_ns: int = item("when it may expire, on its clock", unit="ns")
    expires_ns: int = item("when it expires at the latest, on its clock", unit="ns")
    in_s: float = item("time until then; negative if it is overdue", unit="s")
    function: str = item("the function that it calls")
    state: int = item("HRTIMER_STATE_...: 1 is enqueued")
    pid: int | None = item("the thread that sleeps until it expires; null if it is not such a timer")
    comm: str = item("the name of that thread; empty if there is none")

    @property
    def sleeper(self) -> str:
        """PID and name of the thread that sleeps, or nothing."""
        return _label(self.pid, self.comm)

    @property
    def clock_text(self) -> str:
        """The name of the clock, and whether the timer expires in the softirq."""
        return self.clock + (" soft" if self.soft else "")


def _label(pid: int | None, comm: str) -> str:
    return "" if pid is None else f"{pid} {comm}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of timers."""
    parser.add_argument("--wheels", action="store_true", help="timer wheels only")
    parser.add_argument("--hrtimers", action="store_true", help="high-resolution timers only")
    parser.add_argument("--cpu", type=int, action="append", metavar="N", help="of this CPU only; may be repeated")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the timers and findings about them."""
    both = options.wheels == options.hrtimers
    if both or options.wheels:
        yield Section("Timer wheels")
        yield from guarded("timer wheels", wheels, options.cpu)
    if both or options.hrtimers:
        yield Section("High-resolution timers")
        yield from guarded("high-resolution timers", hrtimers, options.cpu)


def wheels(cpus: Container[int] | None) -> Iterator[object]:
    """Yield the Timers of the wheels of these CPUs (None: all), those that expire first at the beginning of a wheel."""
    from pykdump.linux.clock import kernel_hz
    from pykdump.linux.cpu.timers import jiffies_now, timer_bases
    from pykdump.linux.percpu import running_cpus

    now, hz, online = jiffies_now(), kernel_hz(), set(running_cpus())
    for cpu, name, base in timer_bases():
        if cpus is not None and cpu not in cpus:
            continue
        try:
            found = sorted(_wheel(cpu, name, base, now, hz), key=lambda timer: timer.in_s)
        except UNREADABLE as problem:
            yield Problem(f"the {name} timers of CPU {cpu}", reason_of(problem))
            continue
        yield from found
        if found:
            yield from _about_wheel(cpu, name, found, online)


def _wheel(cpu: int, name: str, base: StructResult, now: int, hz: int) -> Iterator[Timer]:
    from pykdump.linux.cpu.timers import function_name, jiffies_between, timer_task, wheel_timers

    for timer in wheel_timers(base):
        function, expires = function_name(timer.function), int(timer.expires)
        pid, comm = _sleeper(timer_task(timer, function))
        yield Timer(cpu, name, int(timer), expires, jiffies_between(expires, now) / hz, function, pid, comm)


def _sleeper(task: StructResult | None) -> tuple[int | None, str]:
    return (int(task.pid), str(task.comm)) if task else (None, "")


def _about_wheel(cpu: int, name: str, timers: list[Timer], online: Container[int]) -> Iterator[Finding]:
    first = timers[0]
    if cpu not in online:
        yield Finding(
            "timers-offline-cpu",
            f"{len(timers)} timers belong to CPU {cpu}, which is offline; {first.function} is one of them.",
            addresses=(first.address,),
        )
    elif name != DEFERRABLE and -first.in_s > OVERDUE_SECONDS:
        number = sum(-timer.in_s > OVERDUE_SECONDS for timer in timers)
        yield Finding(
            "timers-overdue",
            f"{number} timers of CPU {cpu} are overdue; the first one, {first.function}, by {-first.in_s:.0f} s.",
            addresses=(first.address,),
        )


def hrtimers(cpus: Container[int] | None) -> Iterator[object]:
    """Yield the HighResolutionTimers of these CPUs (None: all), those that expire first at the beginning of a clock."""
    from pykdump.linux.cpu.timers import hrtimer_bases, monotonic_ns

    now = monotonic_ns()
    for cpu, clock, soft, base in hrtimer_bases():
        if cpus is None or cpu in cpus:
            yield from guarded(f"the {clock} timers of CPU {cpu}", _clock_base, cpu, clock, soft, base, now)


def _clock_base(cpu: int, clock: str, soft: bool, base: StructResult, now: int) -> Iterator[HighResolutionTimer]:
    from pykdump.linux.cpu.timers import clock_base_hrtimers, function_name, hrtimer_expiry, timer_task

    # The clocks other than the monotonic one are ahead by an offset.
    now += int(base.offset)
    for timer in clock_base_hrtimers(base):
        earliest, latest = hrtimer_expiry(timer)
        function = function_name(timer.function)
        pid, comm = _sleeper(timer_task(timer, function))
        yield HighResolutionTimer(
            cpu, clock, soft, int(timer), earliest, latest, (latest - now) / NS, function, int(timer.state), pid, comm
        )


TABLES: Layouts = {
    Timer: (
        Column("CPU", "cpu"),
        Column("BASE", "base", left=True),
        Column("TIMER", "address", address=True),
        Column("EXPIRES", "expires"),
        Column("IN", "in_s", show=lambda seconds: f"{seconds:.3f} s"),
        Column("FUNCTION", "function", left=True),
        Column("SLEEPER", "sleeper", left=True),
    ),
    HighResolutionTimer: (
        Column("CPU", "cpu"),
        Column("CLOCK", "clock_text", left=True),
        Column("TIMER", "address", address=True),
        Column("EXPIRES", "expires_ns"),
        Column("IN", "in_s", show=lambda seconds: f"{seconds:.6f} s"),
        Column("FUNCTION", "function", left=True),
        Column("SLEEPER", "sleeper", left=True),
    ),
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
