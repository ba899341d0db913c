# SPDX-License-Identifier: GPL-3.0-or-later
"""Interrupts on two ages of kernels."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.cpu import irq  # noqa: E402

COUNTS, DESC = 0x4000, 0x1000


@pytest.mark.parametrize("modern", [True, False], ids=["6.10", "5.10"])
def test_counts_of_cpus(monkeypatch: pytest.MonkeyPatch, modern: bool) -> None:
    kernel = fake_crash.install()
    if modern:
        kernel.define("struct irqstat", ref="u32", cnt="u32")
    kernel.define("struct irq_desc", kstat_irqs="ptr")
    desc = kernel.make("struct irq_desc", DESC, kstat_irqs=COUNTS)
    offset = 4 if modern else 0
    for cpu, count in enumerate((7, 9)):
        kernel.write(COUNTS + 0x100 * cpu + offset, count.to_bytes(4, "little"))
    monkeypatch.setattr(irq, "percpu_addresses", lambda pointer, cpus: [pointer + 0x100 * cpu for cpu in cpus])
    assert irq.irq_counts(desc, [0, 1]) == [7, 9]


def test_a_kernel_with_an_unknown_table_says_so() -> None:
    fake_crash.install()
    with pytest.raises(TypeError, match="neither sparse_irqs nor irq_desc_tree nor irq_desc"):
        list(irq.irq_descs())


def test_an_interrupt_that_was_switched_off() -> None:
    kernel = fake_crash.install()
    kernel.define("struct irq_desc", core_internal_state__do_not_mess_with_it="u32", status_use_accessors="u32")
    kernel.enums["enum"] = {"IRQ_HIDDEN": 1 << 20}
    on = kernel.make("struct irq_desc", DESC, core_internal_state__do_not_mess_with_it=0x20)
    off = kernel.make(
        "struct irq_desc", 0x2000, core_internal_state__do_not_mess_with_it=2, status_use_accessors=1 << 20
    )
    assert [irq.irq_stopped_as_spurious(each) for each in (on, off)] == [False, True]
    assert [irq.irq_hidden(each) for each in (on, off)] == [False, True]


def test_other_machines_have_no_counters_of_x86() -> None:
    fake_crash.install()
    assert list(irq.machine_counts()) == []
