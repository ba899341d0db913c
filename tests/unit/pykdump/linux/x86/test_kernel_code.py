# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions and exception tables in made-up memory."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.caches import CU_LIVE, purge_memoize_cache  # noqa: E402
from pykdump.linux.x86 import kernel_code  # noqa: E402
from pykdump.linux.x86.decode import CALL, Undecodable  # noqa: E402
from pykdump.linux.x86.kernel_code import KernelCode, flow_of, function_start, instruction_at  # noqa: E402

START, OTHER, COLD, TABLE = 0x10000, 0x10100, 0x18000, 0x30000
SYMBOLS = [(START, "work"), (OTHER, "other"), (COLD, "work.cold"), (COLD + 0x10, "next")]


@pytest.fixture(autouse=True)
def kernel(monkeypatch: pytest.MonkeyPatch) -> fake_crash.Kernel:
    def addr2sym(address: int, loose: bool) -> tuple[str | None, int]:
        found = [(name, address - start) for start, name in SYMBOLS if start <= address]
        return found[-1] if found else (None, 0)

    purge_memoize_cache(CU_LIVE)
    kernel = fake_crash.install()
    kernel.write(START, bytes(0x10000))
    monkeypatch.setattr(kernel_code, "addr2sym", addr2sym)
    monkeypatch.setattr(kernel_code, "addr2mod", lambda address: None)
    kernel.sizes["struct exception_table_entry"] = 12
    return kernel


def test_instructions(kernel: fake_crash.Kernel) -> None:
    kernel.write(START + 0xFFE, b"\xe8\x00\x00\x00\x00")  # crosses a page
    assert instruction_at(START + 0xFFE).kind == CALL
    with pytest.raises(Undecodable):
        instruction_at(0x900000)


def test_what_belongs_to_a_function() -> None:
    code = KernelCode(START)
    assert [code.contains(a) for a in (START, START + 0xFF, OTHER, COLD, COLD + 0x10, 0x1)] == [
        True, True, False, True, False, False,
    ]  # fmt: skip


def test_fixups_of_a_function(kernel: fake_crash.Kernel) -> None:
    rows = [(START - 8, 0x9000), (START + 3, START + 0x80), (START + 9, COLD), (OTHER + 1, 0x9000)]
    for number, pair in enumerate(rows):
        for member, address in enumerate(pair):
            place = TABLE + 12 * number + 4 * member
            kernel.write(place, (address - place).to_bytes(4, "little", signed=True))
    kernel.symbols.update(__start___ex_table=TABLE, __stop___ex_table=TABLE + 12 * len(rows))
    assert KernelCode(START).fixups == dict(rows[1:3])


def test_where_a_function_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_code, "sym2alladdr", lambda name: {"work": [START], "twice": [1, 2]}.get(name, []))
    assert function_start("work", START + 8, 8) == START
    assert function_start("work.cold", COLD + 3, 3) == START
    assert function_start("twice.cold", COLD + 3, 3) is None
    assert function_start(None, START, 0) is None


def test_flows_of_code_that_is_not_in_the_dump(kernel: fake_crash.Kernel) -> None:
    kernel.write(START, b"\xc3")
    assert flow_of(START) is not None
    kernel.sizes["struct exception_table_entry"] = 12
    kernel.symbols.update(__start___ex_table=0x700000, __stop___ex_table=0x70000C)
    purge_memoize_cache(CU_LIVE)
    assert flow_of(START) is None


def test_the_variable_with_the_current_task(kernel: fake_crash.Kernel) -> None:
    kernel.symbols["current_task"] = 0x1FC0
    assert kernel_code.current_task_offsets() == {0x1FC0}
    purge_memoize_cache(CU_LIVE)
    kernel.symbols.clear()
    kernel.symbols["pcpu_hot"] = 0x35000
    kernel.define("struct pcpu_hot", first="u64", current_task="ptr")
    assert kernel_code.current_task_offsets() == {0x35008}
