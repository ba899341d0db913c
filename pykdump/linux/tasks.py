# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks: each thread of the dump with its state, CPU, owner, and the time when it ran last.

The code looks for the members that this kernel has, the newest layout first. It never compares kernel versions.
"""

from __future__ import annotations

import re
from array import array

from crash import Addr, error, get_task_mem_usage, member_offset, readPtr, readSU, readSymbol, sym2addr

from pykdump.c_integers import PTR_SIZE
from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.compat_helpers import Bunch
from pykdump.linux.clock import get_uptime, jiffie_clock_base, jiffies2ms, ms2uptime
from pykdump.linux.percpu import runqueues
from pykdump.lists import LH_isempty, readList, readSUListFromHead, walkListByHead
from pykdump.pylog import pylog
from pykdump.struct_attributes import structSetAttr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from crash import StructResult

    from pykdump.linux.btstack import BTStack

TASK_STRUCT = "struct task_struct"
MAX_TASKS = 1 << 22  # the kernel's PID_MAX_LIMIT, so no sound list is longer
NANOSECONDS_IN_MS = 1_000_000

# TASK_STATE is computed by __getattr__() below.
_COMPUTED = ("TASK_STATE",)
__all__ = [
    *_COMPUTED, "TASK_STRUCT", "Layout", "StateTable", "Task", "TaskTable", "all_tasks", "decode_waitq",
    "getRunQueues", "get_task_mem_usage", "get_uptime", "idle_tasks", "jiffie_clock_base", "jiffies2ms", "layout",
    "ms2uptime", "process_leaders", "task_state2str", "threads_of_processes",
]  # fmt: skip

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
    """Return the first of the (dotted) ``members`` that ``suname`` has. Raises KeyError if this kernel has none."""
    for member in members:
        if member_offset(suname, member) >= 0:
            return member
    raise KeyError(f"<{suname}> has none of the fields {', '.join(members)}")


def _chain(value: Any, members: str) -> Any:
    for member in members.split("."):
        value = getattr(value, member)
    return value


class StateTable:
    """The table of this kernel from ``task->__state`` and ``exit_state`` to the letter in /proc/PID/stat.

    The bits differ between kernels: 4.14 renumbered PARKED and DEAD, 3.14 swapped ZOMBIE and DEAD. The kernel has its
    own table, ``const char *task_state_array[]``: "S (sleeping)" at index 1 is the state 1 << 0, and so on.
    """

    def __init__(self, letters: str) -> None:
        # "I (idle)" is not a bit: since v4.14 it follows the reported states (TASK_REPORT_IDLE in the kernel). Before
        # that, "x (dead)" and the entries after it are bits that /proc does not report.
        self.letters = re.split("[Ix]", letters)[0]
        self.report = (1 << (len(self.letters) - 1)) - 1

    @classmethod
    def of_kernel(cls) -> StateTable:
        """Make the table from the dump. If the symbol is missing, it is the table of v4.14 and later."""
        try:
            return cls("".join(str(text)[:1] for text in readSymbol("task_state_array")))
        except (TypeError, error):
            return cls("RSDTtXZPI")

    def letter(self, state: int, exit_state: int = 0) -> str:
        """Return the letter for ``unsigned int __state`` and ``int exit_state``: one of R S D T t X Z P I."""
        if state & ~self.report & (TASK_RTLOCK_WAIT | TASK_FROZEN):
            # Commits 5f220be21418 (v5.15) and f5d39b020809 (v6.1): the kernel shows these as uninterruptible too.
            return "D"
        if state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD) == TASK_UNINTERRUPTIBLE | TASK_NOLOAD:
            return "I"
        return self.letters[((state | exit_state) & self.report).bit_length()]


def task_state2str(state: int) -> str:
    """Return the kernel's name for an ``unsigned int __state``: "TASK_INTERRUPTIBLE"."""
    return STATE_NAMES.get(layout().states.letter(int(state)), f"state:{int(state)}")


class Layout:
    """The members of this kernel that have the facts about a task. They are looked up once for a dump."""

    def __init__(self) -> None:
        # Commit 2f064a59a11f ("sched: Change task_struct::state", v5.14).
        self.state = first_member(TASK_STRUCT, "__state", "state")
        # signal->thread_head exists since v3.14. Commit 8e1f385104ac ("kill task_struct->thread_group", v6.7) removed
        # the older list.
        self.thread_head = member_offset("struct signal_struct", "thread_head")
        self.thread_node = member_offset(TASK_STRUCT, "thread_node")
        self.states = StateTable.of_kernel()
        self.cpu = _cpu_reader()
        # crash's ps -l and ps -m use sched_info. Without CONFIG_SCHED_INFO the scheduler's own stamp comes nearest.
        self.last_ran = first_member(TASK_STRUCT, "sched_info.last_arrival", "se.exec_start", "timestamp")
        self.clock = first_member("struct rq", "clock", "timestamp_last_tick")
        self.runqueues = runqueues()


def _add_attributes() -> None:
    """Define the attributes that programs read from the structs, such as ``task_struct.Uid``.

    Programs expect them as soon as they have imported this module.
    """
    structSetAttr(TASK_STRUCT, "Uid", ["real_cred.uid.val", "real_cred.uid", "uid"])
    structSetAttr(TASK_STRUCT, "User", ["real_cred.user", "user"])
    structSetAttr(TASK_STRUCT, "Realparent", ["real_parent", "parent"])
    structSetAttr("struct rq", "Timestamp", ["clock", "most_recent_timestamp", "timestamp_last_tick"])


@memoize_cond(CU_LIVE)
def layout() -> Layout:
    """The Layout of the dump."""
    return Layout()


def _cpu_reader() -> Callable[[StructResult], int]:
    """Return a function that gives the CPU on which a ``struct task_struct`` runs or ran last.

    The member wake_cpu is only a hint and is not used.
    """
    # Commit bcf9033e5449 ("sched: move CPU field back into thread_info if THREAD_INFO_IN_TASK=y", v5.16).
    embedded = member_offset(TASK_STRUCT, "thread_info") >= 0
    if embedded and member_offset("struct thread_info", "cpu") >= 0:
        return lambda task: int(task.thread_info.cpu)
    if member_offset(TASK_STRUCT, "cpu") >= 0:
        return lambda task: int(task.cpu)
    if member_offset("struct thread_info", "cpu") >= 0:
        return lambda task: int(readSU("struct thread_info", int(task.stack)).cpu)
    return lambda task: 0  # a kernel without SMP


class Task:
    """One thread. Its attributes are the computed ones below and all members of ``struct task_struct``."""

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
        return f"PID={self.pid} <{TASK_STRUCT} {int(self):#x}> CMD={self.comm}"

    __str__ = __repr__

    @property
    def pid(self) -> int:
        """``pid_t pid``, which user space calls the TID."""
        return int(self.ts.pid)

    @property
    def tgid(self) -> int:
        """``pid_t tgid``, which user space calls the PID."""
        return int(self.ts.tgid)

    @property
    def comm(self) -> str:
        """``char comm[]``: the name of the thread."""
        return str(self.ts.comm)

    @property
    def cpu(self) -> int:
        """The CPU on which the thread runs or ran last."""
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

    def credential(self, name: str) -> int | None:
        """Return a member of ``task->real_cred``, such as uid, euid or gid; None for a task without credentials."""
        cred = self.ts.real_cred
        if not cred:
            return None
        number = getattr(cred, name)
        return int(number.val) if hasattr(number, "val") else int(number)  # since v3.5 it is a kuid_t or kgid_t

    @property
    def uid(self) -> int | None:
        """``task->real_cred->uid``: the first UID in /proc/PID/status."""
        return self.credential("uid")

    @property
    def Last_ran(self) -> int:
        """The time when the thread last began to run, in ms of the scheduler's clock."""
        return int(_chain(self.ts, self._layout.last_ran)) // NANOSECONDS_IN_MS

    @property
    def Ran_ago(self) -> int:
        """The ms between the time when the thread last began to run and the clock of that CPU's runqueue.

        crash's ps -m does the same. The clock of an idle CPU stands still, so "now" is the time when it last scheduled.
        """
        queue = self._layout.runqueues.get(self.cpu)
        if queue is None:
            return 0
        clock = int(getattr(queue, self._layout.clock))
        last = int(_chain(self.ts, self._layout.last_ran))
        return max(clock - last, 0) // NANOSECONDS_IN_MS

    @property
    def Rq(self) -> StructResult:
        """The ``struct rq`` of the thread's CPU. Raises KeyError if it is not in the dump."""
        return self._layout.runqueues[self.cpu]

    def taskChildren(self) -> list[Task]:
        """Return the child processes, in the kernel's order."""
        found = readSUListFromHead(Addr(self.ts, "children"), "sibling", TASK_STRUCT, maxel=MAX_TASKS)
        return [Task(child, self.ttable) for child in found]

    def hasChildren(self) -> bool:
        """Return whether there are child processes."""
        return not LH_isempty(self.ts.children)

    def taskFds(self, short: bool = False) -> list[Any]:
        """Return (fd, address of ``struct file``, ``struct dentry``, ``struct inode``) of each open file.

        With ``short`` the result has the addresses only.
        """
        from pykdump.linux.fs import open_files  # few programs need it

        rows = open_files(self.ts)
        if short:
            return [int(file) for _, file in rows]
        return [(fd, int(f), f.f_path.dentry, f.f_path.dentry.d_inode) for fd, f in rows]

    def get_task_socks(self) -> list[StructResult]:
        """Return the ``struct sock`` of each open socket."""
        from pykdump.linux.inet import inode_socket

        sockets = (inode_socket(inode) for _, _, _, inode in self.taskFds())
        return [socket.sk for socket in sockets if socket is not None and socket.sk]

    def get_task_stack(self) -> BTStack | None:
        """Return the stack, None if crash shows no stack."""
        from pykdump.linux.btstack import exec_bt

        return next(iter(exec_bt(f"bt {int(self):x}")), None)

    def get_task_mem(self) -> tuple[int, int]:
        """Return (virtual, resident) size in KiB."""
        return get_task_mem_usage(int(self))

    def task_get_pid(self) -> StructResult:
        """Return the ``struct pid`` of the thread."""
        # v4.19 (include/linux/sched.h) added thread_pid; before it is the first element of struct pid_link pids[].
        pid: StructResult = self.ts.thread_pid if self.ts.hasField("thread_pid") else self.ts.pids[0].pid
        return pid

    def task_ns(self) -> StructResult:
        """Return the ``struct pid_namespace`` of the thread."""
        pid = self.task_get_pid()
        namespace: StructResult = pid.numbers[int(pid.level)].ns
        return namespace

    def ns_pids(self) -> list[int]:
        """Return the thread's PID in each PID namespace, from the initial one down to its own."""
        pid = self.task_get_pid()
        return [int(pid.numbers[level].nr) for level in range(int(pid.level) + 1)]

    @property
    def threads(self) -> list[Task]:
        """The other threads of the process, in the kernel's order."""
        return [Task(t, self.ttable) for t in _group(self.ts, self._layout) if int(t) != int(self.ts)]


def _group(leader: StructResult, where: Layout) -> list[StructResult]:
    """Return all threads of a process. The leader is the first one, unless exec() has replaced it."""
    if where.thread_head < 0:
        others = readSUListFromHead(Addr(leader, "thread_group"), "thread_group", TASK_STRUCT, maxel=MAX_TASKS)
        return [leader, *others]
    node = int(leader) + where.thread_node
    following = readPtr(node)
    if following and readPtr(node + PTR_SIZE) == following:  # both are the head, so there are no others
        return [leader]
    signal = leader.signal
    if not signal:  # the kernel is releasing the process
        return [leader]
    nodes = readList(int(signal) + where.thread_head, maxel=MAX_TASKS, inchead=False)
    return [readSU(TASK_STRUCT, node - where.thread_node) for node in nodes] or [leader]


def process_leaders() -> list[StructResult]:
    """Return the ``struct task_struct`` of each process, in the order of the kernel's list, without swapper/0."""
    return readSUListFromHead(_leaders_list()[0], "tasks", TASK_STRUCT, maxel=MAX_TASKS)


def _leaders_list() -> tuple[int, int]:
    """Return the head of the kernel's list of processes, and the offset of the member that links them."""
    head, offset = sym2addr("init_task"), member_offset(TASK_STRUCT, "tasks")
    if not head:
        raise TypeError("There is no symbol 'init_task' in this kernel.")
    return head + offset, offset


def idle_tasks() -> list[Task]:
    """Return the idle task (swapper/N, PID 0) of each present CPU."""
    return [Task(queue.idle) for queue in layout().runqueues.values() if queue.idle]


def all_tasks(*, idle: bool = True) -> Iterator[Task]:
    """Yield each thread; the threads of a process follow each other. The idle tasks come first, if ``idle``."""
    if idle:
        yield from idle_tasks()
    yield from map(Task, threads_of_processes())


def threads_of_processes() -> Iterator[StructResult]:
    """Yield the ``struct task_struct`` of each thread, without the idle tasks. The threads of a process follow."""
    known = _known_threads()
    if known:
        yield from (readSU(TASK_STRUCT, address) for address in known)
        return
    found, where, reported = array("Q"), layout(), pylog.reported
    leaders, offset = _leaders_list()
    for node in walkListByHead(leaders, maxel=MAX_TASKS):
        leader = readSU(TASK_STRUCT, node - offset)
        try:
            group = _group(leader, where)
        except (error, IndexError) as problem:
            pylog.error(f"The threads of task {int(leader):#x} cannot be read: {problem}")
            group = [leader]
        found.extend(map(int, group))
        yield from group
    if not known and pylog.reported == reported:  # otherwise the next one shall be warned too
        known.extend(found)


@memoize_cond(CU_LIVE)
def _known_threads() -> array[int]:
    """The ``struct task_struct *`` of all threads but the idle ones, as soon as all were listed once without trouble.

    Several parts of a command ask for all threads, and the lists take longer to read than the tasks.
    """
    return array("Q")


class TaskTable:
    """All tasks, with functions that find them by PID, TID, name or open file."""

    def __init__(self) -> None:
        self.tt = [Task(idle_tasks()[0].ts, self)] if idle_tasks() else []
        self.tt += [Task(ts, self) for ts in process_leaders()]
        self.pids = {task.pid: task for task in self.tt}
        self._tids: dict[int, Task] = {}
        self._openers: dict[int, list[Task]] = {}

    def allTasks(self) -> list[Task]:
        """Return the leader of each process, swapper/0 first."""
        return self.tt

    allThreadGroups = allTasks

    def allThreads(self) -> list[Task]:
        """Return all threads in the order of their TIDs."""
        if not self._tids:
            groups = ([leader, *(leader.threads if leader.pid else [])] for leader in self.tt)
            self._tids = {task.pid: task for group in groups for task in group}
        return [self._tids[tid] for tid in sorted(self._tids)]

    def getByPid(self, pid: int) -> Task | None:
        """Return the leader of the process with this PID, None if there is no such process."""
        return self.pids.get(pid)

    def getByTid(self, tid: int) -> Task | None:
        """Return the thread with this TID, None if there is no such thread."""
        self.allThreads()
        return self._tids.get(tid)

    def getByComm(self, comm: str) -> list[Task]:
        """Return the leaders of the processes with this name."""
        return [task for task in self.tt if task.comm == comm]

    def getThreadsByComm(self, comm: str) -> Iterator[Task]:
        """Yield the threads of all processes with this name."""
        for task in self.getByComm(comm):
            yield task
            yield from task.threads

    def getByFile(self, filep: int) -> list[Task]:
        """Return the processes that have a ``struct file *`` open."""
        if not self._openers:
            for task in self.tt:
                for file in set(task.taskFds(True)):
                    self._openers.setdefault(file, []).append(task)
        return self._openers.get(int(filep), [])

    @property
    def tids(self) -> dict[int, Task]:
        """{TID: thread}."""
        self.allThreads()
        return self._tids

    @property
    def comms(self) -> dict[str, list[Task]]:
        """{name: leaders of the processes with this name}."""
        found: dict[str, list[Task]] = {}
        for task in self.tt:
            found.setdefault(task.comm, []).append(task)
        return found

    @property
    def pidnamespaces(self) -> dict[StructResult, list[Task]]:
        """{``struct pid_namespace``: leaders of its processes}, without the initial namespace."""
        found: dict[StructResult, list[Task]] = {}
        for task in self.tt:
            if task.task_get_pid() and int(task.task_get_pid().level):
                found.setdefault(task.task_ns(), []).append(task)
        return found

    @property
    def runqueues(self) -> dict[int, StructResult]:
        """{CPU: ``struct rq``}."""
        return layout().runqueues


def getRunQueues() -> list[StructResult]:
    """Return the ``struct rq`` of each present CPU."""
    return list(layout().runqueues.values())


def decode_waitq(wq: StructResult) -> list[StructResult]:
    """Return the ``struct task_struct`` of each waiter on a ``wait_queue_head_t``.

    Entries without a task are left out.
    """
    # v4.13 (include/linux/wait.h) renamed the struct, the list and the member that links.
    if wq.hasField("head"):
        entries = readSUListFromHead(Addr(wq, "head"), "entry", "struct wait_queue_entry", maxel=MAX_TASKS)
    else:
        entries = readSUListFromHead(Addr(wq, "task_list"), "task_list", "struct __wait_queue", maxel=MAX_TASKS)
    return [readSU(TASK_STRUCT, int(entry.private)) for entry in entries if entry.private]


_add_attributes()


def __getattr__(name: str) -> Any:
    if name == "TASK_STATE":
        return _task_state_values(layout().states)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _task_state_values(states: StateTable) -> Bunch:
    """Return {"TASK_INTERRUPTIBLE": 1, ...} with the values of this kernel."""
    known = ((bit, STATE_NAMES.get(letter)) for bit, letter in enumerate(states.letters))
    values = {name: (1 << bit) >> 1 for bit, name in known if name is not None}
    values["TASK_IDLE"] = TASK_UNINTERRUPTIBLE | TASK_NOLOAD
    return Bunch(values)
