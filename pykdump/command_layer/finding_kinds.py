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
    "accept-queue-full": FindingKind("warning", "A process does not accept its connections: new ones are refused."),
    "allocation-failure": FindingKind("warning", "The kernel could not allocate memory."),
    "block-request-overdue": FindingKind("error", "A driver has had a request for longer than its timeout."),
    "bond-member-down": FindingKind("warning", "A member of a bond has no link."),
    "conntrack-table-full": FindingKind("error", "The table of tracked connections has reached its limit."),
    "cpu-starvation": FindingKind("warning", "A task is ready to run and has not got its CPU for a long time."),
    "delayed-work-offline-cpu": FindingKind("warning", "A delayed work waits for the timer of a CPU that is offline."),
    "duplicate-address": FindingKind("error", "Another machine uses an IP address of this one."),
    "file-lock-wait": FindingKind("info", "A process waits for a file lock that another one holds."),
    "filesystem-error": FindingKind("error", "A file system has reported an error or corruption."),
    "filesystem-frozen": FindingKind("warning", "A file system is frozen: tasks that write to it wait."),
    "hard-lockup": FindingKind("critical", "A CPU was stuck with interrupts disabled."),
    "hardware-error": FindingKind("critical", "The hardware has reported an error."),
    "hung-task": FindingKind("error", "A task has waited uninterruptibly for longer than the kernel's limit."),
    "hung-task-reported": FindingKind(
        "error", "The kernel has reported a task that waited uninterruptibly for too long."
    ),
    "interface-errors": FindingKind("info", "A network interface has counted errors."),
    "io-error": FindingKind("error", "A block device has reported errors."),
    "irq-disabled": FindingKind("error", "The kernel has switched off an interrupt that nobody handled."),
    "kernel-panic": FindingKind("critical", "The kernel has panicked."),
    "kernel-warning": FindingKind("warning", "The kernel has printed a warning with a stack."),
    "link-down": FindingKind("warning", "A network interface is up and has no link."),
    "memory-corrupted": FindingKind("error", "The hardware has corrupted pages of memory."),
    "memory-low": FindingKind("warning", "Little memory is available."),
    "mixed-deadlock": FindingKind("critical", "Tasks wait in a circle for locks of different kinds, or for work."),
    "mutex-deadlock": FindingKind("critical", "Tasks wait in a circle for mutexes that they hold."),
    "neighbour-table-full": FindingKind("error", "The table of neighbours (ARP, NDISC) has reached its limit."),
    "oom-recent": FindingKind("error", "The kernel has killed processes because memory was used up."),
    "oops-reported": FindingKind("critical", "The kernel has printed an oops or a BUG."),
    "pci-error": FindingKind("error", "The I/O of a PCI device is frozen or failed after an error."),
    "possible-deadlock": FindingKind("warning", "Tasks may wait in a circle: a holder in it is only a hint."),
    "rcu-stall": FindingKind("error", "A grace period of RCU has lasted longer than the kernel's limit."),
    "rt-mutex-deadlock": FindingKind("critical", "Tasks wait in a circle for rt_mutexes or PI futexes that they hold."),
    "rwsem-deadlock": FindingKind("critical", "Tasks wait in a circle for rw_semaphores that they hold."),
    "slab-large": FindingKind("warning", "A slab cache takes more than a quarter of the memory."),
    "socket-drops": FindingKind("info", "A socket has dropped packets."),
    "soft-lockup": FindingKind("critical", "A CPU has not scheduled for longer than the kernel's limit."),
    "softnet-drops": FindingKind("warning", "A CPU has dropped received packets because its backlog was full."),
    "stack-overflow": FindingKind("critical", "A kernel stack is overwritten at its end, or nearly full."),
    "syn-queue-full": FindingKind("warning", "A listener has too many incomplete handshakes."),
    "tainted": FindingKind("info", "The kernel is tainted."),
    "tcp-memory-pressure": FindingKind("warning", "TCP uses more memory than its limit."),
    "tcp-not-read": FindingKind("warning", "A process does not read: its connection accepts no more data."),
    "tcp-retransmitting": FindingKind("warning", "A TCP connection sends the same data again and gets no answer."),
    "tcp-zero-window": FindingKind("warning", "The other side of a TCP connection accepts no data."),
    "timers-offline-cpu": FindingKind("warning", "Timers belong to a CPU that is offline."),
    "timers-overdue": FindingKind("error", "The timers of a CPU are overdue: it is stuck, or runs no softirqs."),
    "transmit-queue-stopped": FindingKind(
        "warning", "A network interface has stopped a transmit queue with packets in it."
    ),
    "transmit-timeout": FindingKind("warning", "A network device has not sent its packets in time."),
    "workqueue-blocked": FindingKind(
        "warning", "Works of a workqueue wait for others that have not run for a long time."
    ),
    "workqueue-lockup": FindingKind("error", "A pool of workers has pending works and starts none."),
}
