# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands' table of the benchmark: each command cold and warm, and drgn's own helpers listing the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import report, rounds
from bench.command_rows import COMMANDS, CommandRow
from mpykbuild.base.errors import BuildError

HERE = Path(__file__).parent


@dataclass(frozen=True)
class CommandLine:
    """One line of the table: the times of all rounds, in ms."""

    row: CommandRow
    cold: tuple[float, ...]
    warm: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def ratio(self) -> float | None:
        """How many times as fast as drgn a warm run is; None without a peer."""
        return median(self.peer) / median(self.warm) if self.peer else None

    @property
    def met(self) -> bool:
        """Whether it is ahead of its peer. The limit in ms was set on one machine and does not judge."""
        return self.ratio is None or self.ratio >= 1


def our_round(subject: rounds.Subject, number: int, fresh: bool = False) -> dict[str, Any]:
    """Let one crash run each command. With ``fresh``, the warm runs read the dump again."""
    path = subject.results / f"commands-{number}.json"
    path.unlink(missing_ok=True)
    script = f"extend {subject.extension}\nepython command_ours.py {path.name}{' fresh' * fresh}\nquit\n"
    output = rounds.run(
        "crash", [subject.crash, "-s", subject.vmlinux, subject.vmcore], script, cwd=subject.results,
        env=rounds.environment({"PYKDUMPPATH": str(HERE)}),
    )  # fmt: skip
    found = rounds.result_of("crash", path, output)
    lacking = [row.words for row in COMMANDS if row.key not in found]
    if lacking:
        raise BuildError(f"crash ended at {lacking[0]}; its last lines were:\n{rounds.tail(output)}")
    return found


def peer_round(subject: rounds.Subject, number: int) -> dict[str, Any]:
    """Let drgn make each listing, in a new process."""
    return rounds.peer_round(subject, number, HERE / "command_peers.py")


def measure(subject: rounds.Subject, count: int) -> list[CommandLine]:
    """Run ``count`` rounds of both sides in turn, and return the lines of the table."""
    ours, peers = [], []
    for number in range(count):
        print(f"bench: round {number + 1} of {count} of the commands", flush=True)
        ours.append(our_round(subject, number))
        peers.append(peer_round(subject, number))
    check_counts(ours[0], peers[0])
    return lines(ours, peers)


def check_counts(ours: Mapping[str, Any], peer: Mapping[str, Any]) -> None:
    """Raise BuildError if a command lists another number of objects than drgn: then the times compare nothing."""
    wrong = []
    for row in COMMANDS:
        if row.counts:
            found = sum(ours[row.key]["counts"].get(kind, 0) for kind in row.counts)
            if found != peer[row.peer]["lines"]:
                wrong.append(f"{row.words} lists {found}, drgn {peer[row.peer]['lines']}")
    if wrong:
        raise BuildError(f"Commands and drgn list different numbers: {'; '.join(wrong)}.", "one of them is wrong.")


def lines(ours: Sequence[Mapping[str, Any]], peers: Sequence[Mapping[str, Any]]) -> list[CommandLine]:
    """Join the results of all rounds."""
    return [
        CommandLine(
            row,
            tuple(found[row.key]["cold"] for found in ours),
            tuple(found[row.key]["warm"] for found in ours),
            tuple(found[row.peer]["warm"] for found in peers) if row.peer else (),
        )
        for row in COMMANDS
    ]


def cells(line: CommandLine) -> tuple[str, ...]:
    """Return one line of the table, column by column."""
    peer = median(line.peer) if line.peer else None
    ratio = "-" if line.ratio is None else "x" + report.figure(line.ratio)
    verdict = "" if line.ratio is None else "ok (x1)" if line.met else "MISSED (x1)"
    times = (report.figure(median(line.cold)), report.figure(median(line.warm)), report.figure(peer))
    return line.row.words, *times, ratio, verdict, str(line.row.limit_ms), line.row.compared


def table(found: Sequence[CommandLine]) -> str:
    """Return the table as plain text."""
    heads = ("command", "cold ms", "warm ms", "drgn ms", "ratio", "goal", "aim ms", "drgn lists")
    return report.aligned([heads, *map(cells, found)], left=(0, 5, 7))


def as_json(found: Sequence[CommandLine]) -> list[dict[str, object]]:
    """Return the lines for build/bench.json."""
    return [
        {"command": line.row.words, "cold": line.cold, "warm": line.warm, "peer": line.peer, "ratio": line.ratio}
        for line in found
    ]
