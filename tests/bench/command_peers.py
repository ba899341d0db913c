# SPDX-License-Identifier: GPL-3.0-or-later
"""drgn's side of the commands' table: listings with drgn's own helpers.

``python command_peers.py VMLINUX VMCORE RESULT.json``. A listing returns its lines; all of them are made as text, as
our commands do.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import drgn
from command_rows import WARM_RUNS
from drgn.helpers.linux.cpumask import cpumask_to_cpulist, for_each_possible_cpu
from drgn.helpers.linux.fs import for_each_mount, mount_dst, mount_fstype, mount_src
from drgn.helpers.linux.irq import (
    for_each_irq_desc,
    irq_desc_action_names,
    irq_desc_affinity_mask,
    irq_desc_chip_name,
    irq_desc_kstat_cpu,
)
from drgn.helpers.linux.list_nulls import hlist_nulls_for_each_entry
from drgn.helpers.linux.module import for_each_module, module_address_regions
from drgn.helpers.linux.pci import for_each_pci_dev, pci_name
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import cpu_curr, task_cpu, task_state_to_char
from drgn.helpers.linux.slab import for_each_slab_cache, slab_cache_pages_per_slab, slab_cache_usage
from drgn.helpers.linux.tcp import sk_tcpstate
from drgn.helpers.linux.timer import hrtimer_clock_base_for_each, timer_base_for_each, timer_base_names


def tasks(program: drgn.Program) -> Iterator[str]:
    """All threads, the idle ones too, with what taskinfo shows."""
    clocks = {cpu: per_cpu(program["runqueues"], cpu).clock.value_() for cpu in for_each_possible_cpu(program)}
    idle = [per_cpu(program["runqueues"], cpu).idle for cpu in clocks]
    for task in [*idle, *for_each_task(program)]:
        cpu = task_cpu(task)
        ago = (clocks[cpu] - task.sched_info.last_arrival.value_()) // 1_000_000
        uid = task.real_cred.uid.val.value_()
        comm = task.comm.string_().decode(errors="replace")
        yield f"{task.tgid.value_()} {task.pid.value_()} {cpu} {task_state_to_char(task)} {ago} {uid} {comm}"


def stacks(program: drgn.Program) -> Iterator[str]:
    """Threads with equal stacks, in groups."""
    running = {cpu_curr(program, cpu).value_() for cpu in for_each_possible_cpu(program)}
    groups: Counter[tuple[str, ...]] = Counter()
    for task in for_each_task(program):
        try:
            trace = program.stack_trace(task) if task.value_() not in running else ()
        except (ValueError, drgn.FaultError):
            trace = ()
        groups[tuple(str(frame.name) for frame in trace)] += 1
    for functions, number in groups.most_common():
        yield f"{number}: {' '.join(functions)}"


def mounts(program: drgn.Program) -> Iterator[str]:
    """The mounts of the initial namespace, without the root file system below the first one, as /proc has them."""
    for mount in for_each_mount(program):
        if mount.mnt_parent != mount:
            words = (mount_src(mount), mount_dst(mount), mount_fstype(mount))
            yield " ".join(word.decode(errors="replace") for word in words)


def modules(program: drgn.Program) -> Iterator[str]:
    """The loaded modules with their sizes and users."""
    for module in for_each_module(program):
        size = sum(length for _, length in module_address_regions(module))
        yield f"{module.name.string_().decode()} {size} {module.refcnt.counter.value_()}"


def sockets(program: drgn.Program) -> Iterator[str]:
    """The TCP sockets of all namespaces in the table of connections."""
    table = program["tcp_hashinfo"]
    for bucket in range(table.ehash_mask.value_() + 1):
        head = table.ehash[bucket].chain
        for sock in hlist_nulls_for_each_entry("struct sock", head.address_of_(), "__sk_common.skc_nulls_node"):
            common = sock.__sk_common
            ports = f"{common.skc_num.value_()} {common.skc_dport.value_()}"
            yield f"{sk_tcpstate(sock)} {common.skc_rcv_saddr.value_()} {common.skc_daddr.value_()} {ports}"


def interrupts(program: drgn.Program) -> Iterator[str]:
    """The interrupts that have a handler or have arrived, the counters of the CPUs, and softirqs, as irqinfo."""
    cpus = list(for_each_possible_cpu(program))
    for number, desc in for_each_irq_desc(program):
        counts = [irq_desc_kstat_cpu(desc, cpu) for cpu in cpus]
        names = irq_desc_action_names(desc)
        if names or any(counts):
            data = desc.irq_data
            chip = (irq_desc_chip_name(desc) or b"-").decode()
            words = (desc.depth.value_(), desc.irqs_unhandled.value_(), data.hwirq.value_(), chip)
            yield f"{number} {counts} {cpumask_to_cpulist(irq_desc_affinity_mask(desc))} {words} {names}"
    for number, name in enumerate(program["softirq_to_name"]):
        counts = [per_cpu(program["kstat"], cpu).softirqs[number].value_() for cpu in cpus]
        yield f"{name.string_().decode()} {counts}"
    statistics_ = [per_cpu(program["irq_stat"], cpu) for cpu in cpus]
    for member in program.type("irq_cpustat_t").type.members:
        if member.name.endswith(("count", "irqs", "ipis")):
            yield f"{member.name} {[getattr(each, member.name).value_() for each in statistics_]}"


def symbol(program: drgn.Program, address: int) -> str:
    """The name of a function; of one of a module without debuginfo, its address."""
    try:
        return program.symbol(address).name
    except LookupError:
        return hex(address)


def timers(program: drgn.Program) -> Iterator[str]:
    """The timers of the wheels, and the high-resolution timers, with what timers shows."""
    names = timer_base_names(program)
    for cpu in for_each_possible_cpu(program):
        for name, base in zip(names, per_cpu(program["timer_bases"], cpu)):
            for timer in timer_base_for_each(base.address_of_()):
                function = symbol(program, timer.function.value_())
                yield f"{cpu} {name} {timer.value_():#x} {timer.expires.value_()} {function}"
        for base in per_cpu(program["hrtimer_bases"], cpu).clock_base:
            for timer in hrtimer_clock_base_for_each(base.address_of_()):
                function = symbol(program, timer.function.value_())
                words = (timer.node.expires.value_(), timer._softexpires.value_(), timer.state.value_())
                yield f"{cpu} {base.index.value_()} {timer.value_():#x} {words} {function}"


def slabs(program: drgn.Program) -> Iterator[str]:
    """The slab caches with what slabinfo shows."""
    for cache in for_each_slab_cache(program):
        usage = slab_cache_usage(cache)
        words = (usage.num_objs, usage.free_objs, usage.num_slabs, cache.size.value_(), cache.object_size.value_())
        yield f"{cache.name.string_().decode()} {cache.value_():#x} {words} {slab_cache_pages_per_slab(cache)}"


def pci(program: drgn.Program) -> Iterator[str]:
    """The PCI devices with what pci shows."""
    for device in for_each_pci_dev(program):
        driver = device.dev.driver
        name = driver.name.string_().decode() if driver else ""
        bars = [(each.start.value_(), each.end.value_(), each.flags.value_()) for each in device.resource][:7]
        identity = (device.vendor.value_(), device.device.value_(), device.member_("class").value_())
        yield f"{pci_name(device)} {identity} {device.irq.value_()} {name} {bars}"


LISTINGS: dict[str, Callable[[drgn.Program], Iterator[str]]] = {
    "tasks": tasks,
    "stacks": stacks,
    "mounts": mounts,
    "modules": modules,
    "sockets": sockets,
    "interrupts": interrupts,
    "timers": timers,
    "slabs": slabs,
    "pci": pci,
}


def measure(program: drgn.Program, listing: Callable[[drgn.Program], Iterator[str]]) -> dict[str, float]:
    """Return {"cold": ms of the first run, "warm": median ms of the later ones, "lines": number of lines}."""
    spent, lines = [], 0
    for _ in range(1 + WARM_RUNS):
        begin = time.thread_time_ns()
        made = list(listing(program))
        lines = len(made)
        spent.append((time.thread_time_ns() - begin) / 1_000_000)
    return {"cold": spent[0], "warm": statistics.median(spent[1:]), "lines": lines}


def main(vmlinux: str, vmcore: str, result: str) -> None:
    program = drgn.Program()
    program.set_core_dump(vmcore)
    program.load_debug_info([vmlinux])
    found = {name: measure(program, listing) for name, listing in LISTINGS.items()}
    Path(result).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
