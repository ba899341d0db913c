# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that the benchmark measures, and the listings of drgn that show the same."""

from __future__ import annotations

from dataclasses import dataclass

WARM_LIMIT_MS = 300
WARM_RUNS = 5
LIMIT_SECONDS = 10  # after so long, a command or a listing is not run again


@dataclass(frozen=True)
class CommandRow:
    """One line of the commands' table.

    ``words`` is the command line. ``peer`` is the name of drgn's listing in command_peers.py, "" if none is comparable.
    ``compared`` says what that lists. ``counts`` are the kinds of records whose number must equal the number of drgn's
    lines; empty if the two cannot be counted alike. ``limit_ms`` is the aim for a warm run.
    """

    words: str
    peer: str = ""
    compared: str = ""
    counts: tuple[str, ...] = ()
    limit_ms: int = WARM_LIMIT_MS

    @property
    def key(self) -> str:
        """The name of the row in results: the command line."""
        return self.words


SAME = "the same columns"
# drgn has no types of modules without their debuginfo, and no helper for options; we read both.
WITHOUT_MODULES = "the same, without options of ext4, overlay and fuse"
COMMANDS = (
    CommandRow("taskinfo", "tasks", SAME, ("thread",)),
    CommandRow("pstree -s", "tree", SAME, ("process",)),
    CommandRow("crashinfo", limit_ms=3000),
    CommandRow("crashinfo --stacksummary", "stacks", "groups of equal stacks, without ages"),
    CommandRow("hanginfo"),
    CommandRow("fregs 1", "registers", "the frames with the registers after the calls, not those before"),
    CommandRow("mountshow", "mounts", WITHOUT_MODULES, ("mount",)),
    CommandRow("mountshow -v", "mount details", WITHOUT_MODULES),
    CommandRow("xportshow -t --netns all", "sockets", "the same columns, without findings", ("socket",)),
    CommandRow("xportshow -a"),
    CommandRow("modinfo", "modules", SAME, ("module",)),
    CommandRow("tslog"),
    CommandRow("irqinfo", "interrupts", SAME),
    CommandRow("timers", "timers", SAME, ("timer", "high-resolution-timer")),
    CommandRow("slabinfo", "slabs", SAME, ("cache",)),
    CommandRow("pci", "pci", SAME, ("device",)),
    CommandRow("workqueues --all"),
    CommandRow("runqueues"),
    CommandRow("blkreq --all"),
    CommandRow("filelock"),
    CommandRow("meminfo"),
    CommandRow("sysctl"),
)
