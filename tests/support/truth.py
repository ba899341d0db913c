# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's record of itself, made shortly before its memory was dumped.

``truth/`` holds raw copies of /proc (``proc/<pid>/task/<tid>/stat`` and so on), and for each process three files that
/proc has as links: ``fds``, ``links`` (exe, cwd, root), ``namespaces``, with lines "name target".

What may be compared, and how:

* **Tasks of user space** are compared exactly: their number, PID, TGID, comm, state, IDs, parent, group, session,
  scheduling policy, start time, size of memory, files. Between the record and the dump nothing of them changes except
  the CPU, run times and priority of those that spin (names beginning with ``r-spin``, and the recorder itself), and
  the file that the recorder (``Truth.recorder``) had open while it listed its own files.
* A file descriptor that is reserved by a task stuck in open() (``d-frozen-open``) is in the dump, without a file.
* **Kernel threads** are compared by PID, TGID, comm and parent. Their state is not: they wake up whenever they like.
* **Workers of workqueues** (``Task.worker``) come and go. The recorder starts anew while the list of tasks changes, so
  as a rule they agree too; a test must accept that one is missing or new. What /proc adds to their name (the
  work that they do) and the end of long names of kernel threads is not in ``task_struct.comm``; it is cut off here.
* **Idle tasks** (PID 0, ``swapper/N``) are in a dump and never in /proc.
* Dumps also hold the root file system of the kernel below the first mount, which /proc hides.
* Sockets, mounts, modules, files, locks, SysV objects do not change. TCP timers, retransmit counts and TIME_WAIT rows
  do; so do all counters of memory, interrupts, and time.
* ``tools/`` has what ip, ss, nft, findmnt and others printed before the tasks were recorded: see
  support/guest/tool_output.py. Each process also has ``fdinfo``, with a line "fd <number>" before each descriptor.
* Pointers are recorded as they are (``no_hash_pointers``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

TASK_COMM_LEN = 16
PF_WQ_WORKER = 0x20
PF_KTHREAD = 0x00200000
_WORKER = re.compile(r"kworker/(?:u?\d+:\d+H?|R-.*|dying)")
# These are not compared, because they change: for a kernel thread, a task that spins, and any other task.
_VOLATILE_OF_KERNEL = frozenset({"state", "cpu", "rss"})
_VOLATILE_OF_SPINNERS = frozenset({"cpu", "rss"})
_VOLATILE = frozenset({"rss"})


def text_of(raw: bytes) -> str:
    """Decode names of tasks and paths, which may not be UTF-8, without a loss."""
    return raw.decode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class Task:
    """A task or a kernel thread. As in the kernel, ``pid`` is the number of the thread, ``tgid`` of the process."""

    pid: int
    tgid: int
    comm: str  # as task_struct.comm has it: at most 15 bytes
    state: str  # R S D T t Z I X
    ppid: int
    pgid: int
    sid: int
    uid: int
    euid: int
    suid: int
    fsuid: int
    gid: int
    egid: int
    sgid: int
    fsgid: int
    flags: int  # PF_...
    nice: int
    policy: int  # SCHED_...
    rt_priority: int
    start_ticks: int  # since boot, in 1/100 s
    cpu: int
    threads: int
    vsize: int  # bytes
    rss: int  # pages; the kernel's estimate, without what each CPU has not added yet
    proc_comm: str = field(compare=False)  # as /proc shows it
    folder: Path = field(compare=False, repr=False)

    @property
    def kernel(self) -> bool:
        return bool(self.flags & PF_KTHREAD)

    @property
    def worker(self) -> bool:
        """Whether it is a worker or a rescuer of a workqueue. These come and go."""
        return self.kernel and (bool(self.flags & PF_WQ_WORKER) or self.comm.startswith("kworker/"))

    @property
    def spins(self) -> bool:
        """Whether it was running all the time. Its CPU, run time and priority then change between record and dump."""
        return not self.kernel and (self.comm.startswith("r-spin") or self.comm == "mpyk-truth")

    @property
    def leader(self) -> bool:
        return self.pid == self.tgid

    def text(self, name: str) -> str:
        """Return a file of ``/proc/<tgid>/task/<pid>``."""
        return text_of((self.folder / name).read_bytes())

    @cached_property
    def sched(self) -> dict[str, float]:
        """The numbers of ``/proc/<pid>/sched``, times in milliseconds. Empty if the kernel has no such file."""
        path = self.folder / "sched"
        rows = re.findall(r"^(\S+) *: *(-?[0-9.]+)$", text_of(path.read_bytes()), re.M) if path.is_file() else []
        return {name: float(number) for name, number in rows}


@dataclass(frozen=True)
class Mount:
    """One line of /proc/<pid>/mountinfo, unescaped."""

    mount_id: int
    parent_id: int
    device: str  # "major:minor"
    root: str
    mount_point: str
    options: str
    propagation: tuple[str, ...]
    fs_type: str
    source: str
    super_options: str


@dataclass(frozen=True)
class Module:
    """One line of /proc/modules."""

    name: str
    size: int
    refcount: int
    used_by: tuple[str, ...]
    state: str
    address: int


def unescape(word: str) -> str:
    """Undo the octal escapes of blanks and backslashes in /proc/mounts and mountinfo."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), word)


def parse_stat(raw: bytes) -> tuple[str, list[str]]:
    """Split a ``stat`` file into comm and the fields after it. comm may contain blanks, parentheses and newlines."""
    begin, end = raw.index(b"("), raw.rindex(b")")
    return text_of(raw[begin + 1 : end]), raw[end + 1 :].decode("ascii").split()


def kernel_comm(proc_comm: str, flags: int) -> str:
    """Return the contents of ``task_struct.comm`` for a name from /proc."""
    if not flags & PF_KTHREAD:
        return proc_comm
    match = _WORKER.match(proc_comm)
    return (match[0] if match else proc_comm)[: TASK_COMM_LEN - 1]


def _ids(status: bytes, name: bytes) -> tuple[int, ...]:
    match = re.search(rb"^" + name + rb":\s+(.*)$", status, re.M)
    return tuple(map(int, match[1].split())) if match else ()


def parse_task(folder: Path) -> Task:
    """Return the task whose files are in ``folder`` (``.../<tgid>/task/<pid>``)."""
    proc_comm, stat = parse_stat((folder / "stat").read_bytes())
    status = (folder / "status").read_bytes()
    flags = int(stat[6])
    uid, euid, suid, fsuid = _ids(status, b"Uid")
    gid, egid, sgid, fsgid = _ids(status, b"Gid")
    return Task(
        pid=int(folder.name), tgid=int(folder.parents[1].name), comm=kernel_comm(proc_comm, flags), state=stat[0],
        ppid=int(stat[1]), pgid=int(stat[2]), sid=int(stat[3]), uid=uid, euid=euid, suid=suid, fsuid=fsuid, gid=gid,
        egid=egid, sgid=sgid, fsgid=fsgid, flags=flags, nice=int(stat[16]), policy=int(stat[38]),
        rt_priority=int(stat[37]), start_ticks=int(stat[19]), cpu=int(stat[36]), threads=int(stat[17]),
        vsize=int(stat[20]), rss=int(stat[21]), proc_comm=proc_comm, folder=folder,
    )  # fmt: skip


def parse_mountinfo(line: str) -> Mount:
    """Return the mount of one line of mountinfo."""
    left, _, right = line.partition(" - ")
    words, (fs_type, source, super_options) = left.split(" "), right.split(" ")
    return Mount(
        mount_id=int(words[0]), parent_id=int(words[1]), device=words[2], root=unescape(words[3]),
        mount_point=unescape(words[4]), options=words[5], propagation=tuple(words[6:]), fs_type=fs_type,
        source=unescape(source), super_options=super_options,
    )  # fmt: skip


def parse_module(line: str) -> Module:
    """Return the module of one line of /proc/modules."""
    name, size, refcount, users, state, address = line.split()[:6]
    used_by = tuple(user for user in users.split(",") if user not in ("", "-"))
    return Module(name, int(size), int(refcount), used_by, state, int(address, 16))


@dataclass(frozen=True)
class Truth:
    """The whole record. ``tasks`` are sorted by PID."""

    folder: Path
    tasks: tuple[Task, ...]

    @cached_property
    def by_pid(self) -> dict[int, Task]:
        return {task.pid: task for task in self.tasks}

    @property
    def user_tasks(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if not task.kernel)

    @property
    def kernel_threads(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if task.kernel)

    def named(self, comm: str) -> Task:
        """Return the first task with this name. Raises KeyError if there is no such task."""
        for task in self.tasks:
            if task.comm == comm:
                return task
        raise KeyError(comm)

    def text(self, path: str) -> str:
        """Return a recorded file, for example ``proc/net/tcp``."""
        return text_of((self.folder / path).read_bytes())

    def lines(self, path: str) -> list[str]:
        return self.text(path).splitlines()

    def links(self, pid: int, kind: str) -> dict[str, str]:
        """Return the ``fds``, ``links`` or ``namespaces`` of a process: name to target."""
        rows = (line.split(" ", 1) for line in self.lines(f"proc/{pid}/{kind}"))
        return {row[0]: row[1] for row in rows if len(row) == 2}

    def mounts(self, pid: int = 1) -> list[Mount]:
        return [parse_mountinfo(line) for line in self.text(f"proc/{pid}/mountinfo").split("\n") if line]

    @cached_property
    def modules(self) -> dict[str, Module]:
        return {module.name: module for module in map(parse_module, self.lines("proc/modules"))}

    @cached_property
    def meta(self) -> dict[str, Any]:
        """The host's facts about the vmcore: packages, release, utsname, vmcoreinfo."""
        found = json.loads((self.folder / "meta.json").read_text())
        assert isinstance(found, dict)
        return found

    @property
    def recorder(self) -> Task:
        """The task that wrote the record."""
        rows = dict(line.split("=", 1) for line in self.lines("guest"))
        return self.by_pid[int(rows["recorder"])]

    @property
    def release(self) -> str:
        return self.text("proc/sys/kernel/osrelease").strip()

    @property
    def uptime(self) -> float:
        """The uptime in seconds at the end of the record. The dump was made a moment later."""
        return float(self.text("proc/uptime").split()[0])


def load(folder: Path) -> Truth:
    """Read the tasks of a ``truth/`` folder. The rest is read when it is needed."""
    found = [parse_task(path.parent) for path in folder.glob("proc/[0-9]*/task/[0-9]*/stat")]
    return Truth(folder, tuple(sorted(found, key=lambda task: task.pid)))


def _row_differences(task: Task, row: Mapping[str, object]) -> Iterable[str]:
    skipped = _VOLATILE_OF_KERNEL if task.kernel else _VOLATILE_OF_SPINNERS if task.spins else _VOLATILE
    for name, found in row.items():
        expected = getattr(task, name)
        if name not in skipped and found != expected:
            yield f"PID {task.pid} ({task.comm!r}): {name} is {found!r} in the dump, but {expected!r} in the truth"


def differences(truth: Truth, found: Mapping[int, Mapping[str, object]]) -> list[str]:
    """Compare tasks seen in the dump (PID to names and values of :class:`Task`'s fields) as the contract above says.

    Returns a sentence for each difference. PID 0 is left out; a new task that is named like a worker (or whose name
    was not given) is accepted.
    """
    complaints = []
    for pid in sorted((found.keys() | truth.by_pid.keys()) - {0}):
        task, row = truth.by_pid.get(pid), found.get(pid)
        if task is None and row is not None:
            if not str(row.get("comm", "kworker/")).startswith("kworker/"):
                complaints.append(f"PID {pid} ({row.get('comm')!r}) is in the dump, but not in the truth")
        elif task is not None and row is None:
            if not task.worker:
                complaints.append(f"PID {pid} ({task.comm!r}) is in the truth, but not in the dump")
        elif task is not None and row is not None:
            complaints.extend(_row_differences(task, row))
    return complaints
