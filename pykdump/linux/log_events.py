# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel's log reports: lockups, killed processes, hardware errors. Lines of a kind are counted together."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class LogEvent:
    """A kind of line in the log. ``pattern`` matches a part of the line; ``what`` names the kind."""

    __slots__ = ("identifier", "pattern", "what")

    def __init__(self, identifier: str, what: str, pattern: str) -> None:
        self.identifier = identifier
        self.what = what
        self.pattern = re.compile(pattern)


# The texts are those of the kernel's sources, which the comments name. One line of the log is one kind at most.
EVENTS = (
    # kernel/watchdog.c
    LogEvent("soft-lockup", "soft lockups", r"BUG: soft lockup - CPU#\d+ stuck for"),
    LogEvent("hard-lockup", "hard lockups", r"Watchdog detected hard LOCKUP on cpu|NMI watchdog: .*hard LOCKUP"),
    # kernel/rcu/tree_stall.h, tree_exp.h
    LogEvent("rcu-stall", "RCU stalls", r"\brcu\w*(: INFO)?:? .*(detected (expedited )?stalls|self-detected stall)"),
    # kernel/hung_task.c
    LogEvent("hung-task-reported", "hung tasks", r"task .*:\d+ blocked (in I/O wait )?for more than \d+ seconds"),
    # mm/oom_kill.c
    LogEvent(
        "oom-recent",
        "processes killed for lack of memory",
        r"(Out of memory|Memory cgroup out of memory): Killed process",
    ),
    LogEvent("allocation-failure", "failed page allocations", r"page allocation (failure|stalls): order:\d+"),
    # arch/x86/mm/fault.c, kernel/panic.c, arch/*/kernel/traps.c
    LogEvent("oops-reported", "oopses", r"^(Oops: |Internal error: Oops|Oops\[#\d+\]|Kernel BUG at |kernel BUG at )"),
    LogEvent("kernel-warning", "warnings of the kernel", r"^WARNING: (CPU: \d+ PID: \d+ at |.* at .*:\d+)"),
    # arch/x86/kernel/cpu/mce/core.c, drivers/acpi/apei/ghes.c, drivers/edac/edac_mc.c
    LogEvent(
        "hardware-error", "hardware errors", r"\[Hardware Error\]|mce: .*Machine check events logged|EDAC .* [CU]E "
    ),
    # block/blk-core.c
    LogEvent(
        "io-error", "I/O errors", r"(I/O|critical \w+|\w+ \w+) error, dev \S+, sector \d+|Buffer I/O error on dev"
    ),
    # fs/ext4/super.c, fs/xfs/xfs_message.c, fs/btrfs/messages.c
    LogEvent(
        "filesystem-error", "errors of file systems", r"^(EXT4-fs error|XFS .*[Cc]orruption|BTRFS (error|critical))"
    ),
    # net/sched/sch_generic.c
    LogEvent("transmit-timeout", "network queues that timed out", r"NETDEV WATCHDOG: .* transmit queue \d+ timed out"),
)


class LogFinding:
    """All lines of one kind: how many, when the first and the last came (seconds since boot), and the last text."""

    __slots__ = ("count", "event", "first", "last", "text")

    def __init__(self, event: LogEvent, seconds: float, text: str) -> None:
        self.event = event
        self.count = 1
        self.first = self.last = seconds
        self.text = text


def event_of(text: str) -> LogEvent | None:
    """Return the kind of a line of the log, None if it reports nothing of this table."""
    for event in EVENTS:
        if event.pattern.search(text):
            return event
    return None


def log_findings(lines: Iterable[tuple[float, str]]) -> Iterator[LogFinding]:
    """Yield one LogFinding for each kind, in the order in which they first occur.

    ``lines`` are (seconds since boot, text of the line without its time stamp).
    """
    found: dict[str, LogFinding] = {}
    for seconds, text in lines:
        event = event_of(text)
        if event is None:
            continue
        known = found.get(event.identifier)
        if known is None:
            found[event.identifier] = LogFinding(event, seconds, text)
        else:
            known.count, known.last, known.text = known.count + 1, seconds, text
    yield from found.values()
