# SPDX-License-Identifier: GPL-3.0-or-later
"""What crashinfo looks for: each check yields findings, and says what it cannot tell."""

from __future__ import annotations

from pykdump.command_layer import Finding, Problem, guarded
from pykdump.linux import lockup, log_events, taint
from pykdump.linux.processes.hung import hung_task_seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pykdump.commands.parts.crashinfo_records import PanicCause
    from pykdump.linux.processes.thread_facts import ThreadFacts

MILLISECONDS = 1000
MAX_NAMED = 10


class Facts:
    """What the checks look at; it is read from the dump once."""

    def __init__(
        self, tasks: Sequence[ThreadFacts], log: Sequence[tuple[float, str]], cause: PanicCause | None
    ) -> None:
        self.tasks = tasks
        self.log = log
        self.cause = cause


def all_findings(facts: Facts) -> Iterator[Finding | Problem]:
    """Yield the findings of all checks, the most important ones first."""
    for part, check in CHECKS:
        yield from guarded(part, check, facts)


def _panic(facts: Facts) -> Iterator[Finding]:
    cause = facts.cause
    if cause is not None and cause.cause is not None:
        where = f" in {cause.function}" if cause.function else ""
        about = () if cause.tid is None else (cause.tid,)
        yield Finding("kernel-panic", f"{cause.cause}{where}: {cause.explanation}", pids=about)


def _stuck_cpus(facts: Facts) -> Iterator[Finding]:
    limit = lockup.soft_lockup_seconds()
    for state in lockup.cpu_states():
        if limit and state.unwatched_s is not None and state.unwatched_s > limit:
            message = f"CPU {state.cpu} has not scheduled for {state.unwatched_s} s; {state.task.comm} runs there."
            yield Finding("soft-lockup", message, pids=(int(state.task.pid),), addresses=(int(state.task),))


def _hard_lockups(facts: Facts) -> Iterator[Finding]:
    for cpu in lockup.nmi_watchdog_cpus():
        yield Finding("hard-lockup", f"The NMI watchdog has found CPU {cpu} stuck with interrupts disabled.")


def _rcu(facts: Facts) -> Iterator[Finding]:
    stall = lockup.rcu_stall()
    if stall is not None:
        message = f"A grace period of RCU has lasted {stall.seconds:.0f} s; the limit is {stall.limit_s} s."
        yield Finding("rcu-stall", message)


def _hung_tasks(facts: Facts) -> Iterator[Finding]:
    limit = hung_task_seconds()
    hung = [
        (task.Ran_ago, task.pid, int(task))
        for task in facts.tasks
        if task.state_code == "UN" and task.Ran_ago > limit * MILLISECONDS
    ]
    if hung:
        hung.sort(reverse=True)
        longest, tid, _ = hung[0]
        message = (
            f"{len(hung)} threads have waited uninterruptibly for more than {limit} s, "
            f"PID {tid} for {longest // MILLISECONDS} s; see hanginfo."
        )
        named = hung[:MAX_NAMED]
        yield Finding("hung-task", message, [tid for _, tid, _ in named], [address for _, _, address in named])


def _log(facts: Facts) -> Iterator[Finding]:
    for found in log_events.log_findings(facts.log):
        times = "once" if found.count == 1 else f"{found.count} times"
        when = f"{found.last:.0f} s after boot"
        yield Finding(found.event.identifier, f"The log reports {found.event.what} {times}, last {when}: {found.text}")


def _taints(facts: Facts) -> Iterator[Finding]:
    found = list(taint.taints())
    if found:
        letters = "".join(letter for letter, _ in found)
        yield Finding("tainted", f"{letters}: {'; '.join(f'{letter}: {meaning}' for letter, meaning in found)}.")


CHECKS: tuple[tuple[str, Callable[[Facts], Iterable[Finding]]], ...] = (
    ("the cause of the panic", _panic),
    ("soft lockups", _stuck_cpus),
    ("hard lockups", _hard_lockups),
    ("RCU stalls", _rcu),
    ("hung tasks", _hung_tasks),
    ("reports in the log", _log),
    ("the taints", _taints),
)
