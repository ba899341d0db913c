# SPDX-License-Identifier: GPL-3.0-or-later
"""ORC tables in made-up memory, in the layouts of v6.4 and before."""

from __future__ import annotations

from typing import Any

import pytest

from support import fake_crash

KERNEL = fake_crash.install()

from pykdump.linux.unwind import orc  # noqa: E402

ADDRESSES, ENTRIES, TEXT = 0x10000, 0x20000, 0x50000


@pytest.fixture(autouse=True)
def kernel(monkeypatch: pytest.MonkeyPatch) -> fake_crash.Kernel:
    kernel = fake_crash.install()
    monkeypatch.setattr(orc, "addr2sym", lambda address, loose: ("function", address - TEXT))
    monkeypatch.setattr(orc, "addr2mod", lambda address: None)
    return kernel


def fill(kernel: fake_crash.Kernel, rows: list[tuple[int, dict[str, int]]], **more: str) -> None:
    """Write a table: rows of (code address, members of the entry)."""
    kernel.define("struct inactive_task_frame", ret_addr="u64")
    kernel.define("struct orc_entry", sp_offset="s16", bp_offset="s16", sp_reg="u8", bp_reg="u8", type="u8", **more)
    kernel.symbols.update(
        __start_orc_unwind_ip=ADDRESSES, __stop_orc_unwind_ip=ADDRESSES + 4 * len(rows), __start_orc_unwind=ENTRIES
    )
    for number, (address, members) in enumerate(rows):
        place = ADDRESSES + 4 * number
        kernel.write(place, (address - place).to_bytes(4, "little", signed=True))
        kernel.make("struct orc_entry", ENTRIES + number * kernel.sizes["struct orc_entry"], **members)


ROWS: list[tuple[int, dict[str, int]]] = [
    (TEXT, {"type": 2, "sp_reg": orc.SP, "sp_offset": 8}),
    (TEXT + 0x10, {"type": 2, "sp_reg": orc.SP, "sp_offset": 24, "bp_reg": orc.PREV_SP, "bp_offset": -16}),
    (TEXT + 0x40, {"type": 1}),
]


def tables() -> orc.OrcTables:
    found = orc.OrcTables.of_kernel()
    assert found is not None
    return found


def test_the_entry_at_or_before_an_address_counts(kernel: fake_crash.Kernel) -> None:
    fill(kernel, ROWS)
    table = orc.kernel_table()
    assert table is not None
    found = [table.find(TEXT + offset) for offset in (-1, 0, 0xF, 0x10, 0x3F, 0x40, 0x1000)]
    assert found == [-1, 0, 0, 1, 1, 2, 2]


def test_a_return_address_belongs_to_the_call_before_it(kernel: fake_crash.Kernel) -> None:
    fill(kernel, ROWS)
    returned, exact = tables().rule(TEXT + 0x40, False), tables().rule(TEXT + 0x40, True)
    assert (returned.kind, returned.sp_offset, returned.bp_offset, returned.offset) == (orc.CALL, 24, -16, 0x40)
    assert (exact.kind, exact.function, exact.offset) == (orc.END, "function", 0x40)


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"type": 0, "sp_reg": orc.SP}, orc.CALL),
        ({"type": 1, "sp_reg": orc.SP}, orc.REGS),
        ({"type": 2, "sp_reg": orc.SP}, orc.REGS_PARTIAL),
        ({"type": 0, "end": 1}, orc.END),
        ({"type": 0, "end": 0}, orc.NOTHING),
    ],
)
def test_kernels_before_v6_4_mark_the_end_with_a_bit(
    kernel: fake_crash.Kernel, members: dict[str, int], kind: str
) -> None:
    fill(kernel, [(TEXT, members)], end="u8")
    assert tables().rule(TEXT, True).kind == kind


def test_generated_code_has_frame_pointers(kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(kernel, ROWS)
    monkeypatch.setattr(orc, "addr2sym", lambda address, loose: (None, 0))
    rule = tables().rule(TEXT, True)
    assert (rule.kind, rule.sp_register, rule.sp_offset, rule.bp_offset) == (orc.CALL, orc.BP, 16, -16)
    assert (rule.function, rule.module) == (None, None)


def test_code_of_a_module_uses_the_table_of_the_module(
    kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(kernel, ROWS)
    monkeypatch.setattr(orc, "addr2mod", lambda address: "ext4")
    assert tables().rule(TEXT, True).sp_register == orc.BP  # no table: frame pointers
    monkeypatch.setattr(orc, "module_tables", lambda: [("ext4", orc.Table(ADDRESSES, ENTRIES, 1))])
    rule = tables().rule(TEXT + 0x1000, True)
    assert (rule.sp_register, rule.sp_offset, rule.module) == (orc.SP, 8, "ext4")


def test_a_kernel_without_tables(kernel: fake_crash.Kernel) -> None:
    assert orc.OrcTables.of_kernel() is None
    kernel.symbols.update(__start_orc_unwind_ip=1, __stop_orc_unwind_ip=5, __start_orc_unwind=9)
    assert orc.OrcTables.of_kernel() is None  # another machine's entries


def modules(monkeypatch: pytest.MonkeyPatch, found: list[Any]) -> list[tuple[str, orc.Table]]:
    monkeypatch.setattr(orc, "readSUListFromHead", lambda *_arguments: found)
    return list(orc.module_tables())


def test_a_damaged_module_costs_its_own_table(kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel.define("struct mod_arch_specific", num_orcs="u32", orc_unwind_ip="u64", orc_unwind="u64")
    kernel.define("struct module", name="char[8]", arch="struct mod_arch_specific")
    kernel.symbols["modules"] = 0x100
    good = kernel.make("struct module", 0x7000, name="good", arch_DOT_num_orcs=3, arch_DOT_orc_unwind_ip=0x30)
    missing = kernel.view("struct module", 0x9000)
    assert modules(monkeypatch, [missing, good]) == [("good", orc.Table(0x30, 0, 3))]
