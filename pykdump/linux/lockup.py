# SPDX-License-Identifier: GPL-3.0-or-later
"""CPUs that are stuck, and RCU grace periods that do not end."""

from __future__ import annotations

from crash import error, readInt, readSymbol, readU64, symbol_exists

from pykdump.linux.clock import jiffies, kernel_hz
from pykdump.linux.percpu import get_cpu_var, possible_cpus, running_cpus, runqueues
from pykdump.linux.tasks import NANOSECONDS_IN_MS, layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

# kernel/watchdog.c: get_timestamp() shifts nanoseconds by 30 bits, "2^30 ~= 10^9".
WATCHDOG_SHIFT = 30
LONG_MASK = (1 << 64) - 1
# Values of watchdog_touch_ts that are no time: 0, and SOFTLOCKUP_RESET before commit fef06efc2eba
# ("watchdog/softlockup: report the overall time of softlockups", v5.13).
NO_TIME = (0, LONG_MASK)
DEFAULT_THRESHOLD = 10  # seconds, int watchdog_thresh
DEFAULT_STALL_TIMEOUT = 21  # seconds, CONFIG_RCU_CPU_STALL_TIMEOUT


class CpuState:
    """What a CPU does.

    ``task`` is its ``struct task_struct``. ``running_ms`` is how long that has run without a switch. ``clock_lag_ms``
    is how long ago the clock of its run queue was last updated, measured by the most recent clock of all CPUs: an idle
    CPU and one that has interrupts disabled both lag. ``unwatched_s`` is how long ago the watchdog's thread ran there,
    None without a soft lockup detector.
    """

    __slots__ = ("clock_lag_ms", "cpu", "idle", "running_ms", "task", "unwatched_s")

    def __init__(
        self, cpu: int, task: StructResult, idle: bool, running_ms: int, lag: int, unwatched: int | None
    ) -> None:
        self.cpu = cpu
        self.task = task
        self.idle = idle
        self.running_ms = running_ms
        self.clock_lag_ms = lag
        self.unwatched_s = unwatched


def cpu_states() -> Iterator[CpuState]:
    """Yield a CpuState for each online CPU whose run queue is in the dump."""
    clock = layout().clock
    queues = runqueues()
    online = set(running_cpus())
    clocks = {cpu: int(getattr(queue, clock)) for cpu, queue in queues.items() if cpu in online}
    newest = max(clocks.values(), default=0)
    touched = dict(_watchdog_times())
    for cpu, now in clocks.items():
        task = queues[cpu].curr
        arrival = int(task.sched_info.last_arrival) if task.hasField("sched_info") else now
        yield CpuState(
            cpu=cpu,
            task=task,
            idle=int(task) == int(queues[cpu].idle),
            running_ms=max(newest - arrival, 0) // NANOSECONDS_IN_MS,
            lag=(newest - now) // NANOSECONDS_IN_MS,
            unwatched=max((newest >> WATCHDOG_SHIFT) - touched[cpu], 0) if cpu in touched else None,
        )


def _watchdog_times() -> Iterator[tuple[int, int]]:
    """Yield (CPU, ``unsigned long watchdog_touch_ts``) where the watchdog's thread has run."""
    if not symbol_exists("watchdog_touch_ts"):
        return
    for cpu, address in zip(possible_cpus(), get_cpu_var("watchdog_touch_ts")):
        try:
            value = readU64(address)
        except error:
            continue
        if value not in NO_TIME:
            yield cpu, value


def _setting(name: str, default: int) -> int:
    """Return an ``int`` variable of the kernel, or ``default`` if this kernel does not have it."""
    try:
        return int(readSymbol(name))
    except (TypeError, error):
        return default


def soft_lockup_seconds() -> int:
    """Return after how many seconds the kernel reports a soft lockup: twice ``watchdog_thresh``; 0 if it never does."""
    if not _setting("watchdog_enabled", 1):
        return 0
    return 2 * _setting("watchdog_thresh", DEFAULT_THRESHOLD)


class RcuStall:
    """A grace period of RCU that takes longer than the kernel's limit: for how long, and the limit, in seconds."""

    __slots__ = ("limit_s", "seconds")

    def __init__(self, seconds: float, limit_s: int) -> None:
        self.seconds = seconds
        self.limit_s = limit_s


def rcu_stall() -> RcuStall | None:
    """Return the grace period that is stalled, None if there is none.

    ``struct rcu_state rcu_state``: the low bits of ``gp_seq`` are set while a grace period runs, ``gp_start`` is when
    it began, in jiffies (kernel/rcu/tree.h, RCU_SEQ_STATE_MASK in kernel/rcu/rcu.h, since v4.16).
    """
    state = readSymbol("rcu_state")
    if not int(state.gp_seq) & 0x3:
        return None
    limit = _setting("rcu_cpu_stall_timeout", DEFAULT_STALL_TIMEOUT)
    seconds = ((jiffies() - int(state.gp_start)) & LONG_MASK) / kernel_hz()
    return RcuStall(seconds, limit) if limit < seconds < 1 << 32 else None


def nmi_watchdog_cpus() -> list[int]:
    """Return the CPUs for which a hard lockup was recorded: ``bool hard_watchdog_warn`` or its newer name is set.

    Commit 1610611aadc2 (v6.5) renamed the per-CPU variable to ``watchdog_hardlockup_warned``.
    """
    for name in ("watchdog_hardlockup_warned", "hard_watchdog_warn"):
        if symbol_exists(name):
            values = zip(possible_cpus(), get_cpu_var(name))
            return [cpu for cpu, address in values if readInt(address, 1)]
    return []
