# SPDX-License-Identifier: GPL-3.0-or-later
"""hanginfo: what the blocked tasks wait for, and who blocks them.

The command looks at all tasks in the uninterruptible state (UN). With -v, it also looks at those that sleep
interruptibly, are stopped or traced. It shows

  findings         deadlocks, tasks that have waited for too long, file systems that are frozen
  blockers         the tasks that block others and are not blocked themselves: look at the first one first
  groups           what the tasks wait for: a lock with its owner, another task, I/O...

WAITED is the time since a task was last put on a CPU: it has not waited longer than that.

How sure a blocker is:

  known      the kernel records that this task holds the lock, or that it must act
  hint       the kernel records who took the lock last, but not who gave it back
  possible   the address of the lock is on the stack of this task

A lock is only named if the structure that queues the task was found on its stack. The kernel does not record who holds
a semaphore, a percpu_rw_semaphore or an rw_semaphore that is held by readers; then the group says so.

  hanginfo --tree          who waits for whom, as a forest
  hanginfo -v              waits that are interruptible too, and a stack of each group
  hanginfo --findings      only what is wrong
  hanginfo --syslogger     waits for AF_UNIX sockets, such as that of syslogd
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, Section, guarded, item, positive_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from pykdump.command_layer.reports import Layouts
    from pykdump.linux.locks import Cause, Wait, Waits
    from pykdump.linux.locks.graph import WaitGraph
    from pykdump.linux.tasks import Task

DEFAULT_MAXPIDS = 10


@dataclass(frozen=True)
class WaitingTask:
    """A task that waits."""

    pid: int = item("the process (thread group)")
    tid: int = item("the thread")
    task: int = item("struct task_struct *", unit="address")
    comm: str = item("its name")
    state: str = item("two letters: UN, IN, ST or TR")
    waited: float = item("time since it was last put on a CPU", unit="s")
    mode: str = item("read or write, empty for a lock without modes")
    detail: str = item("which bit or futex word it waits for, empty for other waits")


@dataclass(frozen=True)
class BlockingTask:
    """A task that others wait for."""

    pid: int = item("the process (thread group)")
    tid: int = item("the thread")
    task: int = item("struct task_struct *", unit="address")
    comm: str = item("its name")
    state: str = item("two letters, as in taskinfo")
    certainty: str = item("known, hint or possible")
    role: str = item("what it is to those who wait: owner, last reader, worker...")
    doing: str = item("what it does itself")


@dataclass(frozen=True)
class RootBlocker:
    """A task that blocks others and is not blocked by one of them."""

    pid: int = item("the process (thread group)")
    tid: int = item("the thread")
    task: int = item("struct task_struct *", unit="address")
    comm: str = item("its name")
    state: str = item("two letters, as in taskinfo")
    blocks: int = item("number of tasks that wait for it, directly or not")
    doing: str = item("what it does itself")


@dataclass(frozen=True)
class WaitGroup:
    """Tasks that wait for the same."""

    what: str = item("mutex, rwsem, semaphore, freeze, vfork, fuse, io...")
    words: str = item("the same in words")
    address: int | None = item("the lock or object, null if it is not known", unit="address")
    name: str = item("what the lock belongs to")
    note: str = item("what is not known, and why")
    any_of: bool = item("one of the blockers is enough to go on")
    blockers: tuple[BlockingTask, ...] = item("the tasks that must act, as far as they are known")
    total: int = item("number of tasks that wait")
    shortest: float = item("the shortest wait", unit="s")
    longest: float = item("the longest wait", unit="s")
    waiting: tuple[WaitingTask, ...] = item("the tasks that wait; --maxpids shortens the list")


@dataclass(frozen=True)
class TreeNode:
    """A task, or a cause without a known blocker, in the forest of who waits for whom."""

    depth: int = item("0 for a root; a node waits for the last one before it with a smaller depth")
    tid: int | None = item("the thread, null for a cause")
    task: int | None = item("struct task_struct *, null for a cause", unit="address")
    comm: str = item("its name, empty for a cause")
    state: str = item("two letters, as in taskinfo, empty for a cause")
    certainty: str = item("how sure the parent blocks it: known, hint or possible; empty for a root")
    blocks: int = item("number of tasks below it")
    doing: str = item("what it waits for or does")


@dataclass(frozen=True)
class TaskStack:
    """The stack of a task."""

    tid: int = item("the thread")
    comm: str = item("its name")
    why: str = item("why the stack is shown")
    functions: tuple[str, ...] = item("the functions on it, innermost first, without the scheduler")


@dataclass(frozen=True)
class SapHana:
    """Whether the machine runs SAP HANA, and what to look at."""

    running: bool = item("processes sapstart and hdbindexserver exist")
    advice: tuple[str, ...] = item("what to check")


# {kind of all waits in a circle: the finding}
DEADLOCKS = {
    "mutex": "mutex-deadlock",
    "rwsem": "rwsem-deadlock",
    "rt-mutex": "rt-mutex-deadlock",
    "pi-futex": "rt-mutex-deadlock",
}
MIXED = "mixed-deadlock"
SAP_HANA_ADVICE = (
    "taskinfo --memory shows who uses the memory: HANA reserves most of it, and other programs must fit beside it",
    "crashinfo --sysctl shows vm.swappiness, vm.min_free_kbytes and kernel.numa_balancing",
    "SAP notes 2131662 (transparent huge pages), 2470289 (NUMA balancing) and 1557506 (page cache limit)",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of hanginfo."""
    from crash import version

    parser.add_argument("-v", action="count", default=0, dest="verbose", help="interruptible waits and stacks too")
    parser.add_argument(
        "--maxpids", type=positive_number, metavar="N", help="list at most N tasks of a group (default 10; JSON: all)"
    )
    parser.add_argument("--sortbypid", action="store_true", help="sort tasks by PID, not by the time that they wait")
    parser.add_argument("--syslogger", action="store_true", help="only waits for AF_UNIX sockets")
    parser.add_argument("--tree", action="store_true", help="print who waits for whom as a forest")
    parser.add_argument("--saphana", action="store_true", help="say whether SAP HANA runs, and what to check then")
    parser.add_argument("--version", action="version", version=f"hanginfo of PyKdump {version}")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the findings, the blockers, the groups of waiting tasks and, if wanted, the forest and stacks."""
    if options.saphana:
        yield from guarded("whether SAP HANA runs", sap_hana)
        return
    from pykdump.linux.locks import Waits

    finder = Waits()
    waits: list[Wait] = []
    yield from guarded("all tasks", _gather, finder, options, waits)
    groups = _groups(waits, by_pid=options.sortbypid)
    if options.syslogger:
        yield from (_group_record(group, finder, options) for group in groups)
        return
    from pykdump.linux.locks.graph import WaitGraph

    graph = WaitGraph(finder, waits)
    yield from guarded("deadlocks", deadlocks, graph)
    yield from guarded("tasks that wait for too long", hung_tasks, groups)
    yield from guarded("frozen file systems", frozen, finder, waits)
    yield from guarded("who blocks the rest", _root_blockers, graph, finder)
    yield Section("What the tasks wait for")
    for group in groups:
        yield from guarded(str(group[0].cause), _group_records, group, finder, options)
    if options.tree:
        yield Section("Who waits for whom")
        yield from guarded("the forest", tree, graph, finder)


def _gather(finder: Waits, options: argparse.Namespace, waits: list[Wait]) -> Iterator[Problem]:
    """Append the waits that are wanted to ``waits``. Yield nothing, unless the tasks cannot be read."""
    from pykdump.linux.locks.possible import add_possible_holders

    seen: set[int] = set()
    causes: dict[int, Cause] = {}
    for wait in finder.waiters(options.verbose or options.syslogger):
        if options.syslogger and wait.cause.kind != "unix-socket":
            continue
        # The queue of a lock has tasks in other states too. It is read once.
        queue = () if id(wait.cause) in causes else finder.others_in_queue(wait.cause)
        causes[id(wait.cause)] = wait.cause
        for each in (wait, *queue):
            if int(each.task) not in seen:
                seen.add(int(each.task))
                waits.append(each)
    add_possible_holders(causes.values(), seen)
    yield from ()


def _groups(waits: Iterable[Wait], by_pid: bool) -> list[list[Wait]]:
    """Return the waits by their causes, the largest group first; the tasks by PID, or those that ran last first."""
    groups: dict[int, list[Wait]] = {}
    for wait in waits:
        groups.setdefault(id(wait.cause), []).append(wait)
    for group in groups.values():
        group.sort(key=lambda each: each.task.pid if by_pid else (each.seconds, each.task.pid))
    return sorted(groups.values(), key=lambda group: (-len(group), min(each.task.pid for each in group)))


def ends(group: list[Wait], limit: int | None) -> list[Wait]:
    """Return a list, or its first and last elements if it has more than ``limit``."""
    if not limit or limit >= len(group):
        return group
    return group[: (limit + 1) // 2] + group[len(group) - limit // 2 :]


def doing(task: Task, wait: Wait | None) -> str:
    """Return in words what a task does."""
    if wait is not None:
        return f"waits for {wait.cause}"
    letter = task.state_letter
    if letter in "XZ":
        return "has ended"
    if letter == "R":
        return f"runs on CPU {task.cpu}" if not task.ts.hasField("on_cpu") or task.ts.on_cpu else "waits for a CPU"
    return "is being woken"


def _group_records(group: list[Wait], finder: Waits, options: argparse.Namespace) -> Iterator[WaitGroup | TaskStack]:
    yield _group_record(group, finder, options)
    if options.verbose:
        yield _stack(max(group, key=lambda each: each.seconds), "the longest of these waits")


def _group_record(group: list[Wait], finder: Waits, options: argparse.Namespace) -> WaitGroup:
    cause = group[0].cause
    limit = options.maxpids or (None if options.json else DEFAULT_MAXPIDS)
    seconds = [each.seconds for each in group]
    return WaitGroup(
        cause.kind, cause.words, cause.address or None, cause.name, cause.note, cause.any_of,
        tuple(_blockers(cause, finder)), len(group), round(min(seconds), 3), round(max(seconds), 3),
        tuple(_waiting(each) for each in ends(group, limit)),
    )  # fmt: skip


def _blockers(cause: Cause, finder: Waits) -> Iterator[BlockingTask]:
    from pykdump.linux.tasks import Task

    for blocker in cause.blockers:
        task = Task(blocker.task)
        yield BlockingTask(
            task.tgid, task.pid, int(task), str(task.comm), task.state_code, blocker.certainty, blocker.role,
            doing(task, finder.wait_of(task)),
        )  # fmt: skip


def _waiting(wait: Wait) -> WaitingTask:
    task = wait.task
    return WaitingTask(
        task.tgid, task.pid, int(task), str(task.comm), task.state_code, round(wait.seconds, 3), wait.mode, wait.detail
    )


def _stack(wait: Wait, why: str) -> TaskStack:
    return TaskStack(wait.task.pid, str(wait.task.comm), why, tuple(wait.functions))


def _root_blockers(graph: WaitGraph, finder: Waits) -> Iterator[Section | RootBlocker]:
    from pykdump.linux.tasks import Task

    yield Section("Who blocks the rest")
    for root in graph.roots():
        task = Task(graph.tasks[root])
        yield RootBlocker(
            task.tgid, task.pid, root, str(task.comm), task.state_code, graph.size(root),
            doing(task, graph.waits.get(root)),
        )  # fmt: skip


def deadlock_kind(kinds: Iterable[str], certain: bool) -> str:
    """Return the identifier of the finding for a cycle of waits of these kinds."""
    if not certain:
        return "possible-deadlock"
    found = {DEADLOCKS.get(kind, MIXED) for kind in kinds}
    return found.pop() if len(found) == 1 else MIXED


def deadlocks(graph: WaitGraph) -> Iterator[Finding | Section | TaskStack]:
    """Yield a finding for each cycle of waits, and the stack of each task in it."""
    for cycle, certain in graph.deadlocks():
        kind = deadlock_kind((wait.cause.kind for wait in cycle), certain)
        steps = [f"PID {wait.task.pid} ({wait.task.comm}) waits for {wait.cause}" for wait in cycle]
        verb = "wait" if certain else "may wait"
        count = (
            f"{len(cycle)} tasks {verb} in a circle, each for the next one"
            if len(cycle) > 1
            else "a task waits for itself"
        )
        message = f"{count}: {'; '.join(steps)}."
        addresses = dict.fromkeys(wait.cause.address for wait in cycle if wait.cause.address)
        yield Finding(kind, message, [wait.task.pid for wait in cycle], addresses)
        yield from (_stack(wait, f"in the circle of {kind}") for wait in cycle)


def hung_tasks(groups: Iterable[list[Wait]]) -> Iterator[Finding]:
    """Yield a finding for each group with tasks that have waited for longer than the kernel's limit."""
    from pykdump.linux.processes.hung import hung_task_seconds

    limit = hung_task_seconds()
    for group in groups:
        hung = [each for each in group if each.seconds > limit and each.task.state_letter == "D"]
        if hung:
            longest = max(each.seconds for each in hung)
            subject = f"{len(hung)} tasks have waited" if len(hung) > 1 else "a task has waited"
            message = f"{subject} for {hung[0].cause} for more than {limit} s, the longest for {longest:.0f} s."
            address = hung[0].cause.address
            yield Finding("hung-task", message, [each.task.pid for each in hung], [address] if address else [])


def frozen(finder: Waits, waits: Iterable[Wait]) -> Iterator[Finding]:
    """Yield a finding for each file system that is frozen, with the tasks that wait for it."""
    from pykdump.linux.locks.frozen import frozen_file_systems
    from pykdump.linux.locks.names import file_system_name

    waiting: dict[int, list[int]] = {}
    for wait in waits:
        block = finder.frozen_block(wait.cause)
        if block is not None:
            waiting.setdefault(int(block), []).append(wait.task.pid)
    for block, state in frozen_file_systems():
        pids = sorted(waiting.get(int(block), []))
        count = f"{len(pids)} tasks wait" if len(pids) != 1 else "1 task waits"
        yield Finding("filesystem-frozen", f"{file_system_name(block)} is {state}; {count} for it.", pids, [int(block)])


def tree(graph: WaitGraph, finder: Waits) -> Iterator[TreeNode]:
    """Yield the forest of who waits for whom: each tree from its root on. Causes without blockers are roots too."""
    from pykdump.linux.tasks import Task

    for root in graph.roots():
        task = Task(graph.tasks[root])
        yield TreeNode(
            0, task.pid, root, str(task.comm), task.state_code, "", graph.size(root), doing(task, graph.waits.get(root))
        )
        yield from (_node(wait, depth, below) for depth, wait, below in graph.counted_tree(root))
    free = [wait for wait in graph.waits.values() if not wait.blockers and int(wait.task) not in graph.below]
    for group in _groups(free, by_pid=True):
        cause = group[0].cause
        yield TreeNode(0, None, None, "", "", "", len(group), f"{cause}; {cause.note}" if cause.note else str(cause))
        yield from (_node(wait, 1, 0) for wait in group)


def _node(wait: Wait, depth: int, below: int) -> TreeNode:
    task = wait.task
    certainty = wait.blockers[0].certainty if wait.blockers else ""
    return TreeNode(depth, task.pid, int(task), str(task.comm), task.state_code, certainty, below, doing(task, wait))


def sap_hana() -> Iterator[SapHana]:
    """Yield whether SAP HANA runs: sapstart and hdbindexserver are processes."""
    from pykdump.linux.tasks import process_leaders

    names = {str(leader.comm) for leader in process_leaders()}
    running = {"sapstart", "hdbindexserver"} <= names
    yield SapHana(running, SAP_HANA_ADVICE if running else ())


def group_lines(group: WaitGroup) -> Iterator[str]:
    """Yield the lines of a group."""
    where = f" {group.address:#x}" if group.address else ""
    yield ""
    yield f"{group.words}{where}{': ' + group.name if group.name else ''}"
    for each in group.blockers:
        sure = "" if each.certainty == "known" else f" ({each.certainty})"
        yield f"  {each.role}{sure}: PID {each.tid} ({each.comm}) {each.state}, {each.doing}"
    if group.note:
        yield f"  {group.note}"
    span = f"{group.shortest:.1f} s" if group.total == 1 else f"{group.shortest:.1f} to {group.longest:.1f} s"
    yield f"  {group.total} task{'s wait' if group.total > 1 else ' waits'} for {span}"
    for waiting in group.waiting:
        words = " ".join((waiting.comm, waiting.mode, waiting.detail)).rstrip()
        yield f"    {waiting.tid:7} {waiting.state} {waiting.waited:9.1f} s  {words}"
    if group.total > len(group.waiting):
        yield f"    ({group.total - len(group.waiting)} more: --maxpids)"


def node_lines(node: TreeNode) -> Iterator[str]:
    """Yield the line of a node of the forest."""
    who = f"PID {node.tid} ({node.comm}) {node.state} " if node.tid is not None else ""
    sure = f" ({node.certainty})" if node.certainty not in ("", "known") else ""
    count = f" [blocks {node.blocks}]" if node.blocks and node.tid is not None else ""
    yield f"{'    ' * node.depth}{who}{node.doing}{sure}{count}"


def stack_lines(stack: TaskStack) -> Iterator[str]:
    """Yield the lines of a stack."""
    yield f"  stack of PID {stack.tid} ({stack.comm}), {stack.why}:"
    for function in stack.functions:
        yield f"      {function}"


def sap_lines(found: SapHana) -> Iterator[str]:
    """Yield what to check if SAP HANA runs."""
    yield "This machine runs SAP HANA." if found.running else "This machine does not run SAP HANA."
    yield from found.advice


TABLES: Layouts = {
    RootBlocker: (
        Column("PID", "tid"),
        Column("COMM", "comm", left=True),
        Column("ST", "state", left=True),
        Column("BLOCKS", "blocks"),
        Column("DOING", "doing", left=True),
    ),
    WaitGroup: group_lines,
    TreeNode: node_lines,
    TaskStack: stack_lines,
    SapHana: sap_lines,
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
