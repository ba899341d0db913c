# SPDX-License-Identifier: GPL-3.0-or-later
"""The cause of a panic from texts that the kernel's sources print, and from the functions on a stack."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import panic  # noqa: E402

NULL_OOPS = [
    "BUG: kernel NULL pointer dereference, address: 0000000000000010",
    "#PF: supervisor read access in kernel mode",
    "Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI",
    "RIP: 0010:read_field+0x1b/0x40 [broken]",
    "RIP: 0033:0x7f2c5a8ff603",
    "Kernel panic - not syncing: Fatal exception",
]


@pytest.mark.parametrize(
    ("functions", "lines", "kind"),
    [
        ("panic sysrq_handle_crash write_sysrq_trigger", [], "sysrq"),
        ("", ["sysrq: Trigger a crash", "Kernel panic - not syncing: sysrq triggered crash"], "sysrq"),
        ("panic check_hung_uninterruptible_tasks watchdog", [], "hung-task"),
        ("", ["Kernel panic - not syncing: softlockup: hung tasks"], "soft-lockup"),
        ("", ["Kernel panic - not syncing: Hard LOCKUP"], "hard-lockup"),
        ("", ["Kernel panic - not syncing: RCU Stall"], "rcu-stall"),
        ("", ["Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled"], "out-of-memory"),
        ("", ["Kernel panic - not syncing: Fatal local machine check"], "machine-check"),
        ("", ["Kernel panic - not syncing: NMI: Not continuing"], "nmi"),
        ("", ["Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009"], "init-died"),
        ("page_fault_oops asm_exc_page_fault", NULL_OOPS, "null-dereference"),
        ("", ["kernel BUG at mm/slub.c:448!", "Oops: invalid opcode: 0000 [#1]"], "bug"),
        ("", ["BUG: unable to handle page fault for address: ffffc90000a4b000"], "page-fault"),
        ("", ["Oops: general protection fault, probably for non-canonical address 0xdead000000000100"],
         "general-protection"),
        ("vpanic panic some_driver", ["Kernel panic - not syncing: the driver is unhappy"], "panic"),
    ],
)  # fmt: skip
def test_the_cause(functions: str, lines: list[str], kind: str) -> None:
    found = panic.cause_of(functions.split(), lines)
    assert found is not None
    assert found[0].kind == kind


def test_the_sentence_has_the_detail() -> None:
    found = panic.cause_of([], NULL_OOPS)
    assert found is not None
    assert found[1] == "The kernel used a NULL pointer (address 0000000000000010)."


def test_no_panic_has_no_cause() -> None:
    assert panic.cause_of(["schedule", "do_nanosleep"], ["Linux version 6.12", "eth0: link up"]) is None


def test_message_and_instruction() -> None:
    assert panic.panic_message(NULL_OOPS) == "Fatal exception"
    assert panic.panic_message(["eth0: link up"]) is None
    instruction = panic.faulting_instruction(NULL_OOPS)
    assert instruction is not None
    assert (instruction.function, instruction.offset, instruction.module) == ("read_field", 0x1B, "broken")
    assert str(instruction) == "read_field+0x1b [broken]"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("pc : do_bad+0x14/0x30 [broken]", "do_bad+0x14 [broken]"),
        ("NIP [c0000000001d5a7c] do_bad+0x4c/0x60", "do_bad+0x4c"),
        ("RIP: 0033:0x7f2c5a8ff603", None),
    ],
)
def test_the_instruction_on_other_machines(line: str, text: str | None) -> None:
    found = panic.faulting_instruction([line])
    assert (str(found) if found else None) == text


def test_an_older_oops_does_not_count() -> None:
    lines = [(10.0, text) for text in NULL_OOPS[:4]]
    lines += [(500.0, "sysrq: Trigger a crash"), (500.1, "Kernel panic - not syncing: sysrq triggered crash")]
    assert panic.report_of(lines) == ["sysrq: Trigger a crash", "Kernel panic - not syncing: sysrq triggered crash"]
    assert panic.report_of([]) == []
    assert panic.report_of(lines[:4]) == NULL_OOPS[:4], "kexec starts before panic() prints anything"


@pytest.mark.parametrize(("value", "cpu"), [(3, 3), (-1, None), (0xFFFFFFFF, None)])
def test_the_cpu_that_panicked(value: int, cpu: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panic, "symbol_exists", lambda name: name == "crashing_cpu")
    monkeypatch.setattr(panic, "readSymbol", lambda name: value)
    assert panic.panic_cpu() == cpu
