# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sleeping task waits for, from the structures on its stack. The functions on the stack say where to look."""

from __future__ import annotations

import re

from crash import member_offset, readPtr, readSU

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.locks.lock_queue import LockFinder
from pykdump.linux.locks.queues import ENTRY, SIMPLE_ENTRY, Heads, WaiterLayout, is_wait_entry, wait_entries
from pykdump.linux.locks.stack_words import DAMAGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from crash import StructResult

    from pykdump.linux.locks.stack_words import StackWords

# What gcc adds to the names of functions that it changed.
_GCC_SUFFIX = re.compile(r"\.(?:constprop|isra|part|cold|llvm)\b.*")
READ, WRITE = "read", "write"
FUT_OFF_INODE = 1

# {kind of wait: the functions that wait like this, innermost first; regular expressions that match a whole name}
KINDS = {
    "mutex": r"__mutex_lock(_\w+)?|mutex_lock(_\w+)?|__ww_mutex_lock(_\w+)?|ww_mutex_lock(_\w+)?",
    "rwsem": r"rwsem_down_(read|write)_\w+|__?down_(read|write)\w*|down_(read|write)(_killable|_nested)?",
    "semaphore": r"_*down(_common|_interruptible|_killable|_timeout)?",
    "percpu-rwsem": r"percpu_rwsem_wait|__percpu_down_read|percpu_down_write",
    "rt-mutex": r"_*rt_mutex_(slow)?lock\w*|_*rtlock_slowlock\w*|rt_mutex_wait_proxy_lock|rwbase_(read|write)_lock",
    "futex": r"futex_wait_queue(_me)?|__?futex_wait(_\w+)?|futex_lock_pi",
    "folio": r"(folio|wait_on_page|put_and_wait_on_page|migration_entry_wait)_\w+|__(folio_|)lock_(page|folio)\w*"
    r"|__folio_lock\w*|migration_entry_wait\w*|folio_wait_bit\w*",
    "bit": r"bit_wait(_io|_timeout|_io_timeout)?|(__|out_of_line_)wait_on_bit\w*|inode_wait_for_writeback"
    r"|__wait_on_freeing_inode|\w+_wait_bit_killable",
    "completion": r"(__)?wait_for_(common|completion)\w*|do_wait_for_common",
}
_KINDS = [(kind, re.compile(rf"(?:{pattern})\Z")) for kind, pattern in KINDS.items()]
# Functions of the scheduler, below those that say what a task waits for.
SCHEDULER = re.compile(
    r"(?:context_switch|__switch_to(_asm)?|(__)?schedule(_\w+)?|io_schedule(_\w+)?|preempt_schedule\w*)\Z"
)
# The innermost functions that can belong to the waiting itself.
INNERMOST = 6


def plain_name(function: str) -> str:
    """Return the name of a function in the source: without what gcc adds to it."""
    return _GCC_SUFFIX.sub("", function)


def waiting_functions(functions: Iterable[str]) -> list[str]:
    """Return the functions of a stack, innermost first, without those of the scheduler."""
    names = [plain_name(function) for function in functions]
    while names and SCHEDULER.match(names[0]):
        del names[0]
    return names


def kind_of_wait(functions: list[str]) -> str:
    """Return a row of KINDS for the result of waiting_functions(), "" if none matches."""
    for function in functions[:INNERMOST]:
        for kind, pattern in _KINDS:
            if pattern.match(function):
                return kind
    return ""


def timeout_of(functions: Iterable[str]) -> str:
    """Return "timeout" if a timer wakes the task with this stack, "" otherwise."""
    for function in functions:
        name = plain_name(function)
        if not SCHEDULER.match(name):
            break
        if "timeout" in name:
            return "timeout"
    return ""


class Object:
    """What a task waits for: its kind, the address of the lock (or page, bit...), and more about it.

    ``mode`` is "read" or "write" where the lock has both. ``detail`` is the bit, the index of a page or the futex.
    ``scope`` is the ``struct mm_struct *`` of a user address, or the number that stands for it in a futex key.
    """

    __slots__ = ("address", "detail", "kind", "mode", "scope")

    def __init__(self, kind: str, address: int, mode: str = "", detail: str = "", scope: int = 0) -> None:
        self.kind = kind
        self.address = address
        self.mode = mode
        self.detail = detail
        self.scope = scope


class Mechanisms:
    """Finds the object that a task waits for. It remembers the queues that it has walked."""

    def __init__(self) -> None:
        self._locks: dict[str, LockFinder] = {}
        self._completions = Heads()
        self._wait_queues = Heads()

    def find(self, kind: str, task: StructResult, stack: StackWords, functions: list[str]) -> Object | None:
        """Return the object of a wait of this kind, None if no structure on the stack tells it.

        ``functions`` is the result of waiting_functions(). Raises crash.error if memory is missing, KeyError if this
        kernel lays out a structure differently.
        """
        finder = getattr(self, "_" + kind.replace("-", "_"), None)
        # A kernel with PREEMPT_RT builds nearly all locks upon rt_mutex.
        return (finder and finder(task, stack, functions)) or _rt_mutex(task)

    def _lock(self, lock_type: str, task: StructResult, stack: StackWords) -> tuple[int, StructResult] | None:
        finder = self._locks.get(lock_type)
        if finder is None:
            finder = self._locks[lock_type] = LockFinder(lock_type)
        return finder.find(task, stack)

    def _mutex(self, task: StructResult, stack: StackWords, functions: list[str]) -> Object | None:
        found = self._lock("struct mutex", task, stack)
        return Object("mutex", found[0]) if found else None

    def _rwsem(self, task: StructResult, stack: StackWords, functions: list[str]) -> Object | None:
        found = self._lock("struct rw_semaphore", task, stack)
        if found is None:
            return None
        # enum rwsem_waiter_type (kernel/locking/rwsem.c): RWSEM_WAITING_FOR_WRITE is 0.
        return Object("rwsem", found[0], READ if int(found[1].type) else WRITE)

    def _semaphore(self, task: StructResult, stack: StackWords, functions: list[str]) -> Object | None:
        found = self._lock("struct semaphore", task, stack)
        return Object("semaphore", found[0]) if found else None

    def _percpu_rwsem(self, task: StructResult, stack: StackWords, functions: list[str]) -> Object | None:
        mode = WRITE if "percpu_down_write" in functions[:INNERMOST] else READ
        # Commit 7f26482a872c ("locking/percpu-rwsem: Remove the embedded rwsem", v5.7).
        for entry, function in wait_entries(stack, int(task)):
            if function == "percpu_rwsem_wake_function":
                head = self._queue_of(entry)
                if head:
                    return Object("percpu-rwsem", head - member_offset("struct percpu_rw_semaphore", "waiters"), mode)
        lock = _drained_by(task, stack)
        return Object("percpu-rwsem", lock, WRITE) if lock else None

    def _queue_of(self, entry: StructResult) -> int:
        """Return the ``wait_queue_head_t *`` of a ``struct wait_queue_entry``, 0 if it cannot be found."""
        node = int(entry) + member_offset(ENTRY, "entry")
        head = self._wait_queues.head_of(node, is_wait_entry)
        return head - member_offset("struct wait_queue_head", "head") if head else 0

    def _completion(self, task: StructResult, stack: StackWords, functions: list[str]) -> Object | None:
        layout = WaiterLayout(SIMPLE_ENTRY, "task", "task_list")
        for waiter in layout.on_stack(stack, int(task)):
            head = self._completions.head_of(waiter + layout.list, layout.is_waiter)
            if head:
                # Since v5.7 (kernel/sched/completion.c) it is a simple wait queue.
                return Object("completion", head - member_offset("struct completion", "wait.task_list"))
        return None

    def _folio(self, task: StructResult, stack: StackWords, functions: list[str]) -> Object | None:
        return self._(task, stack, functions)

    _bit = _folio

    def _futex(self, task: StructResult, stack: StackWords, functions: list[str]) -> Object | None:
        owned = _rt_mutex(task)
        layout = WaiterLayout("struct futex_q", "task", "list.node_list")
        for waiter in layout.on_stack(stack, int(task)):
            found = futex_object(readSU("struct futex_q", waiter).key.both)
            if owned:  # the kernel knows the owner of a PI futex: it is that of the rt_mutex
                return Object("pi-futex", owned.address, detail=found.detail)
            return found
        return owned

    def _(self, task: StructResult, stack: StackWords, functions: list[str]) -> Object | None:
        """Return the object of the ``struct wait_queue_entry`` on the stack: its wake function says what it is."""
        queue = None
        for entry, function in wait_entries(stack, int(task)):
            if function in ("wake_bit_function", "var_wake_function"):
                return _bit(entry, "bit" if function == "wake_bit_function" else "variable")
            if function == "wake_page_function":
                return _folio(entry)
            head = self._queue_of(entry) if queue is None else 0
            queue = Object("wait-queue", head) if head else queue
        return queue


def _folio(entry: StructResult) -> Object:
    """Return the page or folio of the ``struct wait_page_queue`` that contains an entry."""
    queue = readSU("struct wait_page_queue", int(entry) - member_offset("struct wait_page_queue", "wait"))
    # Since v5.16 (include/linux/pagemap.h) it is a folio, before it a page.
    page = queue.folio if queue.hasField("folio") else queue.page
    return Object("folio", int(page), detail=f"bit {int(queue.bit_nr)}")


def _bit(entry: StructResult, kind: str) -> Object:
    """Return the bit or variable of the ``struct wait_bit_queue_entry`` that contains an entry."""
    name = "struct wait_bit_queue_entry"
    key = readSU(name, int(entry) - member_offset(name, "wq_entry")).key
    return Object(kind, int(key.flags), detail=f"bit {int(key.bit_nr)}" if kind == "bit" else "")


def futex_object(key: StructResult) -> Object:
    """Return the futex of ``union futex_key.both``: a word in the memory of a process, or in a file.

    The two low bits of the offset are flags (include/linux/futex.h): FUT_OFF_INODE and FUT_OFF_MMSHARED.
    """
    word, offset, owner = int(key.word), int(key.offset), int(key.ptr)
    if offset & FUT_OFF_INODE:
        return Object("futex", 0, detail=f"page {word} + {offset & ~3:#x} of a shared file", scope=owner)
    return Object("futex", word + (offset & ~3), detail=f"word {word + (offset & ~3):#x}", scope=owner)


def _rt_mutex(task: StructResult) -> Object | None:
    """Return the ``struct rt_mutex_base`` that blocks a task.

    Before commit 830e6acc8a1c ("Split out the inner parts of 'struct rtmutex'", v5.15) it is a ``struct rt_mutex``.
    """
    if not task.hasField("pi_blocked_on") or not task.pi_blocked_on:
        return None
    return Object("rt-mutex", int(task.pi_blocked_on.lock))


def _drained_by(task: StructResult, stack: StackWords) -> int:
    """Return the ``struct percpu_rw_semaphore *`` whose readers a writer waits for, 0 if there is none.

    The writer is no entry of a queue: ``sem->writer.task`` points to it, and the address of ``sem`` is on its stack.
    """
    for word in dict.fromkeys(stack.words):
        try:
            if word and not word % 8 and _is_drained(word, int(task)):
                return word
        except DAMAGED:
            continue
    return 0


def _is_drained(address: int, task: int) -> bool:
    """Return whether a ``struct percpu_rw_semaphore`` at ``address`` is blocked by the writer ``task``."""
    sem = readSU("struct percpu_rw_semaphore", address)
    if int(sem.writer.task) != task or int(sem.block.counter) != 1 or not sem.read_count:
        return False
    head = address + member_offset("struct percpu_rw_semaphore", "waiters.head")
    return readPtr(readPtr(head) + PTR_SIZE) == head
