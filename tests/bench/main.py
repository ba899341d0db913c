# SPDX-License-Identifier: GPL-3.0-or-later
"""`./sconsw bench`: measure PyKdump and drgn in turn on the same dump, print a table, write JSON."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from bench import commands, report, rounds, scale, workload
from mpykbuild.base.errors import BuildError, errors_end_the_program

ROUNDS = 5
COMMAND_ROUNDS = 3


def measure(subject: rounds.Subject, count: int) -> tuple[list[report.Line], dict[str, object]]:
    """Run ``count`` rounds of both sides in turn. Return the lines of the table and the facts about both sides."""
    ours, peers = [], []
    for number in range(count):
        print(f"bench: round {number + 1} of {count}", flush=True)
        ours.append(rounds.our_round(subject, number))
        peers.append(rounds.peer_round(subject, number))
    report.check_agreement(ours, peers)
    common = report.common_structs([*ours, *peers], workload.LAYOUTS)
    about = {"ours": ours[0]["about"], "peer": peers[0]["about"], "rounds": count, "structs": len(common)}
    about.update(load=round(os.getloadavg()[0], 1), cpus=os.cpu_count())
    found = report.lines(
        [report.with_layouts(result, common) for result in ours],
        [report.with_layouts(result, common) for result in peers],
    )
    return found, about


def show(found: list[report.Line], about: dict[str, object]) -> None:
    """Print the table, the facts about both sides, and the result."""
    print(f"\nours: {about['ours']}\npeer: {about['peer']}")
    print(f"medians of {about['rounds']} rounds in turn; {about['structs']} layouts; ratio: times as fast as the peer")
    print("us: the thread's CPU time of one call; ms of loading, and crash's commands: by the clock\n")
    print(report.table(found))
    if float(str(about["load"])) > 1.5:
        print(
            f"bench: the machine was busy (load {about['load']} on {about['cpus']} CPUs): times by the clock are long"
        )
    judged = [line.met for line in found if line.met is not None]
    print(f"bench: {sum(judged)} of {len(judged)} ratios are met", flush=True)


def show_all(subject: rounds.Subject, count: int) -> dict[str, object]:
    """Measure both sides and the commands on the default dump. Print the tables and return the content of the JSON."""
    found, about = measure(subject, count)
    show(found, about)
    ran = commands.measure(subject, COMMAND_ROUNDS)
    print(f"\ncommands, their text dropped: ms of CPU time, medians of {COMMAND_ROUNDS} sessions\n")
    print(commands.table(ran))
    compared = [line.met for line in ran if line.peer]
    print(f"bench: {sum(compared)} of {len(compared)} commands are ahead of drgn", flush=True)
    return {**report.as_json(found, about), "commands": commands.as_json(ran)}


def show_scale(subject: rounds.Subject, large: Path) -> list[dict[str, object]]:
    """Measure only the commands, on both dumps. Print the table and return its lines for JSON."""
    found = scale.measure(subject, large)
    print("\nscale: growth is the cost of one object on the large dump, compared with the small one")
    print("ms: CPU time; each run reads the dump again; >: drgn was stopped then\n")
    print(scale.table(found))
    print(f"bench: {sum(line.met for line in found)} of {len(found)} commands scale", flush=True)
    return scale.as_json(found)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("crash", "extension", "vmlinux", "vmcore", "python", "results", "output"):
        parser.add_argument(f"--{name}", type=lambda word: Path(word).absolute(), required=True)
    parser.add_argument("--large", type=lambda word: Path(word).absolute(), help="a folder with vmlinux and vmcore")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = vars(parser.parse_args(arguments))
    output, count, large = options.pop("output"), options.pop("rounds"), options.pop("large")
    with errors_end_the_program():
        if count < ROUNDS:
            raise BuildError(f"{count} rounds give no median worth the name.", f"use {ROUNDS} or more.")
        subject = rounds.Subject(**options)
        subject.results.mkdir(parents=True, exist_ok=True)
        if large:
            document: dict[str, object] = {"schema": 1, "scale": show_scale(subject, large)}
        else:
            document = show_all(subject, count)
        output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
