# SPDX-License-Identifier: GPL-3.0-or-later
"""modinfo on the real dump, compared with the guest's /proc/modules and kallsyms, with drgn and the file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support import schemas
from support.session import CrashSession, Vmcore
from support.truth import Truth


def document(crash_session: CrashSession, command: str) -> dict[str, Any]:
    found = json.loads(crash_session.run(command))
    assert isinstance(found, dict)
    return found


def records(crash_session: CrashSession, command: str, kind: str) -> list[dict[str, Any]]:
    return [row for row in document(crash_session, f"{command} --json")["records"] if row["kind"] == kind]


def test_the_list_equals_proc_modules(crash_session: CrashSession, truth: Truth) -> None:
    rows = records(crash_session, "modinfo", "module")
    found = []
    for row in rows:
        users = "".join(f"{name}," for name in row["used_by"]) + ("[permanent]," if row["permanent"] else "")
        words = [row["name"], row["size"], row["references"], users or "-", row["state"], row["base"]]
        found.append(" ".join([*map(str, words), *([f"({row['taints']})"] if row["taints"] else [])]))
    expected = [line.rstrip() for line in truth.lines("proc/modules")]
    assert len(expected) > 20
    assert found == expected


def test_the_structs_are_those_of_crash(crash_session: CrashSession) -> None:
    theirs = {words[1]: int(words[0], 16) for words in map(str.split, crash_session.run("mod").splitlines()[1:])}
    assert {row["name"]: int(row["module"], 16) for row in records(crash_session, "modinfo", "module")} == theirs


def test_taints(crash_session: CrashSession, truth: Truth) -> None:
    tainting = [line.split()[0] for line in truth.lines("proc/modules") if line.endswith(")")]
    assert [row["name"] for row in records(crash_session, "modinfo -t", "module")] == tainting
    found = document(crash_session, "modinfo -t --json")
    letters = {row["letter"]: row["modules"] for row in found["records"] if row["kind"] == "taint"}
    assert letters == {"O": ["mpyk_testmod"], "E": ["mpyk_testmod"]}
    assert [each["id"] for each in found["findings"]] == ["tainted"]


@pytest.mark.parametrize("name", ["mpyk_testmod", "sctp", "nfs"])
def test_symbols_equal_kallsyms(name: str, crash_session: CrashSession, truth: Truth) -> None:
    expected = set()
    for line in truth.lines("proc/kallsyms"):
        address, kind, symbol, *module = line.split()
        if module == [f"[{name}]"] and kind.upper() != "U":
            expected.add((int(address, 16), kind.upper(), symbol))
    assert len(expected) > 50
    rows = records(crash_session, f"modinfo --details {name}", "symbol")
    # /proc/kallsyms has upper case for exported symbols
    assert {(int(row["address"], 16), row["letter"].upper(), row["name"]) for row in rows} == expected


def test_sections_are_those_of_the_file(crash_session: CrashSession, vmcore: Vmcore) -> None:
    from elftools.elf.elffile import ELFFile

    path = vmcore.vmcore.parent / "modules/mpyk_testmod.ko"
    if not path.is_file():
        pytest.skip("this machine cannot build the module for that kernel")
    with path.open("rb") as stream:
        loaded = {s.name for s in ELFFile(stream).iter_sections() if s["sh_flags"] & 2 and s["sh_size"]}
    rows = records(crash_session, "modinfo --details mpyk_testmod", "module-section")
    # The kernel loads the symbols too; it keeps no copy of what it reads once, and per-CPU data is elsewhere
    # (layout_symtab(), setup_load_info() and layout_and_allocate() in kernel/module/main.c).
    loaded = (loaded | {".symtab", ".strtab"}) - {"__versions", ".modinfo", ".data..percpu"}
    assert {row["name"] for row in rows} == loaded
    regions = records(crash_session, "modinfo --details mpyk_testmod", "region")
    for row in rows:
        inside = any(int(r["start"], 16) <= int(row["address"], 16) < int(r["end"], 16) for r in regions)
        # The memory of other sections is freed after the module's init function.
        assert inside or row["name"] not in (".text", ".data", ".rodata", ".bss"), row


def test_parameters_equal_the_variables(crash_session: CrashSession, drgn_program: Any) -> None:
    compared = 0
    for name in ("nfs", "sunrpc", "null_blk", "dm_mod", "overlay"):
        for row in records(crash_session, f"modinfo --details {name}", "parameter"):
            address = int(row["address"], 16)
            if row["type"] == "bool":
                expected = "NY"[drgn_program.read_u8(address)]
            elif row["type"] == "uint":
                expected = str(drgn_program.read_u32(address))
            elif row["type"] == "ulong":
                expected = str(drgn_program.read_u64(address))
            else:
                continue
            assert row["value"] == expected, row
            compared += 1
    assert compared > 20


def test_the_parameters_are_those_of_drgn(crash_session: CrashSession, drgn_program: Any) -> None:
    from drgn.helpers.linux.module import for_each_module

    for module in for_each_module(drgn_program):
        name = module.name.string_().decode()
        if name not in ("nfs", "null_blk"):
            continue
        count = module.num_kp.value_()
        theirs = [(p.name.string_().decode(), p.perm.value_()) for p in (module.kp[i] for i in range(count))]
        rows = records(crash_session, f"modinfo --details {name}", "parameter")
        assert [(row["name"], int(row["mode"], 8)) for row in rows] == theirs
        assert len(theirs) > 5


def test_memory_and_gaps_fit_together(crash_session: CrashSession) -> None:
    regions = records(crash_session, "modinfo -a", "region")
    borders = {int(row["start"], 16) for row in regions} | {int(row["end"], 16) for row in regions}
    gaps = records(crash_session, "modinfo -g", "gap")
    assert gaps
    for gap in gaps:
        assert {int(gap["start"], 16), int(gap["end"], 16)} <= borders
        assert not any(int(gap["start"], 16) <= int(row["start"], 16) < int(gap["end"], 16) for row in regions)


def test_a_module_is_disassembled(crash_session: CrashSession) -> None:
    rows = records(crash_session, "modinfo --disasm grace", "instruction")
    functions = {
        row["name"]: int(row["address"], 16)
        for row in records(crash_session, "modinfo --details grace", "symbol")
        if row["letter"] in "tT" and not row["name"].startswith("__pfx_") and row["size"]
    }
    assert set(functions.values()) <= {int(row["address"], 16) for row in rows}
    theirs = crash_session.run(f"dis {min(functions.values()):#x} 5").splitlines()
    at = [int(row["address"], 16) for row in rows].index(min(functions.values()))
    ours = [f"{row['address']} <{row['place']}>: {row['text']}".split() for row in rows[at : at + 5]]
    assert ours == [line.split() for line in theirs]


@pytest.mark.parametrize("options", ["", "-t", "-a", "-g", "-u", "--details nfs", "--disasm stp", "-g -u"])
def test_the_documents_are_valid(crash_session: CrashSession, options: str) -> None:
    schemas.validate("modinfo", document(crash_session, f"modinfo {options} --json"))
    assert "Traceback" not in crash_session.run(f"modinfo {options}")


def test_a_module_that_is_not_there(crash_session: CrashSession) -> None:
    output = crash_session.run("modinfo --details nonsense")
    assert "no module is named nonsense" in output and "Traceback" not in output
