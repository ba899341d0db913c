# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks: every thread of the dump with its state, CPU, owner and when it ran last.

Layouts are looked for, newest first; kernel versions are never compared.
"""

from __future__ import annotations

import re

from crash import Addr, error, member_offset, readSU, readSymbol, sym2addr

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.generic import Bunch
from pykdump.linux.percpu import runqueues
from pykdump.lists import readSUListFromHead
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from crash import StructResult

TASK_STRUCT = "struct task_struct"
MAX_TASKS = 1 << 22  # the kernel's PID_MAX_LIMIT: no sane list is longer
NANOSECONDS_IN_MS = 1_000_000

# Letters of /proc/PID/stat and the kernel's names for the states.
STATE_NAMES = {
    "R": "TASK_RUNNING",
    "S": "TASK_INTERRUPTIBLE",
    "D": "TASK_UNINTERRUPTIBLE",
    "T": "TASK_STOPPED",
    "t": "TASK_TRACED",
    "X": "EXIT_DEAD",
    "Z": "EXIT_ZOMBIE",
    "P": "TASK_PARKED",
    "I": "TASK_IDLE",
}
# The two letters that crash's ps prints: RU IN UN ST TR DE ZO PA ID.
STATE_CODES = {letter: name[5:7] for letter, name in STATE_NAMES.items()}
TASK_UNINTERRUPTIBLE = 0x2
TASK_NOLOAD = 0x400
TASK_RTLOCK_WAIT = 0x1000
TASK_FROZEN = 0x8000


def first_member(suname: str, *members: str) -> str:
    """The first of (dotted) ``members`` that this kernel's ``suname`` has. KeyError, naming all, if it has none."""
    for member in members:
        if member_offset(suname, member) >= 0:
            return member
    raise KeyError(f"<{suname}> has none of the fields {', '.join(members)}")


def _chain(value: Any, members: str) -> Any:
    for member in members.split("."):
        value = getattr(value, member)
    return value


class StateTable:
    """How this kernel turns ``task->__state`` and ``exit_state`` into the letter of /proc/PID/stat.

    The bits have moved (4.14 renumbered PARKED and DEAD, 3.14 swapped ZOMBIE and DEAD), but the kernel carries its
    own table: ``const char *task_state_array[]``, "S (sleeping)" at index 1 is the state 1 << 0, and so on.
    """

    def __init__(self, letters: str) -> None:
        # "I (idle)" is no bit: since v4.14 it follows the reported states (TASK_REPORT_IDLE in the kernel). Before,
        # "x (dead)" and what follows were bits that /proc does not report.
        self.letters = re.split("[Ix]", letters)[0]
        self.report = (1 << (len(self.letters) - 1)) - 1

    @classmethod
    def of_kernel(cls) -> StateTable:
        """From the dump; the table of v4.14 and later if the symbol is missing."""
        try:
            return cls("".join(str(text)[:1] for text in readSymbol("task_state_array")))
        except (TypeError, error):
            return cls("RSDTtXZPI")

    def letter(self, state: int, exit_state: int = 0) -> str:
        """``unsigned int __state`` and ``int exit_state`` as one of R S D T t X Z P I."""
        if state & ~self.report & (TASK_RTLOCK_WAIT | TASK_FROZEN):
            # Commits 5f220be21418 (v5.15) and f5d39b020809 (v6.1): shown as uninterruptible by the kernel too.
            return "D"
        if state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD) == TASK_UNINTERRUPTIBLE | TASK_NOLOAD:
            return "I"
        return self.letters[((state | exit_state) & self.report).bit_length()]


class Layout:
    """Where this kernel keeps what we need of a task; found once for a dump."""

    def __init__(self) -> None:
        # Commit 2f064a59a11f ("sched: Change task_struct::state", v5.14).
        self.state = first_member(TASK_STRUCT, "__state", "state")
        # Since commit 8e1f385104ac ("kill task_struct->thread_group", v6.7) only signal->thread_head is left,
        # which exists since v3.14.
        self.thread_head = member_offset("struct signal_struct", "thread_head") >= 0
        self.states = StateTable.of_kernel()
        self.cpu = _cpu_reader()
        # What crash's ps -l and ps -m use; without CONFIG_SCHED_INFO the scheduler's own stamp is the nearest.
        self.last_ran = first_member(TASK_STRUCT, "sched_info.last_arrival", "se.exec_start", "timestamp")
        self.clock = first_member("struct rq", "clock", "timestamp_last_tick")
        self.runqueues = runqueues()


@memoize_cond(CU_LIVE)
def layout() -> Layout:
    """The Layout of the dump."""
    return Layout()


def _cpu_reader() -> Callable[[StructResult], int]:
    """A function from ``struct task_struct *`` to the CPU it is on or ran on last (unlike wake_cpu, a mere hint)."""
    # Commit bcf9033e5449 ("sched: move CPU field back into thread_info if THREAD_INFO_IN_TASK=y", v5.16).
    embedded = member_offset(TASK_STRUCT, "thread_info") >= 0
    if embedded and member_offset("struct thread_info", "cpu") >= 0:
        return lambda task: int(task.thread_info.cpu)
    if member_offset(TASK_STRUCT, "cpu") >= 0:
        return lambda task: int(task.cpu)
    if member_offset("struct thread_info", "cpu") >= 0:
        return lambda task: int(readSU("struct thread_info", int(task.stack)).cpu)
    return lambda task: 0  # no SMP


class Task:
    """One thread. Any member of ``struct task_struct`` is an attribute, beside what is computed here."""

    def __init__(self, ts: StructResult, table: TaskTable | None = None) -> None:
        self.ts = ts
        self.ttable = table
        self._layout = layout()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ts, name)

    def __int__(self) -> int:
        return int(self.ts)

    __index__ = __int__

    def __repr__(self) -> str:
        return f"<Task {int(self):#x} pid={self.pid} {self.comm}>"

    @property
    def pid(self) -> int:
        """``pid_t pid``: what user space calls the TID."""
        return int(self.ts.pid)

    @property
    def tgid(self) -> int:
        """``pid_t tgid``: what user space calls the PID."""
        return int(self.ts.tgid)

    @property
    def comm(self) -> str:
        """``char comm[]`` up to its NUL."""
        return str(self.ts.comm)

    @property
    def cpu(self) -> int:
        """The CPU that it runs on or ran on last."""
        return self._layout.cpu(self.ts)

    @property
    def state_letter(self) -> str:
        """R, S, D, T, t, X, Z, P or I, as in /proc/PID/stat."""
        return self._layout.states.letter(int(getattr(self.ts, self._layout.state)), int(self.ts.exit_state))

    @property
    def state_code(self) -> str:
        """RU, IN, UN, ST, TR, DE, ZO, PA or ID, as in crash's ps."""
        return STATE_CODES.get(self.state_letter, "??")

    @property
    def state(self) -> str:
        """The kernel's name: "TASK_UNINTERRUPTIBLE"."""
        return STATE_NAMES.get(self.state_letter, "TASK_??")

    @property
    def uid(self) -> int | None:
        """``task->real_cred->uid`` (what /proc/PID/status shows first); None for a task without credentials."""
        cred = self.ts.real_cred
        if not cred:
            return None
        uid = cred.uid
        return int(uid.val) if hasattr(uid, "val") else int(uid)

    @property
    def Last_ran(self) -> int:
        """When it was last put on a CPU, in ms of the scheduler's clock."""
        return int(_chain(self.ts, self._layout.last_ran)) // NANOSECONDS_IN_MS

    @property
    def Ran_ago(self) -> int:
        """ms from its last arrival on a CPU to the clock of that CPU's runqueue.

        As crash's ps -m does it: an idle CPU's clock stands still, so that "now" is when that CPU last scheduled.
        """
        queue = self._layout.runqueues.get(self.cpu)
        if queue is None:
            return 0
        clock = int(getattr(queue, self._layout.clock))
        last = int(_chain(self.ts, self._layout.last_ran))
        return max(clock - last, 0) // NANOSECONDS_IN_MS

    @property
    def threads(self) -> list[Task]:
        """The other threads of a group leader, in the kernel's order."""
        return [Task(t, self.ttable) for t in _group(self.ts, self._layout) if int(t) != int(self.ts)]


def _group(leader: StructResult, where: Layout) -> list[StructResult]:
    """All threads of a group, the leader included (first, unless it was replaced by exec)."""
    if not where.thread_head:
        others = readSUListFromHead(Addr(leader, "thread_group"), "thread_group", TASK_STRUCT, maxel=MAX_TASKS)
        return [leader, *others]
    signal = leader.signal
    if not signal:  # it is being released
        return [leader]
    threads = readSUListFromHead(Addr(signal, "thread_head"), "thread_node", TASK_STRUCT, maxel=MAX_TASKS)
    return threads or [leader]


def process_leaders() -> list[StructResult]:
    """``struct task_struct`` of every process, in the order of the kernel's list; swapper/0 is not among them."""
    head = sym2addr("init_task")
    if not head:
        raise TypeError("There is no symbol 'init_task' in this kernel.")
    offset = member_offset(TASK_STRUCT, "tasks")
    return readSUListFromHead(head + offset, "tasks", TASK_STRUCT, maxel=MAX_TASKS)


def idle_tasks() -> list[Task]:
    """The idle task (swapper/N, PID 0) of each present CPU."""
    return [Task(queue.idle) for queue in layout().runqueues.values() if queue.idle]


def all_tasks(*, idle: bool = True) -> Iterator[Task]:
    """Every thread, those of one process together; the idle tasks first."""
    if idle:
        yield from idle_tasks()
    where = layout()
    for leader in process_leaders():
        try:
            group = _group(leader, where)
        except (error, IndexError) as problem:
            pylog.error(f"The threads of task {int(leader):#x} cannot be read: {problem}")
            group = [leader]
        for ts in group:
            yield Task(ts)


class TaskTable:
    """All tasks, found by PID, TID or name."""

    def __init__(self) -> None:
        self.tt = [Task(idle_tasks()[0].ts, self)] if idle_tasks() else []
        self.tt += [Task(ts, self) for ts in process_leaders()]
        self.pids = {task.pid: task for task in self.tt}
        self._tids: dict[int, Task] = {}

    def allTasks(self) -> list[Task]:
        """The group leaders, swapper/0 first."""
        return self.tt

    def allThreads(self) -> list[Task]:
        """All threads by TID."""
        if not self._tids:
            for leader in self.tt:
                for task in [leader, *(leader.threads if leader.pid else [])]:
                    self._tids[task.pid] = task
        return [self._tids[tid] for tid in sorted(self._tids)]

    def getByPid(self, pid: int) -> Task | None:
        """The group leader with that PID."""
        return self.pids.get(pid)

    def getByTid(self, tid: int) -> Task | None:
        """The thread with that TID."""
        self.allThreads()
        return self._tids.get(tid)

    def getByComm(self, comm: str) -> list[Task]:
        """The group leaders of that name."""
        return [task for task in self.tt if task.comm == comm]

    def getThreadsByComm(self, comm: str) -> Iterator[Task]:
        """The threads of all processes of that name."""
        for task in self.getByComm(comm):
            yield task
            yield from task.threads

    @property
    def runqueues(self) -> dict[int, StructResult]:
        """``struct rq`` by CPU."""
        return layout().runqueues


def getRunQueues() -> list[StructResult]:
    """``struct rq`` of each present CPU."""
    return list(layout().runqueues.values())


def __getattr__(name: str) -> Any:
    if name == "TASK_STATE":
        return _task_state_values(layout().states)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _task_state_values(states: StateTable) -> Bunch:
    """{"TASK_INTERRUPTIBLE": 1, ...} as this kernel numbers the states."""
    known = ((bit, STATE_NAMES.get(letter)) for bit, letter in enumerate(states.letters))
    values = {name: (1 << bit) >> 1 for bit, name in known if name is not None}
    values["TASK_IDLE"] = TASK_UNINTERRUPTIBLE | TASK_NOLOAD
    return Bunch(values)
