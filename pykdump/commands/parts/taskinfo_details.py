# SPDX-License-Identifier: GPL-3.0-or-later
"""taskinfo --pidinfo: all about one thread."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Section, guarded, item

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykdump.command_layer.reports import Layouts
    from pykdump.linux.tasks import Task

NANOSECONDS = 1_000_000_000
MAX_PID = 1 << 22  # the kernel's PID_MAX_LIMIT
IDS = ("uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid")


@dataclass
class TaskDetails:
    """One thread."""

    pid: int = item("the process (thread group)")
    tid: int = item("the thread")
    parent: int = item("the parent process")
    comm: str = item("its name")
    task: int = item("struct task_struct *", unit="address")
    state: str = item("two letters: RU, IN, UN, ST, TR, DE, ZO, PA or ID")
    cpu: int = item("the CPU on which it runs or ran last")
    ran_ms_ago: int = item("time between its last arrival on that CPU and that CPU's clock", unit="ms")
    threads: int | None = item("number of threads of the process; null: the kernel is releasing it")
    flags: int = item("task->flags")
    flag_names: tuple[str, ...] = item("the names of the flags that we know, without PF_")
    command: str | None = item("the command line; null: not in the dump, empty: a kernel thread")
    pids: tuple[int, ...] = item("its TID in each PID namespace, from the initial one to its own")
    children: tuple[int, ...] = item("PIDs of its child processes")


@dataclass
class TaskTimes:
    """Times and scheduling of one thread."""

    started: float = item("when it was started, since boot", unit="s")
    run_time: float = item("how long it has run in all", unit="s")
    waited: float | None = item("how long it has waited for a CPU in all; null: the kernel does not count", unit="s")
    voluntary_switches: int = item("context switches because it waited")
    involuntary_switches: int = item("context switches because another thread had to run")
    minor_faults: int = item("page faults without I/O")
    major_faults: int = item("page faults with I/O")
    policy: str = item("the scheduling policy")
    nice: int = item("the nice value")
    priority: int = item("the kernel's priority: 0 to 99 for realtime, 100 to 139 for others")
    realtime_priority: int = item("the priority of FIFO and RR")


@dataclass
class Credentials:
    """User, groups and capabilities of one thread, as root sees them."""

    uid: int | None = item("the real user ID; null without credentials")
    euid: int | None = item("the effective user ID")
    suid: int | None = item("the saved user ID")
    fsuid: int | None = item("the user ID for file systems")
    gid: int | None = item("the real group ID")
    egid: int | None = item("the effective group ID")
    sgid: int | None = item("the saved group ID")
    fsgid: int | None = item("the group ID for file systems")
    groups: tuple[int, ...] = item("the supplementary groups")
    capabilities: tuple[str, ...] = item("inheritable, permitted, effective, bounding and ambient set, hexadecimal")


@dataclass
class Limit:
    """A resource limit."""

    name: str = item("its name in /proc/PID/limits")
    soft: int | None = item("the limit in force, in the unit of /proc/PID/limits; null: unlimited")
    hard: int | None = item("the highest that the process may set; null: unlimited")


@dataclass
class OwnNamespace:
    """A namespace of the task."""

    name: str = item("its name in /proc/PID/ns")
    inode: int = item("its inode number")
    address: int = item("the struct", unit="address")


@dataclass
class Path:
    """A path of the process."""

    name: str = item("exe, cwd or root")
    path: str = item("the path from the root of the namespace")


def find_task(word: str) -> Task:
    """Return the task of a PID or TID, or of the address of a ``struct task_struct``. Raises LookupError."""
    from crash import pid_to_task, readSU

    from pykdump.linux.tasks import TASK_STRUCT, Task

    number = _number(word)
    address = number if number > MAX_PID else pid_to_task(number)
    if not address:
        raise LookupError(f"there is no task {word}")
    return Task(readSU(TASK_STRUCT, address))


def _number(word: str) -> int:
    """Return a PID (decimal) or an address (hexadecimal, with or without "0x"). Raises LookupError."""
    try:
        return int(word, 10) if word.isdecimal() and int(word) <= MAX_PID else int(word, 16)
    except ValueError:
        raise LookupError(f"{word} is neither a PID nor an address") from None


def details(word: str) -> Iterator[object]:
    """Yield all records of the task with this PID or address. A part that cannot be read is a Problem."""
    task = find_task(word)
    yield from guarded(f"task {word}", _task, task)
    yield Section("Times and scheduling")
    yield from guarded("times", _times, task)
    yield Section("Credentials")
    yield from guarded("credentials", _credentials, task)
    yield Section("Memory")
    yield from guarded("memory", _memory, task)
    yield Section("Paths")
    yield from guarded("paths", _paths, task)
    yield Section("Namespaces")
    yield from guarded("namespaces", _namespaces, task)
    yield Section("Limits")
    yield from guarded("limits", _limits, task)


def _task(task: Task) -> Iterator[TaskDetails]:
    from pykdump.linux.processes import details as of
    from pykdump.linux.processes.tree import thread_count

    flags = int(task.ts.flags)
    yield TaskDetails(
        pid=task.tgid,
        tid=task.pid,
        parent=int(task.ts.real_parent.tgid),
        comm=task.comm,
        task=int(task),
        state=task.state_code,
        cpu=task.cpu,
        ran_ms_ago=task.Ran_ago,
        threads=thread_count(task),
        flags=flags,
        flag_names=tuple(of.flag_names(flags)),
        command=of.command_line(task),
        pids=tuple(task.ns_pids() if task.pid else [0]),
        children=tuple(child.pid for child in task.taskChildren()),
    )


def _times(task: Task) -> Iterator[TaskTimes]:
    from pykdump.linux.processes import details as of

    waited = of.wait_nanoseconds(task)
    yield TaskTimes(
        started=of.start_nanoseconds(task) / NANOSECONDS,
        run_time=of.run_nanoseconds(task) / NANOSECONDS,
        waited=None if waited is None else waited / NANOSECONDS,
        voluntary_switches=int(task.ts.nvcsw),
        involuntary_switches=int(task.ts.nivcsw),
        minor_faults=int(task.ts.min_flt),
        major_faults=int(task.ts.maj_flt),
        policy=of.policy_name(task),
        nice=of.nice(task),
        priority=int(task.ts.prio),
        realtime_priority=int(task.ts.rt_priority),
    )


def _credentials(task: Task) -> Iterator[Credentials]:
    from pykdump.linux.processes import details as of

    if task.ts.real_cred:
        sets = tuple(f"{bits:016x}" for _, bits in of.capabilities(task))
        uid, euid, suid, fsuid, gid, egid, sgid, fsgid = (task.credential(name) for name in IDS)
        yield Credentials(uid, euid, suid, fsuid, gid, egid, sgid, fsgid, tuple(of.groups(task)), sets)


def _memory(task: Task) -> Iterator[object]:
    from pykdump.commands.parts.taskinfo_views import process_memory
    from pykdump.linux.processes.memory import usage
    from pykdump.linux.processes.sysv_shm import attached

    if task.ts.mm:
        found = usage(task, attached().get(int(task.ts.mm), 0))
        if found is not None:
            yield process_memory(task, found)


def _paths(task: Task) -> Iterator[Path]:
    from pykdump.linux.processes.details import paths

    return (Path(name, path) for name, path in paths(task))


def _namespaces(task: Task) -> Iterator[OwnNamespace]:
    from pykdump.linux.processes.namespaces import namespaces_of

    return (OwnNamespace(*each) for each in namespaces_of(task))


def _limits(task: Task) -> Iterator[Limit]:
    from pykdump.linux.processes.details import limits

    return (Limit(*each) for each in limits(task))


def _task_lines(task: TaskDetails) -> Iterator[str]:
    yield f"PID {task.pid}  TID {task.tid}  parent {task.parent}  {task.comm}"
    yield f"  struct task_struct {task.task:#x}, {task.state} on CPU {task.cpu}, ran {task.ran_ms_ago} ms ago"
    threads = "?" if task.threads is None else task.threads
    yield f"  threads {threads}, flags {task.flags:#x} {'|'.join(task.flag_names)}"
    yield f"  command {'not in the dump' if task.command is None else task.command or '(a kernel thread)'}"
    if len(task.pids) > 1:
        yield f"  TIDs in its PID namespaces: {', '.join(map(str, task.pids))}"
    if task.children:
        yield f"  children {', '.join(map(str, task.children))}"


def _time_lines(times: TaskTimes) -> Iterator[str]:
    waited = "?" if times.waited is None else f"{times.waited:.3f} s"
    yield f"started {times.started:.3f} s after boot, has run {times.run_time:.3f} s, has waited for a CPU {waited}"
    yield f"switches: {times.voluntary_switches} voluntary, {times.involuntary_switches} involuntary"
    yield f"page faults: {times.minor_faults} minor, {times.major_faults} major"
    words = f"policy {times.policy}, nice {times.nice}, priority {times.priority}"
    yield words + (f", realtime priority {times.realtime_priority}" if times.realtime_priority else "")


def _credential_lines(found: Credentials) -> Iterator[str]:
    yield f"uid {found.uid}  euid {found.euid}  suid {found.suid}  fsuid {found.fsuid}"
    yield f"gid {found.gid}  egid {found.egid}  sgid {found.sgid}  fsgid {found.fsgid}"
    yield f"groups {' '.join(map(str, found.groups)) or '-'}"
    names = ("inheritable", "permitted", "effective", "bounding", "ambient")
    yield "capabilities " + ", ".join(f"{name} {bits}" for name, bits in zip(names, found.capabilities))


def _limit(value: int | None) -> str:
    return "unlimited" if value is None else str(value)


def _limit_lines(limit: Limit) -> Iterator[str]:
    yield f"{limit.name:24} soft {_limit(limit.soft):>12}  hard {_limit(limit.hard):>12}"


TABLES: Layouts = {
    TaskDetails: _task_lines,
    TaskTimes: _time_lines,
    Credentials: _credential_lines,
    Limit: _limit_lines,
    OwnNamespace: (
        Column("NAMESPACE", "name", left=True),
        Column("INODE", "inode"),
        Column("STRUCT", "address", address=True),
    ),
    Path: (Column("NAME", "name", left=True), Column("PATH", "path", left=True)),
}
