# SPDX-License-Identifier: GPL-3.0-or-later
"""Our side of the benchmark: a program for epython. ``epython ours.py RESULT.json``"""

from __future__ import annotations

import sys
import time

import crash
import workload
from workload import KIB, PAGE_SIZE, PAGES, TOUCHED_PAGES, per_call, words

from pykdump.API import (
    Addr,
    addr2sym,
    exec_crash_command,
    member_offset,
    readmem,
    readSU,
    readSUListFromHead,
    readU64,
    struct_size,
    sym2addr,
)

TASK = "struct task_struct"


def layout(name: str, member: str) -> int | None:
    """Return the offset of a member, or None. An object of the struct is made too, as programs do."""
    offset = member_offset(f"struct {name}", member)
    if offset < 0:
        return None
    readSU(f"struct {name}", PAGE_SIZE)
    return offset


def walk(head: int, state: str) -> list[int]:
    """Read what a list of processes needs. Return the number of names, and a digest of what was read."""
    count = total = 0
    for task in readSUListFromHead(head, "tasks", TASK):
        total += task.pid + getattr(task, state) + task.mm + task.active_mm
        count += bool(task.comm)
    return [count, workload.digest([total])]


def tasks(rows: dict[str, float], facts: dict[str, object]) -> None:
    """Walk all processes, cold and warm, and read one field of a task."""
    state = next(name for name in workload.STATE_MEMBERS if member_offset(TASK, name) >= 0)
    init_task = readSU(TASK, sym2addr("init_task"))
    head = Addr(init_task, "tasks")
    found: list[list[int]] = []
    first = per_call(lambda: found.append(walk(head, state)), 1)
    count = found[0][0]
    rows["walk-first"] = first / count
    rows["walk"] = per_call(lambda: [walk(head, state) for _ in range(workload.WALKS)], workload.WALKS * count)
    facts["walk"] = found[0]

    def read_field() -> None:
        for _ in range(workload.FIELD_READS):
            init_task.pid  # noqa: B018 - the read is what is measured

    rows["field"] = per_call(read_field, workload.FIELD_READS)


def pages(rows: dict[str, float], facts: dict[str, object]) -> None:
    """Read one field of each of the first struct pages, the second time."""
    base = readSU("struct page", readU64(sym2addr("vmemmap_base")))

    def read_all() -> int:
        total = 0
        for number in range(PAGES):
            total += base[number].private
        return total

    facts["page"] = workload.digest([read_all(), struct_size("struct page")])
    rows["page"] = per_call(read_all, PAGES)


def memory(rows: dict[str, float], facts: dict[str, object]) -> None:
    """Read words and blocks of the kernel's text."""
    start = sym2addr("_stext")
    touched = words(start, PAGE_SIZE, TOUCHED_PAGES)

    def read(addresses: object, times: int = 1) -> None:
        for _ in range(times):
            for address in addresses:
                readU64(address)

    rows["word-touch"] = per_call(lambda: read(touched), TOUCHED_PAGES)
    rows["word-again"] = per_call(lambda: read(touched, workload.TOUCH_AGAIN), TOUCHED_PAGES * workload.TOUCH_AGAIN)
    rows["word-same"] = per_call(lambda: read([start] * workload.WORD_READS), workload.WORD_READS)
    rows["word-next"] = per_call(lambda: read(words(start)), workload.WORD_READS)
    facts["words"] = workload.digest(readU64(address) for address in touched)

    def read_block(size: int) -> None:
        for _ in range(workload.BULK_READS):
            readmem(start, size)

    for size in (64, 256):
        rows[f"block-{size}"] = per_call(lambda size=size: read_block(size * KIB), workload.BULK_READS)
    facts["block"] = workload.digest(readmem(start, 256 * KIB))


def symbols(rows: dict[str, float], facts: dict[str, object]) -> None:
    """Look up addresses of names, and names of addresses."""
    times = 1000
    addresses = [sym2addr(name) for name in workload.SYMBOLS]
    rows["sym2addr"] = per_call(
        lambda: [sym2addr(name) for _ in range(times) for name in workload.SYMBOLS], times * len(addresses)
    )
    rows["addr2sym"] = per_call(
        lambda: [addr2sym(address) for _ in range(times) for address in addresses], times * len(addresses)
    )
    facts["symbols"] = [f"{addr2sym(address)} {address:#x}" for address in addresses]


def commands(rows: dict[str, float]) -> None:
    """Run crash commands. The clock is read, not CPU time, because a command may be another process."""

    def run_all(command: str) -> None:
        for _ in range(workload.COMMANDS):
            exec_crash_command(command)

    for key, command in (("command-short", "ascii"), ("command", workload.COMMAND)):
        rows[key] = per_call(lambda command=command: run_all(command), workload.COMMANDS, time.perf_counter_ns)


def main(result: str) -> None:
    rows: dict[str, float] = {}
    facts: dict[str, object] = {}
    found = workload.layouts(layout)
    tasks(rows, facts)
    pages(rows, facts)
    memory(rows, facts)
    symbols(rows, facts)
    commands(rows)
    python = ".".join(map(str, sys.version_info[:3]))
    about = f"mpykdump {crash.version} ({crash.source_id}), Python {python}, crash {crash.Crash_run}"
    workload.save(result, about, rows, facts, found)


main(sys.argv[1])
