# SPDX-License-Identifier: GPL-3.0-or-later
"""Per-CPU variables, compared with drgn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Inside = Callable[[str, str], Any]
PERCPU = "from LinuxDump.percpu import *"


def test_addresses_on_each_cpu(inside: Inside, drgn_program: Any) -> None:
    from drgn.helpers.linux.cpumask import for_each_possible_cpu
    from drgn.helpers.linux.percpu import per_cpu

    cpus = list(for_each_possible_cpu(drgn_program))
    theirs = [per_cpu(drgn_program["runqueues"], cpu).address_ for cpu in cpus]
    assert len(theirs) > 1
    assert inside(PERCPU, "get_cpu_var('runqueues')") == theirs
    assert inside(PERCPU, f"[percpu_ptr(sym2addr('runqueues'), cpu) for cpu in {cpus}]") == theirs


def test_what_is_a_per_cpu_symbol(inside: Inside) -> None:
    words = "['runqueues', sym2addr('runqueues'), 'jiffies', sym2addr('jiffies'), 'no_such_symbol']"
    assert inside(PERCPU, f"[is_percpu_symbol(word) for word in {words}]") == [True, True, False, False, False]


def test_the_sum_of_a_counter(inside: Inside, drgn_program: Any) -> None:
    from drgn.helpers.linux.percpu import percpu_counter_sum

    theirs = percpu_counter_sum(drgn_program["vm_committed_as"].address_of_())
    assert inside(PERCPU, "percpu_counter_sum(readSymbol('vm_committed_as'))") == theirs > 0
    # The count alone would be another number: the CPUs hold some back.
    assert drgn_program["vm_committed_as"].count != theirs
