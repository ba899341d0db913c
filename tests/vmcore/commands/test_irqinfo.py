# SPDX-License-Identifier: GPL-3.0-or-later
"""irqinfo on the real dump: the guest's /proc/interrupts and /proc/softirqs, and crash's irq."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]
# Interrupts of disks and of the console, and every counter of the machine, go on between record and dump: in the
# emulated guest with less than this rate.
PER_SECOND = 3000
BUSY = ("virtio", "ttyS0")


def kind(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [row for row in document["records"] if row["kind"] == name]


def recorded(truth: Truth) -> dict[str, tuple[list[int], str]]:
    """{label: (counts, the rest of the line)} of /proc/interrupts."""
    head, *lines = truth.lines("proc/interrupts")
    cpus = len(head.split())
    rows = {}
    for line in lines:
        label, _, rest = line.partition(":")
        words = rest.split(None, cpus)
        counts = [int(word) for word in words[:cpus] if word.isdigit()]
        rows[label.strip()] = counts, words[cpus].strip() if len(words) > cpus else ""
    return rows


def grown(now: list[int], before: list[int], later: float) -> bool:
    return all(0 <= a - b <= PER_SECOND * (later + 1) for a, b in zip(now, before))


def test_interrupts(document: Document, truth: Truth, later: float) -> None:
    rows = {label: row for label, row in recorded(truth).items() if label.isdigit()}
    found = {str(row["irq"]): row for row in kind(document("irqinfo"), "interrupt")}
    assert found.keys() == rows.keys()
    assert len(rows) > 8
    for label, (counts, rest) in rows.items():
        row = found[label]
        match = re.fullmatch(r"(\S+) +(\d+)-(\S+) +(.*)", rest)
        assert match, rest
        assert [row["chip"], row["hwirq"], row["flow"]] == [match[1], int(match[2]), match[3]]
        names = [handler["name"] for handler in row["handlers"]]
        assert ", ".join(names) == match[4]
        assert len(row["counts"]) == len(counts)
        if any(name.startswith(BUSY) for name in names):
            assert grown(row["counts"], counts, later), label
        else:
            assert row["counts"] == counts, label
        assert row["disabled"] == 0


def test_counters_of_the_machine(document: Document, truth: Truth, later: float) -> None:
    rows = {label: row for label, row in recorded(truth).items() if not label.isdigit()}
    found = {row["label"]: row for row in kind(document("irqinfo"), "machine-counter")}
    assert {"NMI", "LOC", "RES", "CAL", "ERR"} <= rows.keys() <= found.keys()
    for label, (counts, meaning) in rows.items():
        assert len(found[label]["counts"]) == len(counts), label
        assert grown(found[label]["counts"], counts, later), label
        # ERR and MIS have no words in /proc/interrupts.
        assert found[label]["meaning"] == meaning or not meaning
    # What the kernel's file leaves out has never happened.
    assert all(not any(row["counts"]) for label, row in found.items() if label not in rows)


def test_softirqs(document: Document, truth: Truth, later: float) -> None:
    rows = {line.split(":")[0].strip(): list(map(int, line.split()[1:])) for line in truth.lines("proc/softirqs")[1:]}
    found = kind(document("irqinfo -s"), "softirq")
    assert [row["name"] for row in found] == list(rows)
    assert len(rows) == 10
    for row in found:
        assert grown(row["counts"], rows[row["name"]], later), row["name"]


def test_all_interrupts_are_those_of_crash(document: Document, crash_session: CrashSession) -> None:
    found = kind(document("irqinfo --all"), "interrupt")
    theirs = re.findall(r"^ *(\d+) +([0-9a-f]{16}) +(\S+) +", crash_session.run("irq"), re.M)
    assert [(row["irq"], row["desc"]) for row in found] == [(int(irq), f"0x{desc}") for irq, desc, _ in theirs]
    actions = {int(irq): f"0x{action}" for irq, _, action in theirs if len(action) == 16}
    assert {row["irq"]: row["handlers"][0]["action"] for row in found if row["handlers"]} == actions


def test_affinity(document: Document, drgn_program: Any) -> None:
    from drgn.helpers.linux.irq import irq_to_desc

    cpus = drgn_program["nr_cpu_ids"].value_()
    for row in kind(document("irqinfo"), "interrupt"):
        common = irq_to_desc(drgn_program, row["irq"]).irq_common_data
        for name, text in (("affinity", row["affinity"]), ("effective_affinity", row["effective"])):
            mask = getattr(common, name)
            bits = mask.bits if hasattr(mask, "bits") else mask[0].bits
            word = bits[0].value_() & ((1 << cpus) - 1)
            theirs = [cpu for cpu in range(cpus) if word >> cpu & 1]
            assert text == (f"0-{cpus - 1}" if len(theirs) == cpus else ",".join(map(str, theirs)))


@pytest.mark.parametrize("options", ["", "--all", "-s", "28 29", "--findings"])
def test_each_option(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"irqinfo {options}")
    assert "Traceback" not in output
    assert "Cannot tell" not in output
    assert (output.strip() == "Nothing is wrong.") == (options == "--findings")


def test_one_interrupt(document: Document) -> None:
    assert [row["irq"] for row in document("irqinfo 1")["records"]] == [1]
