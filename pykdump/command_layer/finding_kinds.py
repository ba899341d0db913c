# SPDX-License-Identifier: GPL-3.0-or-later
"""All kinds of findings. An identifier is part of the JSON output: programs rely on it, so it never changes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SEVERITIES = ("info", "warning", "error", "critical")


class FindingKind:
    """The severity of a kind of finding, and one sentence that explains it."""

    __slots__ = ("meaning", "severity")

    def __init__(self, severity: str, meaning: str) -> None:
        self.severity = severity
        self.meaning = meaning


# One row a line, sorted by identifier.
FINDING_KINDS: Final[dict[str, FindingKind]] = {
    "allocation-failure": FindingKind("warning", "The kernel could not allocate memory."),
    "filesystem-error": FindingKind("error", "A file system has reported an error or corruption."),
    "filesystem-frozen": FindingKind("warning", "A file system is frozen: tasks that write to it wait."),
    "hard-lockup": FindingKind("critical", "A CPU was stuck with interrupts disabled."),
    "hardware-error": FindingKind("critical", "The hardware has reported an error."),
    "hung-task": FindingKind("error", "A task has waited uninterruptibly for longer than the kernel's limit."),
    "hung-task-reported": FindingKind(
        "error", "The kernel has reported a task that waited uninterruptibly for too long."
    ),
    "io-error": FindingKind("error", "A block device has reported errors."),
    "kernel-panic": FindingKind("critical", "The kernel has panicked."),
    "kernel-warning": FindingKind("warning", "The kernel has printed a warning with a stack."),
    "oom-recent": FindingKind("error", "The kernel has killed processes because memory was used up."),
    "oops-reported": FindingKind("critical", "The kernel has printed an oops or a BUG."),
    "rcu-stall": FindingKind("error", "A grace period of RCU has lasted longer than the kernel's limit."),
    "soft-lockup": FindingKind("critical", "A CPU has not scheduled for longer than the kernel's limit."),
    "tainted": FindingKind("info", "The kernel is tainted."),
    "transmit-timeout": FindingKind("warning", "A network device has not sent its packets in time."),
}
