# SPDX-License-Identifier: GPL-3.0-or-later
"""workqueues: workqueues, their pools and workers, and the works that run or wait.

Without options, it shows the workqueues that have work, the pools with pending works or busy workers, the busy workers,
and each work that has not ended:

  running    a worker runs it now
  scheduled  the same worker runs it next
  pending    it waits for a worker of its pool
  inactive   it waits because its workqueue has reached max_active
  delayed    its time has not come: a timer queues it later; IN is the time until then

The barrier of a flush shows the PID of the task that waits for it. RAN is the time since a worker was last put on a
CPU.

A finding names each pool that has pending works and has started none for 30 s (the kernel's own watchdog reports the
same), each workqueue whose works wait because of max_active for others that have not been on a CPU for ten seconds, and
each delayed work whose timer belongs to a CPU that is offline.

  workqueues --all          also workqueues, pools and workers that have nothing to do
  workqueues events kblockd only these workqueues, with all details; a name is a regular expression
  workqueues --works        only the works
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, Section, guarded, item, name_pattern
from pykdump.command_layer.events import UNREADABLE, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts


@dataclass
class Workqueue:
    """A workqueue: a struct workqueue_struct."""

    name: str = item("its name")
    address: int = item("struct workqueue_struct *", unit="address")
    flags: tuple[str, ...] = item("its flags, WQ_... and __WQ_...")
    max_active: int = item("how many of its works may run at once on a CPU, or in all if it is unbound")
    in_flight: int = item("works that were queued and have not ended")
    inactive: int = item("those of them that wait because of max_active")
    flushers: int = item("tasks that wait in flush_workqueue()")
    draining: bool = item("whether a task waits in drain_workqueue()")
    rescuer: int | None = item("the PID of its rescuer; null if it has none")

    @property
    def rescuer_text(self) -> str:
        """The PID of the rescuer, "-" if there is none."""
        return _or_dash(self.rescuer)


@dataclass
class Pool:
    """A pool of workers: a struct worker_pool."""

    pool: int = item("its ID")
    name: str = item('as in the names of its workers: "0", "0H", "u8"; "bh0" runs works in a softirq')
    address: int = item("struct worker_pool *", unit="address")
    cpu: int = item("its CPU; -1 if it is bound to none")
    nice: int = item("the nice level of its workers")
    workers: int = item("number of workers")
    idle: int = item("number of idle workers")
    pending: int = item("works that wait for a worker")
    stalled_s: float = item("time since it started a work, while works are pending; 0 if none is pending", unit="s")


@dataclass
class Worker:
    """A worker: a struct worker and its thread."""

    pid: int | None = item("its thread; null for the worker of a pool that runs in a softirq")
    pool: str = item("the name of its pool; of a rescuer, the name of its workqueue")
    address: int = item("struct worker *", unit="address")
    idle: bool = item("whether it waits for work")
    function: str = item("what it runs; empty if it is idle")
    workqueue: str = item("the workqueue of what it runs, or ran last")
    last_function: str = item("what it ran last")
    ran_ago_s: float | None = item("time since it was last put on a CPU", unit="s")


@dataclass
class Work:
    """A work that has not ended: a struct work_struct."""

    state: str = item("running, scheduled, pending, inactive or delayed")
    function: str = item("its function")
    address: int = item("struct work_struct *", unit="address")
    workqueue: str = item("the name of its workqueue; empty if it cannot be known")
    pool: str = item("the name of the pool; of a delayed work, that of the CPU with its timer")
    pid: int | None = item("the worker that runs it; of a barrier, the task that waits for it; else null")
    in_s: float | None = item("time until it is queued; null if it is no delayed work", unit="s")

    @property
    def pid_text(self) -> str:
        """The PID, "-" if there is none."""
        return _or_dash(self.pid)

    @property
    def in_text(self) -> str:
        """The time until it is queued, "-" if it is queued."""
        return "-" if self.in_s is None else _seconds(self.in_s)


BLOCKED_SECONDS = 10


def _or_dash(value: int | None) -> str:
    return "-" if value is None else str(value)


def _seconds(value: float) -> str:
    return f"{value:.3f} s"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of workqueues."""
    parser.add_argument("names", nargs="*", type=name_pattern, metavar="NAME", help="only these workqueues")
    parser.add_argument("-a", "--all", action="store_true", help="also what has nothing to do")
    parser.add_argument("--works", action="store_true", help="only the works")
    parser.add_argument("-v", action="store_true", help="the same as --all")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the workqueues, pools, workers and works, and findings about them."""

    def chosen(name: str) -> bool:
        return not options.names or any(pattern.fullmatch(name) for pattern in options.names)

    everything = options.all or options.v
    if not options.works:
        yield Section("Workqueues")
        yield from guarded("workqueues", queues, chosen, everything or bool(options.names))
        yield Section("Pools")
        yield from guarded("pools", pools, everything)
        yield Section("Workers")
        yield from guarded("workers", workers, chosen, everything)
    yield Section("Works")
    yield from guarded("works", works, chosen)
    yield from guarded("delayed works", delayed, chosen)
    yield from guarded("works that block others", blocked, chosen)


def _each(
    part: str, read: Callable[[StructResult], Iterable[object]], structs: Iterable[StructResult]
) -> Iterator[object]:
    """Yield what ``read`` yields for each struct; one that cannot be read costs only itself."""
    for struct in structs:
        try:
            yield from read(struct)
        except UNREADABLE as problem:
            yield Problem(f"the {part} at {int(struct):#x}", reason_of(problem))


def queues(chosen: Callable[[str], bool], everything: bool) -> Iterator[object]:
    """Yield the Workqueues that are ``chosen``; without ``everything``, only those that have something to do."""
    from pykdump.linux.cpu import workqueues

    def read(wq: StructResult) -> Iterator[Workqueue]:
        name = str(wq.name)
        if not chosen(name):
            return
        pwqs = list(workqueues.pool_workqueues(wq))
        in_flight = sum(workqueues.in_flight(pwq) for pwq in pwqs)
        flushers = sum(1 for _ in workqueues.flushers(wq))
        if not (everything or in_flight or flushers or wq.nr_drainers):
            return
        yield Workqueue(
            name=name,
            address=int(wq),
            flags=tuple(workqueues.workqueue_flags(wq)),
            max_active=workqueues.max_active(wq),
            in_flight=in_flight,
            inactive=sum(len(workqueues.inactive_works(pwq)) for pwq in pwqs),
            flushers=flushers,
            draining=bool(wq.nr_drainers),
            rescuer=int(wq.rescuer.task.pid) if wq.rescuer else None,
        )

    return _each("workqueue", read, workqueues.workqueues())


def pools(everything: bool) -> Iterator[object]:
    """Yield the Pools; without ``everything``, only those with pending works or busy workers. Yield findings."""
    from pykdump.linux.clock import kernel_hz
    from pykdump.linux.cpu import workqueues
    from pykdump.linux.cpu.timers import jiffies_now

    jiffies, hz, limit = jiffies_now(), kernel_hz(), workqueues.watchdog_threshold()

    def read(pool: StructResult) -> Iterator[object]:
        record = Pool(
            pool=int(pool.id),
            name=workqueues.pool_name(pool),
            address=int(pool),
            cpu=int(pool.cpu),
            nice=int(pool.attrs.nice),
            workers=int(pool.nr_workers),
            idle=int(pool.nr_idle),
            pending=len(workqueues.pending_works(pool)),
            stalled_s=workqueues.stalled_jiffies(pool, jiffies) / hz,
        )
        if everything or record.pending or record.workers > record.idle:
            yield record
        if record.stalled_s > limit:
            yield _lockup(record, pool)

    return _each("pool", read, workqueues.worker_pools())


def _lockup(record: Pool, pool: StructResult) -> Finding:
    from pykdump.linux.cpu import workqueues

    busy = [each for each in workqueues.pool_workers(pool) if each.task and not workqueues.worker_is_idle(each)]
    running = ", ".join(sorted({_function(each.current_func) for each in busy if each.current_func}))
    what = f"; its workers run {running}" if running else ""
    return Finding(
        "workqueue-lockup",
        f"Pool {record.name} has {record.pending} pending works and has started none for "
        f"{record.stalled_s:.0f} s{what}.",
        pids=[int(each.task.pid) for each in busy],
        addresses=(record.address,),
    )


def workers(chosen: Callable[[str], bool], everything: bool) -> Iterator[object]:
    """Yield the busy Workers, with ``everything`` the idle ones too, and the rescuers that work."""
    from pykdump.linux.cpu import workqueues

    def read(worker: StructResult) -> Iterator[Worker]:
        record = _worker(worker)
        if (everything or not record.idle) and chosen(record.workqueue):
            yield record

    for pool in workqueues.worker_pools():
        yield from _each("worker", read, workqueues.pool_workers(pool))
    yield from _each("rescuer", read, (worker for worker in workqueues.rescuers() if worker.current_work))


def _worker(worker: StructResult) -> Worker:
    from pykdump.linux.cpu.workqueues import pool_name, worker_is_idle
    from pykdump.linux.tasks import Task

    task, pwq, current = worker.task, worker.current_pwq, worker.current_work
    return Worker(
        pid=int(task.pid) if task else None,
        # A rescuer has a pool only while it works there.
        pool=pool_name(worker.pool) if worker.pool else str(worker.rescue_wq.name),
        address=int(worker),
        idle=worker_is_idle(worker) or not current,
        function=_function(worker.current_func) if current else "",
        workqueue=str(pwq.wq.name) if pwq else str(worker.desc),
        last_function=_function(worker.last_func) if worker.last_func else "",
        ran_ago_s=Task(task).Ran_ago / 1000 if task else None,
    )


def _function(address: int) -> str:
    from pykdump.linux.cpu.timers import function_name

    return function_name(int(address))


def blocked(chosen: Callable[[str], bool]) -> Iterator[Finding]:
    """Yield a finding for each workqueue whose works wait for others that have not been on a CPU for a long time."""
    from pykdump.linux.cpu import workqueues

    running: dict[int, list[Worker]] = {}
    for pool in workqueues.worker_pools():
        for worker in workqueues.pool_workers(pool):
            if worker.current_work and worker.task:
                running.setdefault(int(worker.current_pwq.wq), []).append(_worker(worker))
    for address, busy in running.items():
        wq = workqueues.workqueue_at(address)
        waiting = sum(len(workqueues.inactive_works(pwq)) for pwq in workqueues.pool_workqueues(wq))
        since = min(worker.ran_ago_s or 0.0 for worker in busy)
        if waiting and since > BLOCKED_SECONDS and chosen(str(wq.name)):
            names = ", ".join(sorted({worker.function for worker in busy}))
            yield Finding(
                "workqueue-blocked",
                f"{waiting} works of {wq.name} wait until {names} ends, which has not run for {since:.0f} s.",
                pids=[worker.pid for worker in busy if worker.pid is not None],
                addresses=(address,),
            )


def works(chosen: Callable[[str], bool]) -> Iterator[object]:
    """Yield the Works that run, are scheduled, pending or inactive."""
    from pykdump.linux.cpu import workqueues

    def of_pool(pool: StructResult) -> Iterator[Work]:
        name = workqueues.pool_name(pool)
        for state, work, worker in workqueues.running_works(pool):
            # A running work may be freed already: its worker knows the function and the workqueue.
            if state == "running":
                yield _work(state, work, name, worker.current_pwq, worker.current_func, worker.task)
            else:
                yield _work(state, work, name, workqueues.work_pool_workqueue(work), work.func)
        for work in workqueues.pending_works(pool):
            yield _work("pending", work, name, workqueues.work_pool_workqueue(work), work.func)

    def of_queue(wq: StructResult) -> Iterator[Work]:
        for pwq in workqueues.pool_workqueues(wq):
            for work in workqueues.inactive_works(pwq):
                yield _work("inactive", work, workqueues.pool_name(pwq.pool), pwq, work.func)

    for found in (
        _each("pool", of_pool, workqueues.worker_pools()),
        _each("workqueue", of_queue, workqueues.workqueues()),
    ):
        yield from (each for each in found if not isinstance(each, Work) or chosen(each.workqueue))


def _work(
    state: str,
    work: StructResult,
    pool: str,
    pwq: StructResult | None,
    function: int,
    task: StructResult | None = None,
) -> Work:
    from pykdump.linux.cpu.workqueues import barrier_task

    if not task and state != "running":
        task = barrier_task(work)
    name = str(pwq.wq.name) if pwq else ""
    return Work(state, _function(function), int(work), name, pool, int(task.pid) if task else None, None)


def delayed(chosen: Callable[[str], bool]) -> Iterator[object]:
    """Yield the delayed Works, and a finding for those whose timer belongs to a CPU that is offline."""
    from pykdump.linux.clock import kernel_hz
    from pykdump.linux.cpu.timers import delayed_works, jiffies_between, jiffies_now
    from pykdump.linux.percpu import running_cpus

    jiffies, hz, online = jiffies_now(), kernel_hz(), set(running_cpus())
    for cpu, timer, work in delayed_works():
        name = str(work.wq.name) if work.wq else ""
        if not chosen(name):
            continue
        left = jiffies_between(timer.expires, jiffies) / hz
        yield Work("delayed", _function(work.work.func), int(work.work), name, str(cpu), None, left)
        if cpu not in online:
            yield Finding(
                "delayed-work-offline-cpu",
                f"The delayed work {_function(work.work.func)} waits for a timer of CPU {cpu}, which is offline.",
                addresses=(int(work.work),),
            )


TABLES: Layouts = {
    Workqueue: (
        Column("WORKQUEUE", "name", left=True),
        Column("ADDRESS", "address", address=True),
        Column("MAX", "max_active"),
        Column("IN-FLIGHT", "in_flight"),
        Column("INACTIVE", "inactive"),
        Column("FLUSHERS", "flushers"),
        Column("RESCUER", "rescuer_text"),
        Column("FLAGS", "flags", left=True, show="|".join),
    ),
    Pool: (
        Column("POOL", "name", left=True),
        Column("ID", "pool"),
        Column("ADDRESS", "address", address=True),
        Column("CPU", "cpu"),
        Column("NICE", "nice"),
        Column("WORKERS", "workers"),
        Column("IDLE", "idle"),
        Column("PENDING", "pending"),
        Column("STALLED", "stalled_s", show=_seconds),
    ),
    Worker: (
        Column("PID", "pid"),
        Column("POOL", "pool", left=True),
        Column("WORKER", "address", address=True),
        Column("RAN", "ran_ago_s", show=_seconds),
        Column("WORKQUEUE", "workqueue", left=True),
        Column("FUNCTION", "function", left=True, show=lambda name: name or "(idle)"),
        Column("LAST", "last_function", left=True),
    ),
    Work: (
        Column("STATE", "state", left=True),
        Column("WORK", "address", address=True),
        Column("POOL", "pool", left=True),
        Column("PID", "pid_text"),
        Column("IN", "in_text"),
        Column("WORKQUEUE", "workqueue", left=True),
        Column("FUNCTION", "function", left=True),
    ),
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
