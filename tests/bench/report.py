# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute medians, ratios and a table from the measurements of several rounds. Nothing is run here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from mpykbuild.base.errors import BuildError

US, MS = "us", "ms"


@dataclass(frozen=True)
class Row:
    """One line of the table. ``factor`` is the goal: so many times as fast as the peer. 0 means no goal.

    ``wanted`` is the absolute figure aimed at; it was set on one machine, so that only ``factor`` judges. ``beside`` is
    the key of what crash itself takes for the same, where that is the peer.
    """

    key: str
    title: str
    unit: str
    wanted: float | None = None
    factor: float = 0.0
    beside: str = ""


ROWS = (
    Row("layout-first", "the first layout of all", MS, 50),
    Row("layout", "layout of a struct asked for the first time", US, 40, 1.0),
    Row("field", "int field of a task", US, 0.25, 1.5),
    Row("page", "field of struct page over mem_map", US, 0.25, 1.5),
    Row("walk", "walk all processes, warm, per task", US, 2.0, 1.5),
    Row("walk-first", "the same, first pass", US, 9, 1.5),
    Row("word-same", "readU64, same address", US, 0.08, 1.0),
    Row("word-next", "readU64, sequential", US, 0.10, 1.0),
    Row("word-touch", "readU64, one page apart, first touch", US, None, 1.0),
    Row("word-again", "readU64, one page apart, again", US, 0.2, 1.0),
    Row("block-64", "readmem 64 KiB", US, 1.5, 1.0),
    Row("block-256", "readmem 256 KiB", US, 8, 1.0),
    Row("sym2addr", "sym2addr", US, 0.3, 1.0),
    Row("addr2sym", "addr2sym", US, 0.1, 1.0),
    Row("command-short", 'exec_crash_command("ascii")', US, 100),
    Row("command", 'exec_crash_command("sym jiffies"), beside crash\'s own', US, 100, 0.8, "command-crash"),
    Row("extend", "extend", MS, 10),
    Row("interpreter", "start of the interpreter, by the first program", MS),
    Row("import", "first `from pykdump.API import *`", MS, 20),
    Row("later", "a later program that only imports the API", MS, 1),
    Row("process", "python -I -S -c pass, as a process", MS),
)


@dataclass(frozen=True)
class Line:
    """A row with its figures."""

    row: Row
    ours: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def ratio(self) -> float | None:
        """How many times as fast as the peer we are. None if the peer has no such row."""
        return median(self.peer) / median(self.ours) if self.peer else None

    @property
    def met(self) -> bool | None:
        """Whether the goal of the row is reached. None if it has no goal."""
        return None if self.ratio is None or not self.row.factor else self.ratio >= self.row.factor


def with_layouts(result: Mapping[str, Any], common: Sequence[str]) -> dict[str, float]:
    """Return the rows of one process. They include the first layout, and the mean of the other layouts."""
    spent = [result["layouts"][name][0] for name in common]
    first, others = spent[0] / 1000, spent[1:]
    return {**result["rows"], "layout-first": first, "layout": sum(others) / len(others)}


def common_structs(results: Sequence[Mapping[str, Any]], wanted: int) -> list[str]:
    """Return at most ``wanted`` structs that all results have, in their order. Raises BuildError if too few do."""
    shared = set.intersection(*(set(result["layouts"]) for result in results))
    found = [name for name in results[0]["layouts"] if name in shared][:wanted]
    if len(found) < 2:
        raise BuildError("ours and the peer have no structs in common, so layouts cannot be compared.")
    return found


def check_agreement(ours: Sequence[Mapping[str, Any]], peers: Sequence[Mapping[str, Any]]) -> None:
    """Raise BuildError if the processes did not read the same from the dump. Their times are then not comparable."""
    wrong = set()
    for result in (*ours, *peers):
        wrong |= {name for name, fact in result["facts"].items() if fact != ours[0]["facts"].get(name)}
        for name in set(result["layouts"]) & set(ours[0]["layouts"]):
            if result["layouts"][name][1] != ours[0]["layouts"][name][1]:
                wrong.add(f"layout of struct {name}")
    if wrong:
        raise BuildError(
            f"{ours[0]['about']} and {peers[0]['about']} read different things: {', '.join(sorted(wrong))}.",
            "one of them is wrong; the results of each are in build/bench/.",
        )


def lines(ours: Sequence[Mapping[str, float]], peers: Sequence[Mapping[str, float]]) -> list[Line]:
    """Join the rows of all rounds. Raises BuildError with the names of rows that one of our rounds lacks."""
    lacking = [row.title for row in ROWS if any(row.key not in rows for rows in ours)]
    beside = {row.key: [_peer_of(row, *pair) for pair in zip(ours, peers)] for row in ROWS}
    lacking += [f"{row.title} (peer)" for row in ROWS if row.factor and None in beside[row.key]]
    if lacking:
        raise BuildError(f"these rows were not measured in every round: {', '.join(lacking)}.")
    return [
        Line(
            row,
            tuple(rows[row.key] for rows in ours),
            tuple(value for value in beside[row.key] if value is not None),
        )
        for row in ROWS
    ]


def _peer_of(row: Row, ours: Mapping[str, float], peer: Mapping[str, float]) -> float | None:
    return ours.get(row.beside) if row.beside else peer.get(row.key)


def figure(value: float | None) -> str:
    """Return a number with three significant digits, without decimals from 100 on; "-" for None."""
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def cells(line: Line) -> tuple[str, ...]:
    """Return one line of the table, column by column."""
    row, peer = line.row, median(line.peer) if line.peer else None
    ratio = "-" if line.ratio is None else "x" + figure(line.ratio)
    verdict = {None: "", True: f"ok (x{row.factor:g})", False: f"MISSED (x{row.factor:g})"}[line.met]
    return row.title, row.unit, figure(median(line.ours)), figure(peer), ratio, verdict, figure(row.wanted)


def table(found: Sequence[Line]) -> str:
    """Return the table as plain text."""
    heads = ("work", "unit", "ours", "peer", "ratio", "goal", "aim")
    return aligned([heads, *map(cells, found)], left=(0, 1, 5))


def aligned(grid: Sequence[Sequence[str]], left: Sequence[int]) -> str:
    """Return rows, the heading first, as lines of text. The columns whose numbers are in ``left`` begin at the left."""
    widths = [max(len(cell) for cell in column) for column in zip(*grid)]
    text = [
        "  ".join(
            cell.ljust(width) if index in left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells_, widths))
        ).rstrip()
        for cells_ in grid
    ]
    return "\n".join([text[0], "-" * max(map(len, text)), *text[1:]]) + "\n"


def as_json(found: Sequence[Line], about: Mapping[str, object]) -> dict[str, object]:
    """Return the content of build/bench.json: each row with its medians and all samples."""
    rows = []
    for line in found:
        figures = {"ours": median(line.ours), "peer": median(line.peer) if line.peer else None}
        samples = {"ours": line.ours, "peer": line.peer}
        rows.append({**asdict(line.row), **figures, "ratio": line.ratio, "met": line.met, "samples": samples})
    return {"schema": 1, "about": dict(about), "rows": rows}
