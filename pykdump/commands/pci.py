# SPDX-License-Identifier: GPL-3.0-or-later
"""pci: PCI devices with their drivers and resources, and the trees of I/O memory and I/O ports.

  DEVICE     domain, bus, slot and function; a device behind a bridge is indented
  CLASS      what it is, and the class code
  ID         vendor and device
  IRQ        its interrupt line, as in /proc/bus/pci/devices (interrupts of MSI are in irqinfo)
  ENABLED    how often drivers have enabled it
  DRIVER     its driver
  RESOURCES  base addresses: kind, start and size

A finding names each device whose I/O is frozen or failed because the machine reported an error.

  pci 0000:00:1f.2     only these devices
  pci --iomem          the tree of I/O memory, as in /proc/iomem
  pci --ioports        the tree of I/O ports, as in /proc/ioports
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, Section, guarded, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.linux.devices import pci

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts


@dataclass
class Resource:
    """A base address or the expansion ROM of a device: a struct resource that is not empty."""

    name: str = item("BAR0 to BAR5, or ROM")
    resource_kind: str = item("io, mem or mem64, and prefetch")
    start: int = item("its first address", unit="address")
    size: int = item("its size", unit="bytes")


@dataclass
class Device:
    """A PCI device: a struct pci_dev."""

    name: str = item("domain:bus:slot.function")
    depth: int = item("the number of bridges above it")
    address: int = item("struct pci_dev *", unit="address")
    class_name: str = item("the base class")
    class_code: str = item("the class code: six hexadecimal digits")
    vendor: str = item("the vendor: four hexadecimal digits")
    device: str = item("the device: four hexadecimal digits")
    revision: int = item("the revision")
    irq: int = item("its interrupt line")
    enabled: int = item("how often drivers have enabled it")
    state: str = item("normal, frozen or failed")
    node: int = item("its NUMA node; -1 if it is near to none")
    driver: str = item("its driver; empty if it has none")
    resources: tuple[Resource, ...] = item("its base addresses and its ROM")

    @property
    def name_text(self) -> str:
        """The name, indented below its bridges."""
        return "  " * self.depth + self.name

    @property
    def class_text(self) -> str:
        """The class with its code."""
        return f"{self.class_name} {self.class_code}"

    @property
    def id_text(self) -> str:
        """Vendor and device."""
        return f"{self.vendor}:{self.device}"


@dataclass
class IoResource:
    """A line of /proc/iomem or /proc/ioports: a struct resource."""

    depth: int = item("how deep it is in the tree")
    start: int = item("its first address", unit="address")
    end: int = item("its last address", unit="address")
    name: str = item("its name")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of pci."""
    parser.add_argument("names", nargs="*", metavar="DEVICE", help="only these devices")
    parser.add_argument("--iomem", action="store_true", help="the tree of I/O memory")
    parser.add_argument("--ioports", action="store_true", help="the tree of I/O ports")
    parser.add_argument("-v", action="store_true", help="devices and both trees")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield devices, or the trees of resources."""
    if options.v or not (options.iomem or options.ioports):
        yield Section("Devices")
        yield from guarded("PCI devices", devices, set(options.names))
    for wanted, title, root in (
        (options.iomem, "I/O memory", "iomem_resource"),
        (options.ioports, "I/O ports", "ioport_resource"),
    ):
        if wanted or options.v:
            yield Section(title)
            yield from guarded(title, _io_resources, root)


def devices(names: set[str]) -> Iterator[Device | Finding | Problem]:
    """Yield the Devices with these names (all without names), and findings about them."""
    missing = set(names)
    for depth, device in pci.pci_devices():
        try:
            name = pci.pci_name(device)
            missing.discard(name)
            if names and name not in names:
                continue
            record = _record(name, depth, device)
        except UNREADABLE as problem:
            yield Problem(f"the PCI device at {int(device):#x}", reason_of(problem))
            continue
        yield record
        if record.state != "normal":
            driver = record.driver or "no driver"
            yield Finding("pci-error", f"The I/O of {name} ({driver}) is {record.state}.", addresses=(record.address,))
    yield from (Problem(f"the PCI device {name}", "there is no such device") for name in sorted(missing))


def _record(name: str, depth: int, device: StructResult) -> Device:
    return Device(
        name=name,
        depth=depth,
        address=int(device),
        class_name=pci.class_name(device),
        class_code=f"{int(getattr(device, 'class')):06x}",
        vendor=f"{int(device.vendor):04x}",
        device=f"{int(device.device):04x}",
        revision=int(device.revision),
        irq=int(device.irq),
        enabled=int(device.enable_cnt.counter),
        state=pci.channel_state(device),
        node=int(device.dev.numa_node) if device.dev.hasField("numa_node") else -1,
        driver=pci.pci_driver_name(device),
        resources=tuple(_used_resources(device)),
    )


def _used_resources(device: StructResult) -> Iterator[Resource]:
    for label, each in pci.device_resources(device):
        size = pci.resource_size(each)
        if size:
            yield Resource(label, pci.resource_kind(each), int(each.start), size)


def _io_resources(root: str) -> Iterator[IoResource]:
    for depth, resource in pci.io_resources(root):
        yield IoResource(depth, int(resource.start), int(resource.end), str(resource.name or "<BAD>"))


def _resources(resources: tuple[Resource, ...]) -> str:
    return ", ".join(f"{each.resource_kind} {each.start:#x}+{each.size:#x}" for each in resources)


def _io_line(resource: IoResource) -> Iterator[str]:
    yield f"{'  ' * resource.depth}{resource.start:08x}-{resource.end:08x} : {resource.name}"


TABLES: Layouts = {
    Device: (
        Column("DEVICE", "name_text", left=True),
        Column("CLASS", "class_text", left=True),
        Column("ID", "id_text", left=True),
        Column("IRQ", "irq"),
        Column("ENABLED", "enabled"),
        Column("STATE", "state", left=True),
        Column("DRIVER", "driver", left=True),
        Column("RESOURCES", "resources", left=True, show=_resources),
    ),
    IoResource: _io_line,
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
