# SPDX-License-Identifier: GPL-3.0-or-later
"""crashinfo: what happened, what is stuck, for how long, and where to look next.

Without options it prints one page: what is wrong, the machine, the cause of the panic, what each CPU did, the
threads that ran last and those that have waited longest, memory, run queues, network, mounts, and the end of the
kernel's log. What is wrong comes first.

  crashinfo --findings         only what is wrong
  crashinfo --fast             leaves out what needs all stacks or all sockets
  crashinfo --stacksummary     threads with equal stacks, in groups
  crashinfo --findstacks RE    the stacks with a function that matches a regular expression
  crashinfo --json             everything, for a program

Exit status: 0 nothing is wrong, 1 there are findings, 2 a part cannot be told, 3 wrong usage.
"""

from __future__ import annotations

import re

from pykdump.command_layer import Command, Finding, Problem, Section, guarded
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.command_layer.finding_kinds import SEVERITIES
from pykdump.commands.parts import crashinfo_records as records
from pykdump.commands.parts import crashinfo_views as views
from pykdump.commands.parts.crashinfo_checks import Facts, all_findings
from pykdump.commands.parts.crashinfo_threads import (
    longest_waiting,
    recent_threads,
    stack_groups,
    stacks_with,
    thread_states,
)
from pykdump.commands.parts.stacks import ThreadStack, stack_of
from pykdump.linux import identity, lockup, panic, taint
from pykdump.linux.printk import log_lines
from pykdump.linux.processes.thread_facts import thread_facts
from pykdump.linux.stacks import frames_of
from pykdump.linux.tasks import Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from pykdump.linux.processes.thread_facts import ThreadFacts

LOG_LINES = 20
MAX_OF_A_KIND = 5
OWN_KINDS = frozenset({"hung-task", "tainted"})  # our own checks find these too
MAX_NAMED = 10
LOG_LINES_VERBOSE = 200
# The sections that other commands make, with their options.
MEMORY = (
    "meminfo", "MemTotal", "MemFree", "MemAvailable", "Cached", "AnonPages", "Shmem", "Slab", "SUnreclaim", "SwapTotal",
    "SwapFree",
)  # fmt: skip
PART_SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Memory", MEMORY),
    ("Largest slab caches", ("slabinfo", "--top", "5")),
    ("Run queues", ("runqueues",)),
    ("Requests of disks", ("blkreq",)),
    ("Network", ("xportshow", "--summary")),
    ("Mounts", ("mountshow",)),
)
# Their findings stand at the top of the page.
PARTS_WITH_FINDINGS: tuple[tuple[str, ...], ...] = (
    ("hanginfo",),
    ("workqueues",),
    ("filelock",),
    ("irqinfo",),
    ("timers",),
    ("pci",),
    *(words for _, words in PART_SECTIONS),
)
# All commands whose records may be shown.
PARTS = (
    "blkreq", "filelock", "hanginfo", "meminfo", "mountshow", "pci", "runqueues", "slabinfo", "sysctl", "taskinfo",
    "workqueues", "xportshow",
)  # fmt: skip
NO_PANIC = "No panic is recorded: the dump was taken from a running system, or the machine was stopped from outside."
UNKNOWN_PANIC = "The kernel panicked on CPU {cpu}, but neither the log nor the stack says why."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of crashinfo. Each view is also a command of its own, where that has more options."""
    parser.add_argument("-v", "--verbose", action="store_true", help="print more: all sections, a longer log")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only the findings and the machine")
    parser.add_argument("--fast", action="store_true", help="leave out what takes long")
    for name, view in VIEWS.items():
        view.add_to(parser, name)
    parser.add_argument("--version", action="version", version="crashinfo 2")


def _pattern(text: str) -> re.Pattern[str]:
    from argparse import ArgumentTypeError

    try:
        return re.compile(text)
    except re.error as problem:
        raise ArgumentTypeError(f"{text!r} is not a regular expression: {problem}") from None


def _read(part: str, problems: list[Problem], function: Callable[..., Any], *args: Any) -> Any:
    """Return what a function returns. If it cannot read the dump, add a Problem and return None."""
    try:
        return function(*args)
    except UNREADABLE as problem:
        problems.append(Problem(part, reason_of(problem)))
        return None


def system(problems: list[Problem]) -> records.System:
    """Return the machine and its kernel. What cannot be read is None, and in ``problems``."""
    from crash import sysfacts

    names = _read("the names of the machine", problems, identity.node_names) or {}
    online, possible = _read("the CPUs", problems, identity.cpu_counts) or (0, 0)
    return records.System(
        nodename=names.get("nodename", "?"),
        release=names.get("release", "?"),
        version=names.get("version", "?"),
        machine=names.get("machine", "?"),
        hardware=identity.hardware(),
        cpus_online=online,
        cpus_possible=possible,
        memory_bytes=_read("the size of the memory", problems, identity.memory_bytes),
        dumped_at=_read("the time of the dump", problems, identity.dump_time),
        uptime_s=_read("the uptime", problems, identity.uptime_seconds),
        load=_read("the load", problems, identity.load_averages) or (),
        taints="".join(letter for letter, _ in _read("the taints", problems, lambda: list(taint.taints())) or ()),
        command_line=_read("the command line", problems, identity.command_line),
        dumpfile=sysfacts().get("dumpfile"),
    )


def panic_cause(log: Sequence[tuple[float, str]]) -> records.PanicCause:
    """Return why and where the kernel panicked, from the panicking CPU's stack and the log around the panic."""
    cpu = panic.panic_cpu()
    lines = panic.report_of(log)
    message = panic.panic_message(lines)
    if cpu is None and message is None:
        return records.PanicCause(None, NO_PANIC, None, None, None, None, None, None, None)
    task = None if cpu is None else Task(panic.running_on(cpu))
    frames = frames_of(int(task))[0] if task else ()
    found = panic.cause_of([frame.function or "" for frame in frames], lines)
    kind, sentence = (found[0].kind, found[1]) if found else ("unknown", UNKNOWN_PANIC.format(cpu=cpu))
    where = panic.faulting_instruction(lines)
    return records.PanicCause(
        cause=kind,
        explanation=sentence,
        message=message,
        cpu=cpu,
        tid=task.pid if task else None,
        comm=task.comm if task else None,
        function=where.function if where else None,
        offset=where.offset if where else None,
        module=where.module if where else None,
    )


def cpus() -> Iterator[records.CpuActivity]:
    """Yield what each CPU did."""
    for state in lockup.cpu_states():
        yield records.CpuActivity(
            state.cpu,
            int(state.task.pid),
            str(state.task.comm),
            state.running_ms,
            state.clock_lag_ms,
            state.unwatched_s,
        )


def cpu_stacks() -> Iterator[ThreadStack]:
    """Yield the stack of the thread on each CPU."""
    for state in lockup.cpu_states():
        yield stack_of(Task(state.task))


def end_of_log(log: Sequence[tuple[float, str]], lines: int) -> Iterator[records.LogLine]:
    """Yield the last lines of the log."""
    for seconds, text in log[-lines:]:
        yield records.LogLine(seconds, text)


def _importance(event: Finding | Problem) -> int:
    """Return the place of an event at the top of the page: critical findings first, problems last."""
    return len(SEVERITIES) if isinstance(event, Problem) else -SEVERITIES.index(event.severity)


def first_page(options: argparse.Namespace) -> Iterator[object]:
    """Yield the page that crashinfo prints without options: what is wrong first."""
    problems: list[Problem] = []
    tasks = _read("the list of threads", problems, lambda: list(thread_facts())) or []
    log = _read("the kernel's log", problems, lambda: list(log_lines())) or []
    cause = _read("the cause of the panic", problems, panic_cause, log)
    machine = system(problems)
    yield Section("What is wrong")
    parts = Parts()
    wrong = [*all_findings(Facts(tasks, log, cause)), *(() if options.fast else parts.findings()), *problems]
    yield from sorted(wrong, key=_importance)
    yield Section("System")
    yield machine
    if cause is not None:
        yield Section("Cause")
        yield cause
    if not options.quiet:
        yield from _sections(options, parts, tasks, log)


def part(name: str, *words: str) -> Iterator[object]:
    """Yield what the command ``name`` yields for the options ``words``. Its module is imported now."""
    command: Command = __import__(f"pykdump.commands.{name}", fromlist=["COMMAND"]).COMMAND
    yield from command.events(words)


class Parts:
    """What other commands yield. Each command runs once: its findings stand first, its records in their section."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], list[object]] = {}

    def events(self, *words: str) -> list[object]:
        """Return all that a command yields; ``words`` are its name and its options."""
        if words not in self._known:
            self._known[words] = list(guarded(f"all of {words[0]}", part, *words))
        return self._known[words]

    def records(self, *words: str) -> Iterator[object]:
        """Yield the records of a command."""
        for event in self.events(*words):
            if not isinstance(event, (Finding, Problem, Section)):
                yield event

    def findings(self) -> Iterator[Finding | Problem]:
        """Yield the findings of all commands and what these cannot tell. Two may find the same: it is shown once."""
        seen: set[tuple[str, object]] = set()
        for words in PARTS_WITH_FINDINGS:
            kinds: dict[str, list[Finding]] = {}
            for event in self.events(*words):
                if isinstance(event, Problem):
                    yield event
                elif isinstance(event, Finding) and _is_new(event, seen):
                    kinds.setdefault(event.identifier, []).append(event)
            for found in kinds.values():
                yield from _shortened(words[0], found)


def _is_new(finding: Finding, seen: set[tuple[str, object]]) -> bool:
    """Return whether no other command has found this, and add it to ``seen``."""
    key = (finding.identifier, finding.addresses or finding.message)
    new = key not in seen and finding.identifier not in OWN_KINDS
    seen.add(key)
    return new


def _shortened(command: str, found: list[Finding]) -> Iterator[Finding]:
    """Yield the findings of one kind. Many become a few and one that stands for the rest."""
    if len(found) <= MAX_OF_A_KIND:
        yield from found
        return
    yield from found[: MAX_OF_A_KIND - 1]
    rest = found[MAX_OF_A_KIND - 1 :]
    pids = [pid for finding in rest for pid in finding.pids][:MAX_NAMED]
    addresses = [address for finding in rest for address in finding.addresses][:MAX_NAMED]
    yield Finding(rest[0].identifier, f"{len(rest)} more of this kind; see {command}.", pids, addresses)


def _sections(
    options: argparse.Namespace, parts: Parts, tasks: Sequence[ThreadFacts], log: Sequence[tuple[float, str]]
) -> Iterator[object]:
    lines = LOG_LINES_VERBOSE if options.verbose else LOG_LINES
    sections: tuple[tuple[str, Callable[..., Iterable[object]], tuple[Any, ...]], ...] = (
        ("CPUs", cpus, ()),
        ("Stacks of the CPUs", cpu_stacks, ()),
        ("Threads", thread_states, (tasks,)),
        ("Threads that ran last", recent_threads, (tasks,)),
        ("Threads that have waited longest", longest_waiting, (tasks,)),
        *((title, parts.records, words) for title, words in PART_SECTIONS),
        ("End of the log", end_of_log, (log, lines)),
        *((("Equal stacks", stack_groups, (tasks,)),) if options.verbose else ()),
    )
    for title, collect_section, arguments in sections:
        yield Section(title)
        yield from guarded(f"the section {title!r}", collect_section, *arguments)


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the first page, or the views that options ask for."""
    chosen = [(name, view) for name, view in VIEWS.items() if getattr(options, name) not in (None, False)]
    if not chosen:
        yield from first_page(options)
    for name, view in chosen:
        yield from guarded(f"--{name}", view.collect, getattr(options, name))


class View:
    """An option that prints one view instead of the page.

    ``collect(value)`` yields its records; ``value`` is True for an option without a value. ``settings`` are those of
    argparse's add_argument().
    """

    def __init__(self, meaning: str, collect: Callable[[Any], Iterable[object]], **settings: Any) -> None:
        self.meaning = meaning
        self.collect = collect
        self.settings = settings

    def add_to(self, parser: argparse.ArgumentParser, name: str) -> None:
        """Add the option."""
        settings = self.settings or {"action": "store_true"}
        parser.add_argument(f"--{name}", help=self.meaning, **settings)


def _address(text: str) -> int:
    from argparse import ArgumentTypeError

    try:
        return int(text, 16)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not an address in hexadecimal") from None


ADDRESS: dict[str, Any] = {"metavar": "ADDRESS", "type": _address}
VIEWS: dict[str, View] = {
    "stacksummary": View("threads with equal stacks, in groups", lambda _: stack_groups(thread_facts())),
    "findstacks": View(
        "stacks with a function that matches", lambda re_: stacks_with(re_, thread_facts()), metavar="RE", type=_pattern
    ),
    "checkstacks": View("kernel stacks that overflowed", lambda _: views.checked_stacks()),
    "decodesyscalls": View("threads in a system call, with its arguments", views.threads_in_syscall, metavar="NAME"),
    "mutex": View("holder and waiters of a struct mutex", lambda a: views.lock_state("mutex", a), **ADDRESS),
    "rwsemaphore": View(
        "holders and waiters of a struct rw_semaphore", lambda a: views.lock_state("rwsem", a), **ADDRESS
    ),
    "semaphore": View("waiters of a struct semaphore", lambda a: views.lock_state("semaphore", a), **ADDRESS),
    "workqueues": View("workqueues with their works (the command workqueues has more)", lambda _: part("workqueues")),
    "keventd_wq": View("the workqueue events", lambda _: part("workqueues", "-a", "events")),
    "kblockd_wq": View("the workqueue kblockd", lambda _: part("workqueues", "-a", "kblockd")),
    "lws": View("who waits for locks and wait queues (the command hanginfo has more)", lambda _: part("hanginfo")),
    "runq": View("run queues (also: runqueues)", lambda _: part("runqueues")),
    "blkreq": View("requests of disks that are not completed (also: blkreq)", lambda _: part("blkreq")),
    "filelock": View("file locks (also: filelock)", lambda _: part("filelock")),
    "sysctl": View("all sysctl variables (also: sysctl)", lambda _: part("sysctl")),
    "pci": View("PCI devices (also: pci)", lambda _: part("pci")),
    "umem": View("memory of processes (also: taskinfo --memory)", lambda _: part("taskinfo", "--memory")),
    "blkdevs": View("disks", lambda _: views.disks()),
    "ext3": View("file systems of the ext family", lambda _: views.ext_file_systems()),
    "devmapper": View("devices of the device mapper", lambda _: views.mapped_devices()),
    "ls": View("what is cached of a directory", views.directory, metavar="PATH"),
    "radix_tree_element": View(
        "the element of a radix tree or an xarray at an index", lambda words: views.tree_element(*words), nargs=2,
        metavar=("ROOT", "INDEX"), type=_address,
    ),
}  # fmt: skip
COMMAND = Command(__doc__, add_options, collect, {**records.LAYOUTS, **views.LAYOUTS}, PARTS)
main = COMMAND.main
