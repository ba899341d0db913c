# SPDX-License-Identifier: GPL-3.0-or-later
"""drgn's side of the benchmark: ``python peer.py VMLINUX VMCORE RESULT.json``. It has the rows of ours.py."""

from __future__ import annotations

import sys
from importlib.metadata import version

import drgn
import workload
from drgn.helpers.linux.list import list_for_each_entry
from workload import KIB, PAGE_SIZE, PAGES, TOUCHED_PAGES, per_call, words

TASK = "struct task_struct"


def layout(program: drgn.Program, name: str, member: str) -> int | None:
    """Return the offset of a member, or None. All members are looked at."""
    try:
        found = program.type(f"struct {name}")
    except LookupError:
        return None
    offsets = {known.name: known.bit_offset // 8 for known in found.members}
    return offsets.get(member)


def walk(head: drgn.Object, state: str) -> list[int]:
    """Read what a list of processes needs. Return the number of names, and a digest of what was read."""
    count = total = 0
    for task in list_for_each_entry(TASK, head, "tasks"):
        total += task.pid.value_() + getattr(task, state).value_() + task.mm.value_() + task.active_mm.value_()
        count += bool(task.comm.string_())
    return [count, workload.digest([total])]


def tasks(program: drgn.Program, rows: dict[str, float], facts: dict[str, object]) -> None:
    """Walk all processes, cold and warm, and read one field of a task."""
    state = next(name for name in workload.STATE_MEMBERS if program.type(TASK).has_member(name))
    init_task = program["init_task"]
    head = init_task.tasks.address_of_()
    found: list[list[int]] = []
    first = per_call(lambda: found.append(walk(head, state)), 1)
    count = found[0][0]
    rows["walk-first"] = first / count
    rows["walk"] = per_call(lambda: [walk(head, state) for _ in range(workload.WALKS)], workload.WALKS * count)
    facts["walk"] = found[0]

    def read_field() -> None:
        for _ in range(workload.FIELD_READS):
            init_task.pid.value_()

    rows["field"] = per_call(read_field, workload.FIELD_READS)


def pages(program: drgn.Program, rows: dict[str, float], facts: dict[str, object]) -> None:
    """Read one field of each of the first struct pages, the second time."""
    base = drgn.Object(program, "struct page *", program["vmemmap_base"].value_())

    def read_all() -> int:
        total = 0
        for number in range(PAGES):
            total += base[number].private.value_()
        return total

    facts["page"] = workload.digest([read_all(), drgn.sizeof(program.type("struct page"))])
    rows["page"] = per_call(read_all, PAGES)


def memory(program: drgn.Program, rows: dict[str, float], facts: dict[str, object]) -> None:
    """Read words and blocks of the kernel's text."""
    start = program.symbol("_stext").address
    touched = words(start, PAGE_SIZE, TOUCHED_PAGES)
    read_u64 = program.read_u64

    def read(addresses: object, times: int = 1) -> None:
        for _ in range(times):
            for address in addresses:
                read_u64(address)

    rows["word-touch"] = per_call(lambda: read(touched), TOUCHED_PAGES)
    rows["word-again"] = per_call(lambda: read(touched, workload.TOUCH_AGAIN), TOUCHED_PAGES * workload.TOUCH_AGAIN)
    rows["word-same"] = per_call(lambda: read([start] * workload.WORD_READS), workload.WORD_READS)
    rows["word-next"] = per_call(lambda: read(words(start)), workload.WORD_READS)
    facts["words"] = workload.digest(read_u64(address) for address in touched)

    def read_block(size: int) -> None:
        for _ in range(workload.BULK_READS):
            program.read(start, size)

    for size in (64, 256):
        rows[f"block-{size}"] = per_call(lambda size=size: read_block(size * KIB), workload.BULK_READS)
    facts["block"] = workload.digest(program.read(start, 256 * KIB))


def symbols(program: drgn.Program, rows: dict[str, float], facts: dict[str, object]) -> None:
    """Look up addresses of names, and names of addresses."""
    times = 10
    addresses = [program.symbol(name).address for name in workload.SYMBOLS]
    rows["sym2addr"] = per_call(
        lambda: [program.symbol(name).address for _ in range(times) for name in workload.SYMBOLS],
        times * len(addresses),
    )
    rows["addr2sym"] = per_call(
        lambda: [program.symbol(address).name for _ in range(times) for address in addresses], times * len(addresses)
    )
    facts["symbols"] = [f"{program.symbol(address).name} {address:#x}" for address in addresses]


def main(vmlinux: str, vmcore: str, result: str) -> None:
    program = drgn.Program()
    program.set_core_dump(vmcore)
    program.load_debug_info([vmlinux])
    rows: dict[str, float] = {}
    facts: dict[str, object] = {}
    found = workload.layouts(lambda name, member: layout(program, name, member))
    tasks(program, rows, facts)
    pages(program, rows, facts)
    memory(program, rows, facts)
    symbols(program, rows, facts)
    python = ".".join(map(str, sys.version_info[:3]))
    workload.save(result, f"drgn {version('drgn')}, Python {python}", rows, facts, found)


if __name__ == "__main__":
    main(*sys.argv[1:])
