# SPDX-License-Identifier: GPL-3.0-or-later
"""Details of a task: limits, credentials, capabilities, times, flags, paths and command line."""

from __future__ import annotations

from crash import UVADDR, error, member_offset, readmem, set_readmem_task

from pykdump.linux.fs import full_path
from pykdump.linux.tasks import TASK_STRUCT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

    from pykdump.linux.tasks import Task

NANOSECONDS = 1_000_000_000
MAX_GROUPS = 65536  # NGROUPS_MAX
MAX_ARGUMENTS = 4096
RLIM_INFINITY = (1 << 64) - 1
DEFAULT_PRIO = 120
# The order of signal->rlim[] (include/uapi/asm-generic/resource.h), with the names of /proc/PID/limits
# (fs/proc/base.c).
LIMITS = (
    "Max cpu time", "Max file size", "Max data size", "Max stack size", "Max core file size", "Max resident set",
    "Max processes", "Max open files", "Max locked memory", "Max address space", "Max file locks",
    "Max pending signals", "Max msgqueue size", "Max nice priority", "Max realtime priority", "Max realtime timeout",
)  # fmt: skip
CAPABILITIES = ("inheritable", "permitted", "effective", "bset", "ambient")
POLICIES = {0: "NORMAL", 1: "FIFO", 2: "RR", 3: "BATCH", 5: "IDLE", 6: "DEADLINE", 7: "EXT"}
# Bits of task->flags that mean the same in all kernels since v5.10 (include/linux/sched.h).
FLAGS = {
    0x4: "EXITING", 0x20: "WQ_WORKER", 0x40: "FORKNOEXEC", 0x100: "SUPERPRIV", 0x200: "DUMPCORE", 0x400: "SIGNALED",
    0x800: "MEMALLOC", 0x1000: "NPROC_EXCEEDED", 0x20000: "KSWAPD", 0x200000: "KTHREAD", 0x400000: "RANDOMIZE",
    0x4000000: "NO_SETAFFINITY",
}  # fmt: skip


def limits(task: Task) -> Iterator[tuple[str, int | None, int | None]]:
    """Yield (name, soft limit, hard limit) as /proc/PID/limits does; None means unlimited.

    The values are those of ``struct rlimit signal->rlim[]``: bytes, seconds, numbers, microseconds.
    """
    signal = task.ts.signal
    if signal:
        for name, limit in zip(LIMITS, signal.rlim):
            yield name, _limit(limit.rlim_cur), _limit(limit.rlim_max)


def _limit(value: int) -> int | None:
    return None if int(value) >= RLIM_INFINITY else int(value)


def groups(task: Task) -> list[int]:
    """Return the supplementary groups: ``real_cred->group_info``."""
    info = task.ts.real_cred.group_info
    count = min(int(info.ngroups), MAX_GROUPS)
    return [int(info.gid[index].val) for index in range(count)]


def capabilities(task: Task) -> Iterator[tuple[str, int]]:
    """Yield (set, bits) of each set of capabilities, as the lines Cap... of /proc/PID/status."""
    for name in CAPABILITIES:
        bits = getattr(task.ts.real_cred, f"cap_{name}")
        # Commit f122a08b197d ("capability: just use a 'u64' instead of a 'u32[2]' array", v6.3).
        yield name, int(bits.val) if bits.hasField("val") else int(bits.cap[0]) | int(bits.cap[1]) << 32


def flag_names(flags: int) -> list[str]:
    """Return the names (without PF_) of the bits of ``unsigned int task->flags`` that we know."""
    return [name for bit, name in FLAGS.items() if flags & bit]


def policy_name(task: Task) -> str:
    """Return the scheduling policy: NORMAL, FIFO, RR, BATCH, IDLE, DEADLINE or EXT."""
    return POLICIES.get(int(task.ts.policy), str(int(task.ts.policy)))


def nice(task: Task) -> int:
    """Return the nice value, -20 to 19, from ``int static_prio``."""
    return int(task.ts.static_prio) - DEFAULT_PRIO


def start_nanoseconds(task: Task) -> int:
    """Return when the task was started, in ns since boot with the time that the machine slept."""
    # Commit cf25e24db61c ("time: Rename tsk->real_start_time to ->start_boottime", v5.5).
    return int(task.ts.start_boottime if member_offset(TASK_STRUCT, "start_boottime") >= 0 else task.ts.real_start_time)


def run_nanoseconds(task: Task) -> int:
    """Return how long the task has run, in ns: the first number of /proc/PID/schedstat."""
    return int(task.ts.se.sum_exec_runtime)


def wait_nanoseconds(task: Task) -> int | None:
    """Return how long it has waited for a CPU, in ns; None on a kernel without CONFIG_SCHED_INFO."""
    return int(task.ts.sched_info.run_delay) if member_offset(TASK_STRUCT, "sched_info.run_delay") >= 0 else None


def paths(task: Task) -> Iterator[tuple[str, str]]:
    """Yield ("exe", "cwd" or "root", path from the root of the namespace) of a process that has them."""
    mm, fs = task.ts.mm, task.ts.fs
    if mm and mm.exe_file:
        yield "exe", _path(mm.exe_file.f_path)
    if fs:
        yield "cwd", _path(fs.pwd)
        yield "root", _path(fs.root)


def _path(path: StructResult) -> str:
    return full_path(path.dentry, path.mnt)


def command_line(task: Task) -> str | None:
    """Return the arguments with blanks between them; None if that page of user memory is not in the dump."""
    mm = task.ts.mm
    if not mm:
        return ""
    start, end = int(mm.arg_start), int(mm.arg_end)
    if not start < end:
        return ""
    set_readmem_task(int(task))
    try:
        raw = readmem(start, min(end - start, MAX_ARGUMENTS), UVADDR)
    except error:
        return None
    finally:
        set_readmem_task(0)
    return raw.rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "backslashreplace")
