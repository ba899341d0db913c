# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of taskinfo and their tables."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, item

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pykdump.command_layer.reports import Layouts

RECENT = ("in the last second", "in the last 10 seconds", "in the last minute")
STATES = "two letters: RU, IN, UN, ST, TR, DE, ZO, PA or ID"


@dataclass
class Thread:
    """One thread."""

    pid: int = item("the process (thread group)")
    tid: int = item("the thread")
    cpu: int = item("the CPU on which it runs or ran last")
    state: str = item(STATES)
    ran_ms_ago: int = item("time between its last arrival on that CPU and that CPU's clock", unit="ms")
    uid: int | None = item("the real user ID, as root sees it; null without credentials")
    comm: str = item("its name")


@dataclass
class VerboseThread:
    """One thread, with more of its members."""

    pid: int = item("the process (thread group)")
    tid: int = item("the thread")
    parent: int = item("the parent process")
    cpu: int = item("the CPU on which it runs or ran last")
    state: str = item(STATES)
    ran_ms_ago: int = item("time between its last arrival on that CPU and that CPU's clock", unit="ms")
    run_time: float = item("how long it has run in all", unit="s")
    started: float = item("when it was started, since boot", unit="s")
    uid: int | None = item("the real user ID, as root sees it; null without credentials")
    policy: str = item("the scheduling policy")
    nice: int = item("the nice value")
    priority: int = item("the kernel's priority: 0 to 99 for realtime, 100 to 139 for others")
    pids: tuple[int, ...] = item("its TID in each PID namespace, from the initial one to its own")
    task: int = item("struct task_struct *", unit="address")
    comm: str = item("its name")


@dataclass
class StateCount:
    """The number of threads in one state."""

    state: str = item(STATES)
    threads: int = item("number of threads")


@dataclass
class Summary:
    """Numbers of all threads that were chosen."""

    processes: int = item("number of processes")
    threads: int = item("number of threads")
    ran_last_second: int = item("threads that ran in the last second")
    ran_last_10_seconds: int = item("threads that ran in the last 10 seconds")
    ran_last_minute: int = item("threads that ran in the last minute")


@dataclass
class CommandOutput:
    """What a crash command printed for one thread."""

    tid: int = item("the thread")
    comm: str = item("its name")
    text: str = item("the output")


@dataclass
class Version:
    """The version of the extension."""

    version: str = item("the version of PyKdump")
    crash: str = item("the version of crash")


@dataclass
class ProcessMemory:
    """Memory of one process."""

    pid: int = item("the process")
    comm: str = item("its name")
    resident: int = item("resident memory: anonymous, file and shared", unit="KiB")
    without_sysv: int = item("resident memory without SysV shared memory", unit="KiB")
    anonymous: int = item("anonymous memory", unit="KiB")
    file: int = item("pages of files", unit="KiB")
    shared: int = item("shared memory: tmpfs, SysV, shared anonymous memory", unit="KiB")
    sysv: int = item("what the attached SysV segments have in memory, but not more than shared", unit="KiB")
    swap: int = item("swapped out", unit="KiB")
    virtual: int = item("the address space", unit="KiB")


@dataclass
class MemoryTotal:
    """Memory of all processes."""

    processes: int = item("number of processes with memory of their own")
    without_sysv: int = item("the sum of their resident memory without SysV shared memory", unit="KiB")
    resident: int = item("the sum of their resident memory; what is shared is counted many times", unit="KiB")
    swap: int = item("the sum of what is swapped out", unit="KiB")
    sysv: int = item("resident memory of all SysV segments, counted once", unit="KiB")


@dataclass
class SysvSegment:
    """A segment of SysV shared memory."""

    shmid: int = item("its ID")
    key: int = item("its key")
    mode: str = item("the permissions, octal")
    uid: int = item("the owner")
    size: int = item("its size", unit="bytes")
    resident: int = item("what of it is in memory", unit="KiB")
    swap: int = item("what of it is swapped out", unit="KiB")
    attaches: int = item("how often it is attached")
    creator: int = item("the PID that made it")
    last: int = item("the PID of the last shmat() or shmdt()")
    namespace: int = item("struct ipc_namespace *", unit="address")


@dataclass
class Namespace:
    """A namespace and its processes."""

    type: str = item("mnt, net, pid, user, ipc, uts, cgroup or time")
    inode: int = item("its inode number, as in /proc/PID/ns")
    initial: bool = item("whether it is the one of the first process")
    processes: int = item("number of its processes; of a PID namespace, without those in namespaces below it")
    first: int = item("the PID of the first process")
    comm: str = item("the name of the first process")
    pids: tuple[int, ...] = item("the PIDs of the processes, except in an initial namespace; 100 at most")
    address: int = item("the struct", unit="address")


def _list(values: Iterable[object]) -> str:
    return ",".join(map(str, values)) or "-"


def _summary_lines(counts: Summary) -> Iterator[str]:
    yield f"{counts.threads} threads of {counts.processes} processes"
    numbers = (counts.ran_last_second, counts.ran_last_10_seconds, counts.ran_last_minute)
    for label, number in zip(RECENT, numbers):
        yield f"  ran {label}: {number}"


def _output_lines(output: CommandOutput) -> Iterator[str]:
    yield f"TID {output.tid} ({output.comm})"
    yield from output.text.splitlines()


def _version_lines(version: Version) -> Iterator[str]:
    yield f"taskinfo of PyKdump {version.version}, in crash {version.crash}"


def _total_lines(total: MemoryTotal) -> Iterator[str]:
    yield f"{total.processes} processes: {total.without_sysv} KiB resident without SysV shared memory,"
    yield f"  {total.resident} KiB with it (shared memory counts once for each process), {total.swap} KiB swapped out"
    yield f"SysV segments: {total.sysv} KiB resident"


def _seconds(value: float) -> str:
    return f"{value:.3f}"


TABLES: Layouts = {
    Thread: (
        Column("PID", "pid"),
        Column("TID", "tid"),
        Column("CPU", "cpu"),
        Column("ST", "state", left=True),
        Column("RAN-MS-AGO", "ran_ms_ago"),
        Column("UID", "uid"),
        Column("COMM", "comm", left=True),
    ),
    VerboseThread: (
        Column("PID", "pid"),
        Column("TID", "tid"),
        Column("PPID", "parent"),
        Column("CPU", "cpu"),
        Column("ST", "state", left=True),
        Column("RAN-MS-AGO", "ran_ms_ago"),
        Column("RUN-S", "run_time", show=_seconds),
        Column("START-S", "started", show=_seconds),
        Column("UID", "uid"),
        Column("POLICY", "policy", left=True),
        Column("NI", "nice"),
        Column("PRI", "priority"),
        Column("TASK", "task", address=True),
        Column("TIDS", "pids", left=True, show=_list),
        Column("COMM", "comm", left=True),
    ),
    StateCount: (Column("ST", "state", left=True), Column("THREADS", "threads")),
    Summary: _summary_lines,
    CommandOutput: _output_lines,
    Version: _version_lines,
    ProcessMemory: (
        Column("PID", "pid"),
        Column("COMM", "comm", left=True),
        Column("RSS-SYSV", "without_sysv"),
        Column("RSS", "resident"),
        Column("ANON", "anonymous"),
        Column("FILE", "file"),
        Column("SHARED", "shared"),
        Column("SYSV", "sysv"),
        Column("SWAP", "swap"),
        Column("VIRTUAL", "virtual"),
    ),
    MemoryTotal: _total_lines,
    SysvSegment: (
        Column("SHMID", "shmid"),
        Column("KEY", "key", show=hex),
        Column("MODE", "mode"),
        Column("UID", "uid"),
        Column("BYTES", "size"),
        Column("RSS", "resident"),
        Column("SWAP", "swap"),
        Column("ATTACHES", "attaches"),
        Column("CREATOR", "creator"),
        Column("LAST", "last"),
    ),
    Namespace: (
        Column("TYPE", "type", left=True),
        Column("INODE", "inode"),
        Column("STRUCT", "address", address=True),
        Column("PROCESSES", "processes"),
        Column("FIRST", "first"),
        Column("COMM", "comm", left=True),
        Column("PIDS", "pids", left=True, show=_list),
    ),
}
