# SPDX-License-Identifier: GPL-3.0-or-later
"""irqinfo: interrupts with their handlers, counts and CPUs, and softirqs.

The counts are those of /proc/interrupts and /proc/softirqs: one for each CPU that ran until the dump, in the order of
the CPUs.

  IRQ        the number of the interrupt, or the label of a counter of the machine (LOC: local timer ticks)
  COUNTS     how often it arrived at each CPU
  AFFINITY   the CPUs that may handle it
  EFFECTIVE  the CPU to which it goes
  UNHANDLED  how often no handler wanted it, lately
  CHIP       the controller, with the number of the input there and the type of flow
  HANDLERS   the names of the drivers, and their functions

An interrupt without handler that never arrived is left out. A finding names each interrupt that the kernel has switched
off because nobody handled it.

  irqinfo --all         all interrupts that are allocated
  irqinfo --softirqs    softirqs only
  irqinfo 28 29         these interrupts only
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, Section, guarded, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.linux.cpu import irq
from pykdump.linux.cpu.bitmaps import ranges_text
from pykdump.linux.cpu.timers import function_name
from pykdump.linux.percpu import running_cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts


@dataclass
class Handler:
    """A handler of an interrupt: a struct irqaction."""

    name: str = item("the name that the driver gave, as in /proc/interrupts")
    function: str = item("the function that handles the interrupt")
    thread: int | None = item("the PID of its thread; null if it has none")
    action: int = item("struct irqaction *", unit="address")


@dataclass
class Interrupt:
    """An interrupt: a struct irq_desc."""

    irq: int = item("its number")
    counts: tuple[int, ...] = item("how often it arrived, for each CPU in the order of the CPUs")
    affinity: str = item("the CPUs that may handle it, as in /proc/irq/N/smp_affinity_list")
    effective: str = item("the CPUs to which it goes; empty if the kernel does not note them")
    chip: str = item("the name of its controller")
    hwirq: int = item("its number at the controller")
    flow: str = item("how it is acknowledged: edge, fasteoi, level, or another name; empty if it has none")
    level: bool = item("whether it is level-triggered")
    disabled: int = item("how often it is disabled (the depth); 0 if it is enabled")
    unhandled: int = item("how often no handler wanted it, of the last 100,000")
    handlers: tuple[Handler, ...] = item("its handlers")
    desc: int = item("struct irq_desc *", unit="address")


@dataclass
class MachineCounter:
    """A counter of /proc/interrupts that belongs to no interrupt number."""

    label: str = item("its label, such as LOC")
    counts: tuple[int, ...] = item("its value for each CPU in the order of the CPUs; one value for ERR and MIS")
    meaning: str = item("what it counts")


@dataclass
class Softirq:
    """A softirq."""

    name: str = item("its name, as in /proc/softirqs")
    counts: tuple[int, ...] = item("how often it ran, for each CPU in the order of the CPUs")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of irqinfo."""
    parser.add_argument("irqs", nargs="*", type=int, metavar="IRQ", help="only these interrupts")
    parser.add_argument("-a", "--all", action="store_true", help="also interrupts without handlers and counts")
    parser.add_argument("-s", "--softirqs", action="store_true", help="softirqs only")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield interrupts, counters of the machine, and softirqs."""
    if not options.softirqs:
        yield Section("Interrupts")
        yield from guarded("interrupts", interrupts, set(options.irqs), options.all)
    if not options.irqs and not options.softirqs:
        yield Section("Counters of the machine")
        yield from guarded("counters of the machine", _machine_counters)
    if not options.irqs:
        yield Section("Softirqs")
        yield from guarded("softirqs", _softirqs)


def interrupts(wanted: set[int], everything: bool) -> Iterator[Interrupt | Finding | Problem]:
    """Yield the interrupts ``wanted`` (all if it is empty), and findings about them."""
    cpus = running_cpus()
    for number, desc in irq.irq_descs():
        if wanted and number not in wanted:
            continue
        try:
            counts = irq.irq_counts(desc, cpus)
            in_use = bool(desc.action or any(counts)) and not irq.irq_hidden(desc)
            if everything or wanted or in_use:
                yield from _one(number, desc, counts)
        except UNREADABLE as problem:
            yield Problem(f"interrupt {number}", reason_of(problem))


def _one(number: int, desc: StructResult, counts: list[int]) -> Iterator[Interrupt | Finding]:
    record = _interrupt(number, desc, counts)
    yield record
    if irq.irq_stopped_as_spurious(desc):
        names = ", ".join(each.name for each in record.handlers) or "no driver"
        yield Finding(
            "irq-disabled", f"Interrupt {number} ({names}) is off: nobody handled it.", addresses=(record.desc,)
        )


def _interrupt(number: int, desc: StructResult, counts: list[int]) -> Interrupt:
    return Interrupt(
        irq=number,
        counts=tuple(counts),
        affinity=ranges_text(irq.irq_affinity(desc)),
        effective=ranges_text(irq.irq_effective_affinity(desc)),
        chip=irq.irq_chip_name(desc),
        hwirq=int(desc.irq_data.hwirq),
        flow=str(desc.name or ""),
        level=irq.irq_is_level(desc),
        disabled=int(desc.depth),
        unhandled=int(desc.irqs_unhandled),
        handlers=tuple(_handler(action) for action in irq.irq_actions(desc)),
        desc=int(desc),
    )


def _handler(action: StructResult) -> Handler:
    thread = int(action.thread.pid) if action.thread else None
    return Handler(str(action.name or ""), function_name(action.handler), thread, int(action))


def _machine_counters() -> Iterator[MachineCounter]:
    for label, counts, meaning in irq.machine_counts():
        yield MachineCounter(label, tuple(counts), meaning)


def _softirqs() -> Iterator[Softirq]:
    for name, counts in irq.softirq_counts():
        yield Softirq(name, tuple(counts))


def _numbers(counts: tuple[int, ...]) -> str:
    return " ".join(map(str, counts))


def _handlers(handlers: tuple[Handler, ...]) -> str:
    return ", ".join(f"{each.name} ({each.function})" for each in handlers)


COUNTS = Column("COUNTS", "counts", show=_numbers)
TABLES: Layouts = {
    Interrupt: (
        Column("IRQ", "irq"),
        COUNTS,
        Column("AFFINITY", "affinity"),
        Column("EFFECTIVE", "effective"),
        Column("UNHANDLED", "unhandled"),
        Column("CHIP", "chip", left=True),
        Column("HWIRQ", "hwirq"),
        Column("FLOW", "flow", left=True),
        Column("HANDLERS", "handlers", left=True, show=_handlers),
    ),
    MachineCounter: (Column("LABEL", "label"), COUNTS, Column("MEANING", "meaning", left=True)),
    Softirq: (Column("SOFTIRQ", "name"), COUNTS),
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
