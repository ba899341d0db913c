# SPDX-License-Identifier: GPL-3.0-or-later
"""drgn's side of the commands' table: listings with drgn's own helpers.

``python command_peers.py VMLINUX VMCORE RESULT.json``. A listing returns its lines; all of them are made as text, as
our commands do.
"""

from __future__ import annotations

import json
import socket
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import drgn
from command_rows import LIMIT_SECONDS, WARM_RUNS
from drgn.helpers.linux.cpumask import cpumask_to_cpulist, for_each_possible_cpu
from drgn.helpers.linux.fs import dentry_path, for_each_mount, mount_dst, mount_fstype, mount_src
from drgn.helpers.linux.irq import (
    for_each_irq_desc,
    irq_desc_affinity_mask,
    irq_desc_chip_name,
    irq_desc_kstat_cpu,
)
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.list_nulls import hlist_nulls_for_each_entry
from drgn.helpers.linux.module import for_each_module, module_address_regions
from drgn.helpers.linux.pci import for_each_pci_dev, pci_name
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import cpu_curr, task_cpu, task_state_to_char
from drgn.helpers.linux.slab import for_each_slab_cache, slab_cache_pages_per_slab, slab_cache_usage
from drgn.helpers.linux.tcp import sk_tcpstate
from drgn.helpers.linux.timer import hrtimer_clock_base_for_each, timer_base_for_each, timer_base_names


class OutOfTimeError(Exception):
    """A listing took longer than it may."""


class Clock:
    """The time at which a listing is given up. ``limited`` looks at it, so that a large dump does not take hours."""

    end = float("inf")


def limited(objects: Iterable[drgn.Object]) -> Iterator[drgn.Object]:
    """Yield the objects. Raises OutOfTimeError when the listing's time is over."""
    for each in objects:
        if time.thread_time() > Clock.end:
            raise OutOfTimeError
        yield each


def tasks(program: drgn.Program) -> Iterator[str]:
    """All threads, the idle ones too, with what taskinfo shows."""
    clocks = {cpu: per_cpu(program["runqueues"], cpu).clock.value_() for cpu in for_each_possible_cpu(program)}
    idle = [per_cpu(program["runqueues"], cpu).idle for cpu in clocks]
    for task in limited([*idle, *for_each_task(program)]):
        cpu = task_cpu(task)
        ago = (clocks[cpu] - task.sched_info.last_arrival.value_()) // 1_000_000
        uid = task.real_cred.uid.val.value_()
        comm = task.comm.string_().decode(errors="replace")
        yield f"{task.tgid.value_()} {task.pid.value_()} {cpu} {task_state_to_char(task)} {ago} {uid} {comm}"


def stacks(program: drgn.Program) -> Iterator[str]:
    """Threads with equal stacks, in groups."""
    running = {cpu_curr(program, cpu).value_() for cpu in for_each_possible_cpu(program)}
    groups: Counter[tuple[str, ...]] = Counter()
    for task in limited(for_each_task(program)):
        try:
            trace = program.stack_trace(task) if task.value_() not in running else ()
        except (ValueError, drgn.FaultError):
            trace = ()
        groups[tuple(str(frame.name) for frame in trace)] += 1
    for functions, number in groups.most_common():
        yield f"{number}: {' '.join(functions)}"


MOUNT_OPTIONS = ((0x01, "nosuid"), (0x02, "nodev"), (0x04, "noexec"), (0x08, "noatime"), (0x20, "relatime"))
SUPER_OPTIONS = ((1 << 4, "sync"), (1 << 7, "dirsync"), (1 << 6, "mand"), (1 << 25, "lazytime"))


def mounts(program: drgn.Program) -> Iterator[str]:
    """The mounts of the initial namespace, without the root file system below the first one, as /proc has them.

    drgn has no helper for the options of file systems: those of the types below are read, and no others.
    """
    half = program["_totalram_pages"].counter.value_() // 2
    return (mount_line(mount, half) for mount in limited(for_each_mount(program)) if mount.mnt_parent != mount)


def mount_line(mount: drgn.Object, half: int) -> str:
    """The line of a mount in /proc/mounts; ``half`` is half of the memory in pages."""
    sb, flags = mount.mnt.mnt_sb, mount.mnt.mnt_flags.value_()
    sb_flags, kind = sb.s_flags.value_(), mount_fstype(mount).decode()
    options = ["ro" if flags & 0x40 or sb_flags & 1 else "rw"]
    options += [name for bit, name in SUPER_OPTIONS if sb_flags & bit]
    options += [name for bit, name in MOUNT_OPTIONS if flags & bit]
    if sb.s_fs_info and kind in FILE_SYSTEMS:
        options += FILE_SYSTEMS[kind](sb.s_fs_info, half)
    words = (mount_src(mount), mount_dst(mount))
    return f"{' '.join(word.decode(errors='replace') for word in words)} {kind} {','.join(options)}"


def tmpfs_options(pointer: drgn.Object, half: int) -> Iterator[str]:
    """The options of a tmpfs with ``struct shmem_sb_info *``; ``half`` is half of the memory in pages."""
    info = drgn.cast("struct shmem_sb_info *", pointer)
    if info.max_blocks.value_() != half:
        yield f"size={info.max_blocks.value_() * 4}k"
    if info.max_inodes.value_() != half:
        yield f"nr_inodes={info.max_inodes.value_()}"
    if info.mode.value_() != 0o1777:
        yield f"mode={info.mode.value_():o}"
    for name in ("uid", "gid"):
        number = info.member_(name).val.value_()
        if number:
            yield f"{name}={number}"
    yield "inode64" if info.full_inums.value_() else "inode32"


def devpts_options(pointer: drgn.Object, half: int) -> Iterator[str]:
    """The options of a devpts with ``struct pts_fs_info *``."""
    options = drgn.cast("struct pts_fs_info *", pointer).mount_opts
    for name in ("uid", "gid"):
        if options.member_(f"set{name}").value_():
            yield f"{name}={options.member_(name).val.value_()}"
    yield f"mode={options.mode.value_():03o},ptmxmode={options.ptmxmode.value_():03o}"


def proc_options(pointer: drgn.Object, half: int) -> Iterator[str]:
    """The options of a proc with ``struct proc_fs_info *``."""
    info = drgn.cast("struct proc_fs_info *", pointer)
    if info.pid_gid.val.value_():
        yield f"gid={info.pid_gid.val.value_()}"
    if info.hide_pid.value_():
        yield f"hidepid={info.hide_pid.value_()}"
    if info.pidonly.value_():
        yield "subset=pid"


def ramfs_options(pointer: drgn.Object, half: int) -> Iterator[str]:
    """The options of a ramfs with ``struct ramfs_fs_info *``."""
    mode = drgn.cast("struct ramfs_fs_info *", pointer).mount_opts.mode.value_()
    if mode != 0o755:
        yield f"mode={mode:o}"


def owned(suname: str) -> Callable[[drgn.Object, int], Iterator[str]]:
    """Return the function for the options of a debugfs or tracefs, whose information is a ``suname``."""

    def options(pointer: drgn.Object, half: int) -> Iterator[str]:
        info = drgn.cast(f"{suname} *", pointer)
        for name in ("uid", "gid"):
            number = info.member_(name).val.value_()
            if number:
                yield f"{name}={number}"
        if info.mode.value_() != 0o700:
            yield f"mode={info.mode.value_():o}"

    return options


def cgroup_options(pointer: drgn.Object, half: int) -> Iterator[str]:
    """The options of the cgroup2 hierarchy."""
    program = pointer.prog_
    flags = program["cgrp_dfl_root"].flags.value_()
    for name in ("NS_DELEGATE", "FAVOR_DYNMODS", "MEMORY_LOCAL_EVENTS", "MEMORY_RECURSIVE_PROT"):
        if flags & program.constant(f"CGRP_ROOT_{name}").value_():
            yield name.lower().replace("_", "", 1)


FILE_SYSTEMS: dict[str, Callable[[drgn.Object, int], Iterator[str]]] = {
    "tmpfs": tmpfs_options,
    "devtmpfs": tmpfs_options,
    "devpts": devpts_options,
    "proc": proc_options,
    "ramfs": ramfs_options,
    "debugfs": owned("struct debugfs_fs_info"),
    "tracefs": owned("struct tracefs_fs_info"),
    "cgroup2": cgroup_options,
}


def mount_details(program: drgn.Program) -> Iterator[str]:
    """The same with what mountshow -v adds: addresses, IDs, device, mounted directory, propagation."""
    half = program["_totalram_pages"].counter.value_() // 2
    for mount in limited(for_each_mount(program)):
        if mount.mnt_parent == mount:
            continue
        sb, device = mount.mnt.mnt_sb, mount.mnt.mnt_sb.s_dev.value_()
        propagation = []
        if mount.mnt.mnt_flags.value_() & 0x1000:
            propagation.append(f"shared:{mount.mnt_group_id.value_()}")
        if mount.mnt_master:
            propagation.append(f"master:{mount.mnt_master.mnt_group_id.value_()}")
        root = dentry_path(mount.mnt.mnt_root).decode(errors="replace")
        numbers = mount.mnt_id.value_(), mount.mnt_parent.mnt_id.value_(), device >> 20, device & 0xFFFFF
        yield f"{mount_line(mount, half)} {mount.value_():#x} {sb.value_():#x} {numbers} {root} {propagation}"


def modules(program: drgn.Program) -> Iterator[str]:
    """The loaded modules with what modinfo shows."""
    for module in for_each_module(program):
        size = sum(length for _, length in module_address_regions(module))
        users = list_for_each_entry("struct module_use", module.source_list.address_of_(), "source_list")
        names = [use.source.name.string_().decode() for use in users]
        taints = "".join(
            chr(flag.c_true.value_())
            for bit, flag in enumerate(program["taint_flags"])
            if module.taints.value_() >> bit & 1 and flag.module.value_()
        )
        version = module.version.string_().decode() if module.version else ""
        words = (module.mem[0].base.value_(), size, module.refcnt.counter.value_() - 1, module.state.value_())
        yield f"{module.value_():#x} {module.name.string_().decode()} {words} {names} {taints} {version}"


def sockets(program: drgn.Program) -> Iterator[str]:
    """The TCP sockets of all namespaces in the table of connections, with what xportshow -t shows."""
    table = program["tcp_hashinfo"]
    for bucket in range(table.ehash_mask.value_() + 1):
        head = table.ehash[bucket].chain
        nodes = hlist_nulls_for_each_entry("struct sock", head.address_of_(), "__sk_common.skc_nulls_node")
        for sock in limited(nodes):
            common = sock.__sk_common
            v6 = common.skc_family.value_() == socket.AF_INET6
            addresses = [
                socket.inet_ntop(socket.AF_INET6, address.to_bytes_())
                if v6
                else socket.inet_ntop(socket.AF_INET, address.to_bytes_())
                for address in (
                    (common.skc_v6_rcv_saddr, common.skc_v6_daddr) if v6 else (common.skc_rcv_saddr, common.skc_daddr)
                )
            ]
            ports = common.skc_num.value_(), socket.ntohs(common.skc_dport.value_())
            queues, inode = socket_queues(sock, common.skc_state.value_())
            words = f"{addresses[0]}:{ports[0]} {addresses[1]}:{ports[1]} {sk_tcpstate(sock)}"
            yield f"tcp{6 if v6 else ''} {queues} {words} {inode} {common.skc_net.net.value_():#x}"


def socket_queues(sock: drgn.Object, state: int) -> tuple[tuple[int, int], int]:
    """The bytes in both queues and the inode number; zeros for a TIME_WAIT socket and a request, which have neither."""
    if state in (6, 12):
        return (0, 0), 0
    tcp = drgn.cast("struct tcp_sock *", sock)
    received = tcp.rcv_nxt.value_() - tcp.copied_seq.value_() & 0xFFFFFFFF
    sent = tcp.write_seq.value_() - tcp.snd_una.value_() & 0xFFFFFFFF
    owner = sock.sk_socket
    inode = drgn.container_of(owner, "struct socket_alloc", "socket").vfs_inode.i_ino.value_() if owner else 0
    return (received, sent), inode


def tree(program: drgn.Program) -> Iterator[str]:
    """The processes below their parents, with what pstree shows."""
    children: dict[int, list[drgn.Object]] = {}
    processes = list_for_each_entry("struct task_struct", program["init_task"].tasks.address_of_(), "tasks")
    for task in limited(processes):
        children.setdefault(task.real_parent.tgid.value_(), []).append(task)
    waiting = [(program["init_task"].address_of_(), 0)]
    while waiting:
        task, depth = waiting.pop()
        yield f"{'   ' * depth}{task.comm.string_().decode(errors='replace')} {task_state_to_char(task)}"
        waiting += [(child, depth + 1) for child in reversed(children.get(task.tgid.value_(), []))]


def registers(program: drgn.Program) -> Iterator[str]:
    """The frames of PID 1 with the registers that drgn's unwinder recovers: fregs finds those at a function's entry."""
    for frame in program.stack_trace(1):
        yield f"{frame.name} {' '.join(f'{name}={value:#x}' for name, value in frame.registers().items())}"


def interrupts(program: drgn.Program) -> Iterator[str]:
    """The interrupts that have a handler or have arrived, the counters of the CPUs, and softirqs, as irqinfo."""
    cpus = list(for_each_possible_cpu(program))
    for number, desc in for_each_irq_desc(program):
        counts = [irq_desc_kstat_cpu(desc, cpu) for cpu in cpus]
        if desc.action or any(counts):
            data, effective = desc.irq_data, desc.irq_common_data.effective_affinity
            chip = (irq_desc_chip_name(desc) or b"-").decode()
            flow = desc.name.string_().decode() if desc.name else ""
            cpulists = [cpumask_to_cpulist(mask) for mask in (irq_desc_affinity_mask(desc), effective)]
            words = (desc.irqs_unhandled.value_(), chip, data.hwirq.value_(), flow)
            yield f"{number} {counts} {cpulists} {words} {list(handlers(program, desc))}"
    for number, name in enumerate(program["softirq_to_name"]):
        counts = [per_cpu(program["kstat"], cpu).softirqs[number].value_() for cpu in cpus]
        yield f"{name.string_().decode()} {counts}"
    statistics_ = [per_cpu(program["irq_stat"], cpu) for cpu in cpus]
    for member in program.type("irq_cpustat_t").type.members:
        if member.name.endswith(("count", "irqs", "ipis")):
            yield f"{member.name} {[getattr(each, member.name).value_() for each in statistics_]}"


def handlers(program: drgn.Program, desc: drgn.Object) -> Iterator[str]:
    """The names of the handlers of an interrupt, and their functions."""
    action = desc.action
    while action:
        yield f"{action.name.string_().decode()} ({symbol(program, action.handler.value_())})"
        action = action.next


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
            for timer in limited(timer_base_for_each(base.address_of_())):
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
    "mount details": mount_details,
    "modules": modules,
    "sockets": sockets,
    "tree": tree,
    "registers": registers,
    "interrupts": interrupts,
    "timers": timers,
    "slabs": slabs,
    "pci": pci,
}


def measure(
    program: drgn.Program, listing: Callable[[drgn.Program], Iterator[str]], limit: float
) -> dict[str, float | bool]:
    """Return {"cold": ms of the first run, "warm": median ms of the later ones, "lines": number of lines}.

    A run that takes more than ``limit`` s is given up: "complete" is then False, and the time is what it took so far.
    Later runs are left out when ``limit`` is over.
    """
    spent, lines, complete = [], 0, True
    begun = time.thread_time()
    while complete and len(spent) <= WARM_RUNS and time.thread_time() < begun + limit:
        Clock.end = time.thread_time() + limit
        begin = time.thread_time_ns()
        try:
            lines = len(list(listing(program)))
        except OutOfTimeError:
            complete = False
        spent.append((time.thread_time_ns() - begin) / 1_000_000)
    return {"cold": spent[0], "warm": statistics.median(spent[1:] or spent), "lines": lines, "complete": complete}


def main(vmlinux: str, vmcore: str, result: str) -> None:
    program = drgn.Program()
    program.set_core_dump(vmcore)
    program.load_debug_info([vmlinux])
    found = {name: measure(program, listing, LIMIT_SECONDS) for name, listing in LISTINGS.items()}
    Path(result).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
