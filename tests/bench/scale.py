# SPDX-License-Identifier: GPL-3.0-or-later
"""The scale table: each command on the default dump and on one with many tasks, sockets and mounts.

The time of a command should grow as the number of its records does. A command whose number of records stays the same
may still walk over all tasks (crashinfo does), so its growth is compared with that of the number of tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import commands, report, rounds
from bench.command_rows import COMMANDS, CommandRow

LIMIT_MS = 10_000
# So many times the cost of an object on the small dump still count as linear: the caches of the processor hold the
# small dump's objects, but not the large one's.
LINEAR = 3.0


@dataclass(frozen=True)
class ScaleLine:
    """One line of the table: ms of CPU time, and the number of objects, on the small and on the large dump.

    ``clock_ms`` is the large dump's time by the clock. ``peer_ms`` is drgn's; ``peer_ended`` is false if its listing
    was given up after that time.
    """

    row: CommandRow
    small_ms: float
    large_ms: float
    clock_ms: float
    small: int
    large: int
    peer_ms: float | None = None
    peer_ended: bool = True

    @property
    def costs(self) -> tuple[float, float]:
        """The us of one object on the small and on the large dump."""
        return 1000 * self.small_ms / self.small, 1000 * self.large_ms / self.large

    @property
    def growth(self) -> float:
        """How much more one object costs on the large dump. 1 means that the time grows with the number of objects."""
        return self.costs[1] / self.costs[0]

    @property
    def met(self) -> bool:
        return self.large_ms <= LIMIT_MS and self.growth <= LINEAR


def objects(small: Mapping[str, int], large: Mapping[str, int], tasks: tuple[int, int]) -> tuple[int, int]:
    """Return what to divide the times by: the numbers of records if they grew, else the numbers of ``tasks``."""
    records = sum(small.values()), sum(large.values())
    return records if records[0] and records[1] > 2 * records[0] else tasks


def lines(small: Mapping[str, Any], large: Mapping[str, Any], peer: Mapping[str, Any]) -> list[ScaleLine]:
    """Join one round of our side on each dump, and one of drgn on the large one."""
    tasks = small["taskinfo"]["counts"]["thread"], large["taskinfo"]["counts"]["thread"]
    return [
        ScaleLine(
            row,
            small[row.key]["warm"],
            large[row.key]["warm"],
            large[row.key]["clock"],
            *objects(small[row.key]["counts"], large[row.key]["counts"], tasks),
            *((peer[row.peer]["warm"], peer[row.peer]["complete"]) if row.peer else ()),
        )
        for row in COMMANDS
    ]


def measure(subject: rounds.Subject, large: Path) -> list[ScaleLine]:
    """Measure each command once on the dump of ``subject`` and on the dump in the folder ``large``.

    The runs begin without pages in memory on both dumps: the large one has more pages than any cache.
    """
    other = replace(subject, vmlinux=large / "vmlinux", vmcore=large / "vmcore")
    print("bench: the commands on the default dump", flush=True)
    small = commands.our_round(subject, 0, fresh=True)
    print("bench: the commands on the large dump", flush=True)
    big = commands.our_round(other, 1, fresh=True)
    print("bench: drgn's listings on the large dump", flush=True)
    return lines(small, big, commands.peer_round(other, 2))


def cells(line: ScaleLine) -> tuple[str, ...]:
    """Return one line of the table, column by column."""
    small, large = line.costs
    peer = f"{'' if line.peer_ended else '>'}{report.figure(line.peer_ms)}"
    return (
        line.row.words, str(line.small), str(line.large), report.figure(small), report.figure(large),
        "x" + report.figure(line.growth), report.figure(line.large_ms), report.figure(line.clock_ms), peer,
        "ok" if line.met else "MISSED",
    )  # fmt: skip


def table(found: list[ScaleLine]) -> str:
    """Return the table as plain text. ``growth`` is the cost of one object, compared with the small dump."""
    heads = (
        "command", "objects", "large", "us each", "large", "growth", "large ms", "by clock", "drgn ms",
        f"{LIMIT_MS // 1000} s, x{LINEAR:g}",
    )  # fmt: skip
    return report.aligned([heads, *map(cells, found)], left=(0, 9))


def as_json(found: list[ScaleLine]) -> list[dict[str, object]]:
    """Return the lines for the JSON file."""
    return [
        {"command": line.row.words, "objects": [line.small, line.large], "warm": [line.small_ms, line.large_ms],
         "clock": line.clock_ms, "peer": line.peer_ms, "peer_ended": line.peer_ended, "growth": line.growth}
        for line in found
    ]  # fmt: skip
