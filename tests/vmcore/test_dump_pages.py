# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own reader gives the same bytes and the same faults as crash's readmem(), at every kind of address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.session import CrashSession, Variant, Vmcore, run_crash

PAGES = 1500  # of each kind

# Reads the same addresses with our reader and with crash's; into a file.
PROGRAM = r"""
import json, random, struct
import crash
from pykdump.API import *

WHERE, PAGES = ARGUMENTS
chance = random.Random(21)
PAGE = 4096

def near(start, pages):
    return [start + chance.randrange(pages) * PAGE for _ in range(PAGES)]

offset = member_offset("struct task_struct", "tasks")
tasks = [readSU("struct task_struct", entry - offset) for entry in readList(sym2addr("init_task") + offset, 0)]
modules = ListHead(sym2addr("modules"), "struct module").list
percpu = (readU64(sym2addr("__per_cpu_offset")) + sym2addr("__per_cpu_start")) % 2**64
# Where tasks are is the direct map, on every architecture, and where their stacks are is vmalloc's.
direct = min(int(task) for task in tasks[1:]) // PAGE * PAGE - (1 << 30)
stacks = min(int(task.stack) for task in tasks[1:])
text = exec_crash_command(f"vtop {sym2addr('_stext'):x}").splitlines()[1].split()[1]
page = int(exec_crash_command(f"kmem -p {text}").splitlines()[1].split()[0], 16) // PAGE * PAGE
kinds = {
    "direct map": (near(direct, 1 << 20), crash.KVADDR),
    "physical": (near(0, 1 << 20), crash.PHYSADDR),
    "text": (near(sym2addr("_stext"), (sym2addr("_etext") - sym2addr("_stext")) >> 12), crash.KVADDR),
    "data": (near(sym2addr("_sdata"), (sym2addr("_end") - sym2addr("_sdata")) >> 12), crash.KVADDR),
    "memory map": (near(page - (1 << 20), 1 << 13), crash.KVADDR),
    "stacks": ([int(task.stack) + n * PAGE for task in tasks for n in range(-1, 4)], crash.KVADDR),
    "modules": ([int(m) // PAGE * PAGE + n * PAGE for m in modules for n in range(-3, 4)], crash.KVADDR),
    "per CPU": ([percpu + n * PAGE for n in range(60)], crash.KVADDR),
    "vmalloc": (near(stacks, 1 << 15), crash.KVADDR),
    "none": ([PAGE, 1 << 47, 0x8000000000000000, 2**64 - PAGE, 0], crash.KVADDR),
}

def read(addr, memtype, size=PAGE):
    try:
        return crash.readmem(addr, size, memtype)
    except (crash.error, IndexError) as fault:
        return f"{type(fault).__name__}: {fault}"

def read_user():
    found = []
    for task in tasks:
        if task.mm:
            crash.set_readmem_task(task)
            start = readU64(int(task.mm) + member_offset("struct mm_struct", "start_stack")) // PAGE * PAGE
            found += [read(start - n * PAGE, crash.UVADDR) for n in range(4)]
            crash.set_readmem_task(0)
    return found

result = {"kinds": {}}
for name, (addresses, memtype) in kinds.items():
    both = []
    for on in (True, False):
        crash.set_dump_reader(on)
        before = crash.dump_reader_pages()
        # Whole pages, and what spans two of them.
        found = [read(addr, memtype) for addr in addresses]
        found += [read(addr + PAGE - 7, memtype, 20) for addr in addresses[:200]]
        both.append((found, crash.dump_reader_pages() - before))
    (ours, own), (theirs, none) = both
    wrong = [[hex(a), str(x)[:90], str(y)[:90]] for a, x, y in zip(addresses * 2, ours, theirs) if x != y]
    faults = sorted({x.rpartition(": ")[2] for x in theirs if isinstance(x, str)})
    result["kinds"][name] = {"count": len(ours), "own": own, "own when off": none, "wrong": wrong[:5], "faults": faults,
                             "read": sum(isinstance(x, bytes) for x in theirs)}
users = []
for on in (True, False):
    crash.set_dump_reader(on)
    users.append(read_user())
result["user"] = [len(users[0]), users[0] == users[1], sum(isinstance(x, bytes) for x in users[0])]
crash.set_dump_reader(True)
open(WHERE, "w").write(json.dumps(result))
"""

Found = dict[str, Any]


@pytest.fixture(scope="module")
def found(crash_session: CrashSession, tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("pages")
    program, result = folder / "both_ways.py", folder / "result.json"
    program.write_text(PROGRAM.replace("ARGUMENTS", repr((str(result), PAGES))))
    output = crash_session.run(f"epython {program}", timeout=300)
    assert result.is_file(), output
    loaded: Found = json.loads(result.read_text())
    return loaded


def test_all_kinds_of_addresses_give_what_crash_gives(found: Found) -> None:
    assert {name: row["wrong"] for name, row in found["kinds"].items() if row["wrong"]} == {}
    assert sum(row["count"] for row in found["kinds"].values()) > 9000


def test_they_were_read_by_us_unless_switched_off(found: Found) -> None:
    kinds = found["kinds"]
    assert {name for name, row in kinds.items() if row["own"] == 0} <= {"none", "vmalloc"}
    assert all(kinds[name]["own"] > 300 for name in ("direct map", "physical", "text", "data"))
    assert {row["own when off"] for row in kinds.values()} == {0}


def test_faults_were_among_them(found: Found) -> None:
    """Pages that the dump lacks, addresses that are not mapped, NULL: all were met, else nothing was compared."""
    faults = {fault for row in found["kinds"].values() for fault in row["faults"]}
    assert {"the page is not in the dump", "the address is not mapped"} <= faults
    assert any("NULL pointer" in fault or "nothing to read at address 0" in fault for fault in faults)
    assert found["kinds"]["physical"]["read"] > 100


def test_user_memory_is_the_same(found: Found) -> None:
    count, same, read = found["user"]
    assert same
    assert read > count / 4


def test_switch_says_what_it_was(crash_session: CrashSession, tmp_path: Path) -> None:
    program = tmp_path / "switch.py"
    program.write_text("import crash\nprint([crash.set_dump_reader(on) for on in (False, True, 1)])")
    assert "[True, False, True]" in crash_session.run(f"epython {program}").splitlines()


@pytest.mark.long
def test_dump_is_found_from_another_directory(variant: Variant, vmcore: Vmcore, tmp_path: Path) -> None:
    """crash was given a relative path, and the user has left the directory before the first read."""
    (tmp_path / "dump").symlink_to(vmcore.vmcore)
    program = tmp_path / "read.py"
    program.write_text("import crash\ncrash.readU8(crash.sym2addr('_stext'))\nprint(crash.dump_reader_pages() > 0)")
    relative = Vmcore(vmcore.vmlinux, Path("dump"), vmcore.truth)
    result = run_crash(variant, relative, ["cd /", f"extend {variant.extension}", f"epython {program}"], cwd=tmp_path)
    assert "True" in result.stdout.splitlines()


def test_pages_that_share_a_place_in_the_cache_are_both_kept(crash_session: CrashSession, tmp_path: Path) -> None:
    """Two pages whose numbers differ by the number of pairs of slots, read in turn: each is read once."""
    program = tmp_path / "pair.py"
    program.write_text(
        "import crash\n"
        "crash.set_cache_size(64 * 4096)\n"
        "start = crash.sym2addr('_stext')\n"
        "pair = (start, start + 32 * 4096)\n"
        "before = crash.dump_reader_pages()\n"
        "for _ in range(50):\n"
        "    for addr in pair:\n"
        "        crash.readU64(addr)\n"
        "print('pages', crash.dump_reader_pages() - before)\n"
        "for addr in (*pair, start + 64 * 4096) * 20:\n"
        "    assert crash.readU64(addr) == int.from_bytes(crash.readmem(addr, 8), 'little')\n"
        "crash.set_cache_size(64 << 20)\n"
    )
    assert "pages 2" in crash_session.run(f"epython {program}").splitlines()
