# SPDX-License-Identifier: GPL-3.0-or-later
"""Interrupts: descriptors with their handlers and counts, the counters of the machine, and softirqs."""

from __future__ import annotations

from crash import enumerator_value, member_offset, readSU, readSymbol, readU32, struct_size, sym2addr

from pykdump.c_integers import INT_SIZE
from pykdump.linux.cpu.bitmaps import cpumask_member
from pykdump.linux.percpu import percpu_addresses, running_cpus
from pykdump.linux.trees import for_all_maple_tree, for_all_radix_tree
from pykdump.lists import readStructNext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

IRQ_DESC = "struct irq_desc"
MAX_ACTIONS = 1000
IRQS_SPURIOUS_DISABLED = 2  # kernel/irq/internals.h


def irq_descs() -> Iterator[tuple[int, StructResult]]:
    """Yield (number, ``struct irq_desc``) of each interrupt that the kernel has allocated, in the order of numbers.

    Raises TypeError if this kernel keeps its descriptors in none of the known ways.
    """
    if sym2addr("sparse_irqs"):
        # Commit 721255b9826b ("genirq: Use a maple tree for interrupt descriptor management", v6.5).
        for first, _, entry in for_all_maple_tree(readSymbol("sparse_irqs")):
            yield first, readSU(IRQ_DESC, entry)
    elif sym2addr("irq_desc_tree"):
        for number, entry in for_all_radix_tree(readSymbol("irq_desc_tree")):
            yield number, readSU(IRQ_DESC, entry)
    elif sym2addr("irq_desc"):  # without CONFIG_SPARSE_IRQ: struct irq_desc irq_desc[NR_IRQS]
        yield from enumerate(readSymbol("irq_desc"))
    else:
        raise TypeError("This kernel has neither sparse_irqs nor irq_desc_tree nor irq_desc.")


def irq_actions(desc: StructResult) -> list[StructResult]:
    """Return each ``struct irqaction`` of a ``struct irq_desc``; a shared interrupt has several."""
    return readStructNext(desc.action, "next", maxel=MAX_ACTIONS) if desc.action else []


def irq_counts(desc: StructResult, cpus: list[int]) -> list[int]:
    """Return how often the interrupt of a ``struct irq_desc`` arrived at each of these CPUs."""
    pointer = int(desc.kstat_irqs)
    # Commit 86d2a2f51fba ("genirq: Convert kstat_irqs to a struct", v6.10). Before, unsigned int __percpu *.
    pointer += max(member_offset("struct irqstat", "cnt"), 0)
    return [readU32(address) for address in percpu_addresses(pointer, cpus)]


def irq_chip_name(desc: StructResult) -> str:
    """Return the name of the controller of a ``struct irq_desc``: "IO-APIC"; "None" as in /proc/interrupts."""
    chip = desc.irq_data.chip
    return str(chip.name or "-") if chip else "None"


def irq_affinity(desc: StructResult) -> list[int]:
    """Return the CPUs that may handle the interrupt of a ``struct irq_desc``, as /proc/irq/N/smp_affinity_list."""
    return cpumask_member(desc.irq_common_data, "affinity")


def irq_effective_affinity(desc: StructResult) -> list[int]:
    """Return the CPUs to which the interrupt of a ``struct irq_desc`` goes; [] if the kernel does not note them."""
    return cpumask_member(desc.irq_common_data, "effective_affinity")


def irq_hidden(desc: StructResult) -> bool:
    """Return whether /proc/interrupts leaves out a ``struct irq_desc`` (per-CPU interrupts of some machines)."""
    return bool(int(desc.status_use_accessors) & (enumerator_value("IRQ_HIDDEN") or 0))


def irq_is_level(desc: StructResult) -> bool:
    """Return whether the interrupt of a ``struct irq_desc`` is level-triggered."""
    return bool(int(desc.irq_common_data.state_use_accessors) & (enumerator_value("IRQD_LEVEL") or 0))


def irq_stopped_as_spurious(desc: StructResult) -> bool:
    """Return whether the kernel has disabled a ``struct irq_desc`` because no handler took it (note_interrupt())."""
    # "istate" for the kernel's own code (kernel/irq/internals.h).
    name = "core_internal_state__do_not_mess_with_it"
    return bool(int(getattr(desc, name)) & IRQS_SPURIOUS_DISABLED)


def softirq_counts() -> Iterator[tuple[str, list[int]]]:
    """Yield (name, runs on each CPU) of each softirq, as in /proc/softirqs."""
    names = [str(name) for name in readSymbol("softirq_to_name")]
    kstat, offset = sym2addr("kstat"), member_offset("struct kernel_stat", "softirqs")
    if not kstat or offset < 0:
        raise TypeError("This kernel has no struct kernel_stat with the counts of softirqs.")
    rows = percpu_addresses(kstat + offset, running_cpus())
    for number, name in enumerate(names):
        yield name, [readU32(row + number * INT_SIZE) for row in rows]


# Of x86: {label: (member of the per-CPU irq_cpustat_t irq_stat, or a per-CPU variable; description)}, in the order
# of arch_show_interrupts() (arch/x86/kernel/irq.c of v6.12). Kernels lack the members of what they are built without.
X86_COUNTERS = {
    "NMI": ("__nmi_count", "Non-maskable interrupts"),
    "LOC": ("apic_timer_irqs", "Local timer interrupts"),
    "SPU": ("irq_spurious_count", "Spurious interrupts"),
    "PMI": ("apic_perf_irqs", "Performance monitoring interrupts"),
    "IWI": ("apic_irq_work_irqs", "IRQ work interrupts"),
    "RTR": ("icr_read_retry_count", "APIC ICR read retries"),
    "PLT": ("x86_platform_ipis", "Platform interrupts"),
    "RES": ("irq_resched_count", "Rescheduling interrupts"),
    "CAL": ("irq_call_count", "Function call interrupts"),
    "TLB": ("irq_tlb_count", "TLB shootdowns"),
    "TRM": ("irq_thermal_count", "Thermal event interrupts"),
    "THR": ("irq_threshold_count", "Threshold APIC interrupts"),
    "DFR": ("irq_deferred_error_count", "Deferred Error APIC interrupts"),
    "MCE": ("mce_exception_count", "Machine check exceptions"),
    "MCP": ("mce_poll_count", "Machine check polls"),
    "HYP": ("irq_hv_callback_count", "Hypervisor callback interrupts"),
    "HRE": ("irq_hv_reenlightenment_count", "Hyper-V reenlightenment interrupts"),
    "HVS": ("hyperv_stimer0_count", "Hyper-V stimer0 interrupts"),
    "PIN": ("kvm_posted_intr_ipis", "Posted-interrupt notification event"),
    "NPI": ("kvm_posted_intr_nested_ipis", "Nested posted-interrupt event"),
    "PIW": ("kvm_posted_intr_wakeup_ipis", "Posted-interrupt wakeup event"),
    "PMN": ("posted_msi_notification_count", "Posted MSI notification event"),
}


def machine_counts() -> Iterator[tuple[str, list[int], str]]:
    """Yield (label, count on each CPU, description) of the counters that belong to no interrupt number.

    "LOC" are the ticks, "NMI" the non-maskable interrupts. "ERR" and "MIS" have one count for the whole machine. Only
    x86 has these counters; on other machines this yields nothing.
    """
    base = sym2addr("irq_stat")
    if not base or struct_size("irq_cpustat_t") < 0:
        return
    cpus = running_cpus()
    for label, (name, text) in X86_COUNTERS.items():
        offset = member_offset("irq_cpustat_t", name)
        # machine checks have per-CPU variables of their own; TLB flushes are also counted as calls (irq_tlb_count)
        address = base + offset if offset >= 0 else sym2addr(name)
        if address:
            yield label, [readU32(each) for each in percpu_addresses(address, cpus)], text
    for label, name, text in (("ERR", "irq_err_count", "APIC errors"), ("MIS", "irq_mis_count", "IO-APIC mishaps")):
        if sym2addr(name):
            yield label, [readU32(sym2addr(name))], text
