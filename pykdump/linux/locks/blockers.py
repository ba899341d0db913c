# SPDX-License-Identifier: GPL-3.0-or-later
"""Which task must act so that another one goes on, for waits that are no locks: vfork, FUSE, work items, journals."""

from __future__ import annotations

from crash import Addr, addr2sym, enum_values, error, member_offset, pid_to_task, readPtr, readSU, readSymbol

from pykdump.linux.inet.sockets import unix_sock
from pykdump.linux.locks.names import file_system_name, inode_path
from pykdump.linux.locks.openers import fuse_servers, owners_of_sockets, peer_of_unix_socket, users_of_pipe
from pykdump.linux.locks.owners import KNOWN, Blocker
from pykdump.linux.locks.queues import Heads
from pykdump.linux.locks.stack_words import DAMAGED, TASK
from pykdump.linux.tasks import MAX_TASKS, all_tasks
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crash import StructResult

    from pykdump.linux.locks.mechanisms import Object

PF_WQ_WORKER = 0x20
MAX_WORKQUEUES = 100_000
MAX_MOUNTS = 10_000
# What a structure raises that is damaged, or that this kernel or its modules do not describe.
UNKNOWN = (*DAMAGED, LookupError, AttributeError, TypeError)


class Answer:
    """Who must act. ``address`` and ``name`` are those of what is waited for (a connection, a work item, a task).

    With ``any_of``, one of the blockers is enough. ``note`` says what the blockers do not.
    """

    __slots__ = ("address", "any_of", "blockers", "name", "note")

    def __init__(
        self, address: int, name: str = "", blockers: tuple[Blocker, ...] = (), any_of: bool = False, note: str = ""
    ) -> None:
        self.address = address
        self.name = name
        self.blockers = blockers
        self.any_of = any_of
        self.note = note


def blockers_of(kind: str, task: StructResult, waited: Object | None) -> Answer | None:
    """Return who must act for a wait of this kind (a kind of reasons.py), None if it cannot be known.

    ``waited`` is the queue, completion or bit in which ``task`` waits.
    """
    finder = _FINDERS.get(kind)
    try:
        return finder(task, waited) if finder else None
    except UNKNOWN:
        return None


def needs_queue(kind: str) -> bool:
    """Return whether the queue in which a task waits tells more about a wait of this kind. "" is any kind."""
    return not kind or kind in _FINDERS


def _vfork(parent: StructResult, waited: Object | None) -> Answer | None:
    if waited is None:
        return None
    children = readSUListFromHead(Addr(parent, "children"), "sibling", TASK, maxel=MAX_TASKS)
    for child in children:
        # vfork_done points to the completion on the stack of the parent (kernel/fork.c).
        if int(child.vfork_done) == waited.address:
            name = f"PID {int(child.pid)} ({child.comm})"
            return Answer(int(child), name, (Blocker(child, KNOWN, "child of vfork"),))
    return None


def _fuse(task: StructResult, waited: Object | None) -> Answer | None:
    if waited is None or waited.kind != "wait-queue":
        return None
    request = readSU("struct fuse_req", waited.address - member_offset("struct fuse_req", "waitq"))
    # Commit fcee216beb9c ("fuse: split fuse_mount off of fuse_conn", v5.10).
    connection = request.fm.fc
    numbers = enum_values("enum fuse_opcode")
    names = {number: name for name, number in numbers.items()}
    opcode = int(getattr(request, "in").h.opcode)
    servers = tuple(Blocker(server, KNOWN, "FUSE server") for server in fuse_servers(int(connection)))
    note = f"{names.get(opcode, opcode)} of PID {int(task.pid)}" + ("" if servers else "; no server has it open")
    return Answer(int(connection), _fuse_mount(connection), servers, True, note)


def _fuse_mount(connection: StructResult) -> str:
    mounts = readSUListFromHead(Addr(connection, "mounts"), "fc_entry", "struct fuse_mount", maxel=MAX_MOUNTS)
    return file_system_name(mounts[0].sb) if mounts else ""


def _work(task: StructResult, waited: Object | None) -> Answer | None:
    if waited is None or waited.kind != "completion":
        return None
    barrier = readSU("struct wq_barrier", waited.address - member_offset("struct wq_barrier", "done"))
    if int(barrier.task) != int(task):
        return None
    worker = _worker_of(Addr(barrier, "work") + member_offset("struct work_struct", "entry"))
    if worker is None:
        return Answer(int(barrier), "a work item", note="the work item is queued, and no worker has begun it")
    name = addr2sym(int(worker.current_func)) or f"{int(worker.current_func):#x}"
    return Answer(int(worker.current_work), f"work {name}", (Blocker(worker.task, KNOWN, "worker"),))


def _worker_of(node: int) -> StructResult | None:
    """Return the ``struct worker`` in whose list ``scheduled`` a ``work_struct.entry`` is, None if in no such list."""
    to_function = member_offset("struct work_struct", "func") - member_offset("struct work_struct", "entry")

    def is_work(entry: int) -> bool:
        return addr2sym(readPtr(entry + to_function), False) is not None

    head = Heads().head_of(node, is_work)
    worker = readSU("struct worker", head - member_offset("struct worker", "scheduled"))
    try:
        return worker if head and worker.current_work and int(worker.task.flags) & PF_WQ_WORKER else None
    except DAMAGED:
        return None


def _workqueue(task: StructResult, waited: Object | None) -> Answer | None:
    if waited is None or waited.kind != "completion":
        return None
    flusher = waited.address - member_offset("struct wq_flusher", "done")
    queue = _flushed(flusher)
    if queue is None:
        return None
    busy = tuple(Blocker(worker.task, KNOWN, f"works on {addr2sym(int(worker.current_func))}") for worker in
                 workers() if worker.current_pwq and int(worker.current_pwq.wq) == int(queue))  # fmt: skip
    return Answer(int(queue), f"workqueue {queue.name}", busy, note="" if busy else "none of its work items has begun")


def _flushed(flusher: int) -> StructResult | None:
    """Return the ``struct workqueue_struct`` that a ``struct wq_flusher *`` flushes."""
    for queue in readSUListFromHead("workqueues", "list", "struct workqueue_struct", maxel=MAX_WORKQUEUES):
        waiting = [int(queue.first_flusher)]
        for member in ("flusher_queue", "flusher_overflow"):
            waiting += map(int, readSUListFromHead(Addr(queue, member), "list", "struct wq_flusher"))
        if flusher in waiting:
            return queue
    return None


def kthread_of(task: StructResult) -> int:
    """Return the ``struct kthread *`` of a kernel thread's ``struct task_struct``."""
    # Commit e32cf5dfbe22 ("kthread: Generalize pf_io_worker so it can point to struct kthread", v5.17).
    return int(task.worker_private if task.hasField("worker_private") else task.set_child_tid)


def workers() -> Iterator[StructResult]:
    """Yield the ``struct worker`` of each thread that works for workqueues."""
    for task in all_tasks(idle=False):
        if int(task.ts.flags) & PF_WQ_WORKER:
            try:
                yield readSU("struct worker", int(readSU("struct kthread", kthread_of(task.ts)).data))
            except DAMAGED:
                continue


def _journal(member: str, waited: Object | None) -> StructResult | None:
    if waited is None or waited.kind != "wait-queue":
        return None
    return readSU("struct journal_s", waited.address - member_offset("struct journal_s", member))


def _commit(task: StructResult, waited: Object | None) -> Answer | None:
    journal = _journal("j_wait_done_commit", waited)
    if journal is None or not journal.j_task:
        return None
    return Answer(int(journal), str(journal.j_devname), (Blocker(journal.j_task, KNOWN, "journal thread"),))


def _journal_thread(task: StructResult, waited: Object | None) -> Answer | None:
    """The journal's own thread waits until the handles of the transaction that it commits are closed."""
    journal = _journal("j_wait_updates", waited)
    if journal is None or int(journal.j_task) != int(task):
        return None
    # The transaction is still the running one while its last handles are closed (fs/jbd2/commit.c).
    transactions = {int(journal.j_running_transaction), int(journal.j_committing_transaction)} - {0}
    return Answer(int(journal), str(journal.j_devname), tuple(_handle_owners(transactions)))


def _handle_owners(transactions: set[int]) -> Iterator[Blocker]:
    """Yield the tasks that have a handle (``task->journal_info``) of one of these ``transaction_t *``."""
    offset = member_offset("struct jbd2_journal_handle", "h_transaction")
    for task in all_tasks(idle=False):
        handle = int(task.ts.journal_info)
        try:
            if handle and readPtr(handle + offset) in transactions:
                yield Blocker(task.ts, KNOWN, "has a handle of the transaction")
        except DAMAGED:  # other file systems use the pointer in another way
            continue


def _tracer(task: StructResult, waited: Object | None) -> Answer | None:
    if not int(task.ptrace):
        return None
    tracer = task.parent
    return Answer(int(tracer), f"PID {int(tracer.pid)} ({tracer.comm})", (Blocker(tracer, KNOWN, "tracer"),))


def _kthread(task: StructResult, waited: Object | None) -> Answer | None:
    if waited is None or waited.kind != "completion":
        return None
    members = ("exited", "parked")
    wanted = {waited.address - member_offset("struct kthread", member) for member in members}
    for each in all_tasks(idle=False):
        if each.ts.mm == 0 and kthread_of(each.ts) in wanted:
            name = f"PID {each.pid} ({each.comm})"
            return Answer(int(each), name, (Blocker(each.ts, KNOWN, "kernel thread"),))
    return None


def _kthreadd(task: StructResult, waited: Object | None) -> Answer | None:
    try:
        thread = readSymbol("kthreadd_task")
    except (TypeError, error):
        return None
    return Answer(int(thread), "kthreadd", (Blocker(thread, KNOWN, "creates kernel threads"),))


def _pipe(task: StructResult, waited: Object | None) -> Answer | None:
    if waited is None or waited.kind != "wait-queue":
        return None
    pipe, processes = users_of_pipe(waited.address)
    others = tuple(Blocker(each, KNOWN, "has the pipe open") for each in processes if int(each.tgid) != int(task.tgid))
    if others:
        return Answer(pipe, "", others, any_of=True)
    return Answer(0, note="no other process has the pipe open") if pipe else None


def _unix_socket(task: StructResult, waited: Object | None) -> Answer | None:
    peer = peer_of_unix_socket(waited.address) if waited is not None and waited.kind == "wait-queue" else None
    if peer is None:
        return None
    processes = owners_of_sockets().get(int(peer), [])
    others = tuple(Blocker(each, KNOWN, "has the other socket open") for each in processes)
    return Answer(int(peer), unix_sock(peer)[2], others, True, "" if others else "no process has the other socket open")


def _file_lock(task: StructResult, waited: Object | None) -> Answer | None:
    if waited is None or waited.kind != "wait-queue":
        return None
    name = "struct file_lock"
    # Commit a69ce85ec9af ("filelock: split common fields into struct file_lock_core", v6.9).
    core, prefix = ("c.", "flc_") if member_offset(name, "c") >= 0 else ("", "fl_")
    request = readSU(name, waited.address - member_offset(name, f"{core}{prefix}wait"))
    request = request.c if core else request
    holder = getattr(request, f"{prefix}blocker")
    if not holder:
        return None
    file = getattr(holder, f"{prefix}file")  # a request that breaks a lease has none
    owner = pid_to_task(int(getattr(holder, f"{prefix}pid")))
    # The kernel queues a request behind another one that it conflicts with.
    role = "waiter ahead" if getattr(holder, f"{prefix}blocker") else "owner"
    found = (Blocker(readSU(TASK, owner), KNOWN, role),) if owner else ()
    return Answer(
        int(holder),
        inode_path(file.f_inode) if file else "",
        found,
        note="" if found else "its owner has ended or is remote",
    )


_FINDERS: dict[str, Callable[[StructResult, Object | None], Answer | None]] = {
    "vfork": _vfork,
    "fuse": _fuse,
    "work": _work,
    "workqueue": _workqueue,
    "jbd2-commit": _commit,
    "jbd2": _journal_thread,
    "ptrace": _tracer,
    "kthread": _kthread,
    "kthreadd": _kthreadd,
    "file-lock": _file_lock,
    "pipe": _pipe,
    "unix-socket": _unix_socket,
}
