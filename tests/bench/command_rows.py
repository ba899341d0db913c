# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that the benchmark measures, and the listings of drgn that show the same."""

from __future__ import annotations

from dataclasses import dataclass

WARM_LIMIT_MS = 300
WARM_RUNS = 5


@dataclass(frozen=True)
class CommandRow:
    """One line of the commands' table.

    ``words`` is the command line. ``peer`` is the name of drgn's listing in command_peers.py, "" if none is comparable.
    ``counts`` are the kinds of records whose number must equal the number of drgn's lines; empty if the two cannot be
    counted alike. ``limit_ms`` is the aim for a warm run.
    """

    words: str
    peer: str = ""
    counts: tuple[str, ...] = ()
    limit_ms: int = WARM_LIMIT_MS

    @property
    def key(self) -> str:
        """The name of the row in results: the command line."""
        return self.words


COMMANDS = (
    CommandRow("taskinfo", "tasks", ("thread",)),
    CommandRow("crashinfo", limit_ms=3000),
    CommandRow("crashinfo --stacksummary", "stacks"),
    CommandRow("hanginfo"),
    CommandRow("mountshow", "mounts", ("mount",)),
    CommandRow("tslog"),
    CommandRow("irqinfo", "interrupts"),
    CommandRow("timers", "timers", ("timer", "high-resolution-timer")),
    CommandRow("slabinfo", "slabs", ("cache",)),
    CommandRow("pci", "pci", ("device",)),
    CommandRow("workqueues --all"),
    CommandRow("runqueues"),
    CommandRow("blkreq --all"),
    CommandRow("filelock"),
    CommandRow("meminfo"),
    CommandRow("sysctl"),
)
