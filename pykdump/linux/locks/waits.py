# SPDX-License-Identifier: GPL-3.0-or-later
"""What each sleeping task waits for, and which tasks must act."""

from __future__ import annotations

from crash import readPtr

from pykdump.linux.locks import blockers
from pykdump.linux.locks.frozen import freeze_state
from pykdump.linux.locks.lock_queue import queued_tasks
from pykdump.linux.locks.mechanisms import READ, Mechanisms, Object, kind_of_wait, timeout_of, waiting_functions
from pykdump.linux.locks.names import Names
from pykdump.linux.locks.owners import KNOWN, Blocker, Holders, holders, writer_ahead
from pykdump.linux.locks.reasons import LOCK_WORDS, reason
from pykdump.linux.locks.stack_words import DAMAGED, StackWords, is_on_own_stack
from pykdump.linux.stacks import functions_of
from pykdump.linux.tasks import Task, all_tasks, layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

# Kinds of KINDS (mechanisms.py) that say nothing about the purpose: a function further out may know more.
_WITHOUT_PURPOSE = ("", "completion", "bit", "variable", "wait-queue")
# {kind of a lock: its type}, for the locks that have a queue of waiters
LOCK_TYPES = {"mutex": "struct mutex", "rwsem": "struct rw_semaphore", "semaphore": "struct semaphore"}
# A task that owns one of these and waits for it waits for ever.
SELF_DEADLOCKS = ("mutex", "rwsem", "rt-mutex", "pi-futex")
# Objects whose address says something even if the purpose of the wait is known, unless they are the waiter's own.
_SHARED_OBJECTS = ("bit", "variable", "completion")
NANOSECONDS = 1e9


class Cause:
    """What one or more tasks wait for.

    ``kind`` is a key of LOCK_WORDS or a kind of reasons.py, and ``words`` says it in words. ``address`` is that of the
    lock or object, 0 if it is not known. ``name`` says what it belongs to. ``blockers`` are the tasks that must act;
    with ``any_of``, one of them is enough. ``note`` says what is not known, and why.
    """

    __slots__ = ("address", "any_of", "blockers", "kind", "name", "note", "words")

    def __init__(self, kind: str, words: str, address: int = 0) -> None:
        self.kind = kind
        self.words = words
        self.address = address
        self.name = self.note = ""
        self.blockers: tuple[Blocker, ...] = ()
        self.any_of = False

    def __str__(self) -> str:
        return " ".join([self.words, *([f"{self.address:#x}"] if self.address else []), *filter(None, [self.name])])


class Wait:
    """One task that waits.

    ``cause`` is shared by all tasks that wait for the same. ``mode`` is "read" or "write" where the lock has both.
    ``functions`` is the stack without the scheduler, innermost first. ``seconds`` is the time since the task was last
    put on a CPU. ``ahead`` is a writer that stands before this reader in the queue of an rw_semaphore.
    """

    __slots__ = ("ahead", "cause", "detail", "functions", "mode", "seconds", "task")

    def __init__(self, task: Task, cause: Cause, functions: list[str], seconds: float) -> None:
        self.task = task
        self.cause = cause
        self.functions = functions
        self.seconds = seconds
        self.mode = self.detail = ""
        self.ahead: StructResult | None = None

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        """The tasks that this one waits for, as far as they are known.

        A task blocks itself if it waits for a lock that it holds.
        """
        own = int(self.task)
        alone = self.cause.kind in SELF_DEADLOCKS
        found = tuple(b for b in self.cause.blockers if int(b.task) != own or (alone and b.certainty == KNOWN))
        if self.ahead is None:
            return found
        return (*found, Blocker(self.ahead, KNOWN, "writer ahead in the queue"))


class Clock:
    """The time of the dump in the scheduler's clock: that of the runqueue which was updated last.

    The clock of an idle CPU stands still.
    """

    def __init__(self) -> None:
        where = layout()
        clocks = [int(getattr(queue, where.clock)) for queue in where.runqueues.values()]
        self.now = max(clocks, default=0)

    def seconds_since_run(self, task: Task) -> float:
        """Return the time since a task was last put on a CPU, in seconds. It has waited no longer than that."""
        value = task.ts
        for member in layout().last_ran.split("."):
            value = getattr(value, member)
        return max(self.now - int(value), 0) / NANOSECONDS


class Waits:
    """Finds what tasks wait for, and remembers it: wait_of() of a blocker leads on to what the blocker waits for."""

    def __init__(self) -> None:
        self._mechanisms = Mechanisms()
        self._names = Names()
        self._clock = Clock()
        self._causes: dict[tuple[str, int, str], Cause] = {}
        self._waits: dict[int, Wait | None] = {}

    def wait_of(self, task: Task | StructResult) -> Wait | None:
        """Return what a task waits for, None if it runs, can run, or has ended.

        Raises crash.error if the task cannot be read.
        """
        address = int(task)
        if address not in self._waits:
            self._waits[address] = None  # a chain of blockers may lead back here
            self._waits[address] = self._find(task if isinstance(task, Task) else Task(task))
        return self._waits[address]

    def waiters(self, verbose: bool = False) -> Iterator[Wait]:
        """Yield each uninterruptible task (state D) that waits; with ``verbose`` also those in state S, T and t."""
        states = "DSTt" if verbose else "D"
        for task in all_tasks(idle=False):
            try:
                wait = self.wait_of(task) if task.state_letter in states else None
            except DAMAGED:
                continue  # its stack is not in the dump
            if wait is not None:
                yield wait

    def others_in_queue(self, cause: Cause) -> Iterator[Wait]:
        """Yield all tasks in the queue of a lock, whatever their state, in the order of the queue."""
        lock_type = LOCK_TYPES.get(cause.kind)
        for task in queued_tasks(lock_type, cause.address) if lock_type and cause.address else ():
            try:
                wait = self.wait_of(task)
            except DAMAGED:
                continue
            if wait is not None and wait.cause is cause:
                yield wait

    def frozen_block(self, cause: Cause) -> StructResult | None:
        """Return the ``struct super_block`` whose freezing or thawing a cause waits for, None for other causes."""
        if cause.kind not in ("freeze", "percpu-rwsem"):
            return None
        found = self._names.frozen_block(cause.address)
        return found[0] if found else None

    def _find(self, task: Task) -> Wait | None:
        if task.state_letter in "RXZ" or (task.ts.hasField("on_cpu") and int(task.ts.on_cpu)):
            return None
        stack = functions_of(task)
        functions = waiting_functions(stack)
        kind = kind_of_wait(functions)
        purpose, words = reason(functions) if kind in _WITHOUT_PURPOSE else ("", "")
        # Most interruptible waits need no look at the stack: their queues say no more than their functions.
        found = self._object(kind, task, functions) if kind or blockers.needs_queue(purpose) else None
        if found is not None and found.kind not in _WITHOUT_PURPOSE:
            purpose = ""
        if not purpose and found is None:
            kind = kind or timeout_of(stack)
        cause = (
            self._cause_of_purpose(purpose, words, task, found)
            if purpose
            else self._cause_of_lock(kind, task, found, functions)
        )
        wait = Wait(task, cause, functions, self._clock.seconds_since_run(task))
        if found is not None:
            wait.mode, wait.detail = found.mode, found.detail
            if found.kind == "rwsem" and found.mode == READ and not any(b.certainty == KNOWN for b in cause.blockers):
                wait.ahead = writer_ahead(found.address, int(task))
        return wait

    def _object(self, kind: str, task: Task, functions: list[str]) -> Object | None:
        try:
            return self._mechanisms.find(kind, task.ts, StackWords.of_task(task.ts), functions)
        except (*DAMAGED, KeyError, TypeError):
            return None

    def _cause_of_lock(self, kind: str, task: Task, found: Object | None, functions: list[str]) -> Cause:
        if found is None:
            return self._cause_without_lock(kind, task, functions)
        kind = found.kind
        frozen = self._names.frozen_block(found.address) if kind == "percpu-rwsem" and found.mode == READ else None
        if frozen is not None and freeze_state(frozen[0]):
            kind = "freeze"
            held = Holders(note=f"{freeze_state(frozen[0])}: it waits until the file system is thawed")
            return self._remember(kind, LOCK_WORDS[kind], found.address, self._names.name_of(kind, found.address), held)
        key = (kind, found.address, hex(found.scope) if found.scope else "")
        if key not in self._causes:
            cause = self._causes[key] = Cause(kind, LOCK_WORDS[kind], found.address)
            held = _holders(Object(kind, found.address))
            cause.name, cause.blockers, cause.note = (
                self._names.name_of(kind, found.scope or found.address),
                held.blockers,
                held.note,
            )
        return self._causes[key]

    def _cause_without_lock(self, kind: str, task: Task, functions: list[str]) -> Cause:
        """Return the cause of a wait of which only the functions on the stack are known."""
        if not kind and task.ts.hasField("in_iowait") and int(task.ts.in_iowait):
            kind = "io"
        note = "the owner cannot be known: the lock was not found on the stack" if kind in LOCK_TYPES else ""
        where = f"in {functions[0]}" if functions else ""
        return self._remember(kind or "unknown", LOCK_WORDS[kind or "unknown"], 0, where, Holders(note=note))

    def _cause_of_purpose(self, purpose: str, words: str, task: Task, found: Object | None) -> Cause:
        answer = blockers.blockers_of(purpose, task.ts, found)
        if answer is None:
            address = 0
            if found is not None and found.kind in _SHARED_OBJECTS and not is_on_own_stack(found.address, int(task)):
                address = found.address
            name = self._names.name_of(found.kind, address) if found is not None and address else ""
            return self._remember(purpose, words, address, name, Holders())
        cause = self._remember(purpose, words, answer.address, answer.name, Holders(answer.blockers, answer.note))
        cause.any_of = answer.any_of
        return cause

    def _remember(self, kind: str, words: str, address: int, name: str, held: Holders) -> Cause:
        key = (kind, address, "" if address else words + name)
        cause = self._causes.get(key)
        if cause is None:
            cause = self._causes[key] = Cause(kind, words, address)
            cause.name, cause.blockers, cause.note = name, held.blockers, held.note
        return cause


def _holders(lock: Object) -> Holders:
    try:
        found = holders(lock)
        for blocker in found.blockers:
            readPtr(int(blocker.task))
        return found
    except DAMAGED as problem:
        return Holders(note=f"the owner cannot be read: {problem}")
