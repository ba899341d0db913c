# SPDX-License-Identifier: GPL-3.0-or-later
"""Timers: the timer wheels (``struct timer_list``) and high-resolution timers (``struct hrtimer``) of each CPU."""

from __future__ import annotations

from crash import (
    Addr,
    addr2sym,
    container_of,
    error,
    getFullBucketsH,
    member_offset,
    member_size,
    readS64,
    readSU,
    readSymbol,
    struct_size,
    sym2addr,
    whatis,
)

from pykdump.c_integers import BITS_PER_LONG, PTR_SIZE
from pykdump.linux.percpu import percpu_ptr, possible_cpus
from pykdump.linux.trees import for_all_rbtree
from pykdump.lists import readList

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

TIMER, HRTIMER = "struct timer_list", "struct hrtimer"
MAX_TIMERS = 1_000_000  # in one bucket of a wheel
# Names of the elements of timer_bases[], by their number. v6.9 (kernel/time/timer.c) split the standard base in two;
# without CONFIG_NO_HZ_COMMON there is one base.
BASES = {1: ("standard",), 2: ("standard", "deferrable"), 3: ("local", "global", "deferrable")}
# The clocks of hrtimer_cpu_base.clock_base[] (enum hrtimer_base_type). Expiry in hard interrupts comes first.
CLOCKS = ("monotonic", "realtime", "boottime", "tai")
# The function of a timer tells in which struct it is: {function: (struct, member, member with the task)}.
SLEEPERS = {
    "process_timeout": ("struct process_timer", "timer", "task"),  # v4.15, kernel/time/timer.c
    "hrtimer_wakeup": ("struct hrtimer_sleeper", "timer", "task"),
}


def monotonic_ns() -> int:
    """Return CLOCK_MONOTONIC in ns at the last update of the kernel's clock, which a tick does."""
    # v6.17 (kernel/time/timekeeping.c) has an array of struct tk_data; before, one struct without a name.
    name = "timekeeper_data" if sym2addr("timekeeper_data") else "tk_core"
    core = readSymbol(name)
    base = (core[0] if name == "timekeeper_data" else core).timekeeper.tkr_mono
    return int(base.base) + (int(base.xtime_nsec) >> int(base.shift))


def jiffies_now() -> int:
    """Return ``unsigned long jiffies``, in which timer wheels count."""
    return int(readSymbol("jiffies")) & ((1 << BITS_PER_LONG) - 1)


def jiffies_between(later: int, earlier: int) -> int:
    """Return ``later - earlier`` of two values of jiffies, as the kernel's time_after() does: it may be negative."""
    half = 1 << (BITS_PER_LONG - 1)
    return (int(later) - int(earlier) + half) % (2 * half) - half


def timer_bases() -> Iterator[tuple[int, str, StructResult]]:
    """Yield (CPU, name, ``struct timer_base``) of each timer wheel."""
    start, size = sym2addr("timer_bases"), struct_size("struct timer_base")
    if size <= 0:
        raise TypeError("This kernel has no struct timer_base: it is older than 4.8.")
    dimensions = whatis("timer_bases").ti.dims
    names = BASES.get(dimensions[0] if dimensions else 1, ())
    for cpu in possible_cpus():
        for number, name in enumerate(names):
            yield cpu, name, readSU("struct timer_base", percpu_ptr(start, cpu) + number * size)


def wheel_timers(base: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct timer_list`` that is pending in a ``struct timer_base``, in the order of the buckets."""
    buckets = member_size("struct timer_base", "vectors") // PTR_SIZE
    offset = member_offset(TIMER, "entry")
    # struct hlist_node begins with its pointer to the next one.
    for _, first in getFullBucketsH(Addr(base, "vectors"), PTR_SIZE, buckets, 0):
        for node in readList(first, 0, maxel=MAX_TIMERS):
            yield readSU(TIMER, node - offset)


def hrtimer_bases() -> Iterator[tuple[int, str, bool, StructResult]]:
    """Yield (CPU, name of the clock, soft, ``struct hrtimer_clock_base``) of each clock of each CPU.

    ``soft`` says whether its timers expire in the softirq and not in the interrupt (v4.16).
    """
    start = sym2addr("hrtimer_bases")
    for cpu in possible_cpus():
        per_cpu = readSU("struct hrtimer_cpu_base", percpu_ptr(start, cpu))
        for number, base in enumerate(per_cpu.clock_base):
            yield cpu, CLOCKS[number % len(CLOCKS)], number >= len(CLOCKS), base


def clock_base_hrtimers(base: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct hrtimer`` of a ``struct hrtimer_clock_base``, the one that expires first at the beginning."""
    # struct timerqueue_node is "node", and its rb_node is "node" too. v7.1 puts a list in between.
    inner = "node.node.node" if member_offset(HRTIMER, "node.node.node") >= 0 else "node.node"
    active = base.active
    # Commit 511885d7061e ("lib/timerqueue: Rely on rbtree semantics for next timer", v5.4).
    yield from for_all_rbtree(active.rb_root if active.hasField("rb_root") else active.head, HRTIMER, inner)


def hrtimer_expiry(timer: StructResult) -> tuple[int, int]:
    """Return (earliest, latest) ns at which a ``struct hrtimer`` expires, on its clock."""
    hard = readS64(int(timer) + _expires_offset())
    return int(timer._softexpires), int(hard)


def _expires_offset() -> int:
    return int(member_offset(HRTIMER, "node.expires"))


def function_name(address: int) -> str:
    """Return the name of a function, with "+offset" inside one; the address in hexadecimal if no symbol is near."""
    name, offset = addr2sym(int(address), True)
    return f"{address:#x}" if not name else f"{name}+{offset:#x}" if offset else name


def timer_task(timer: StructResult, function: str) -> StructResult | None:
    """Return the ``struct task_struct`` that sleeps until a timer expires; None for timers of other kinds.

    ``timer`` is a ``struct timer_list`` or a ``struct hrtimer``, ``function`` the name of its function.
    """
    if function not in SLEEPERS:
        return None
    suname, member, task = SLEEPERS[function]
    try:
        return getattr(container_of(timer, suname, member), task) or None
    except (error, TypeError, LookupError):  # a damaged timer, or a kernel without this struct
        return None


def delayed_works() -> Iterator[tuple[int, StructResult, StructResult]]:
    """Yield (CPU, ``struct timer_list``, ``struct delayed_work``) of each delayed work whose time has not come."""
    wanted = sym2addr("delayed_work_timer_fn")
    for cpu, _, base in timer_bases():
        for timer in wheel_timers(base):
            if int(timer.function) == wanted:
                yield cpu, timer, container_of(timer, "struct delayed_work", "timer")
