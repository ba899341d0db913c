# SPDX-License-Identifier: GPL-3.0-or-later
"""PCI: buses, devices with their drivers and resources; and the trees of I/O memory and I/O ports."""

from __future__ import annotations

from crash import Addr, readSymbol, sym2addr

from pykdump.linux.kobjects import dev_name
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_BUSES, MAX_DEVICES = 100_000, 100_000
MAX_DEPTH = 256  # a bus number has eight bits
MAX_RESOURCES = 1_000_000
# include/linux/ioport.h
IORESOURCE_IO, IORESOURCE_MEM, IORESOURCE_PREFETCH, IORESOURCE_MEM_64 = 0x100, 0x200, 0x2000, 0x100000
PCI_REGION_FLAG_MASK = 0xF
BARS = 7  # six base addresses and the expansion ROM: what /proc/bus/pci/devices shows
NAMES = ("BAR0", "BAR1", "BAR2", "BAR3", "BAR4", "BAR5", "ROM")
# pci_channel_state_t (include/linux/pci.h)
CHANNEL_STATES = {1: "normal", 2: "frozen", 3: "failed"}
# Base classes of the PCI specification (include/linux/pci_ids.h: PCI_BASE_CLASS_...).
CLASSES = {
    0x00: "unclassified", 0x01: "storage", 0x02: "network", 0x03: "display", 0x04: "multimedia", 0x05: "memory",
    0x06: "bridge", 0x07: "communication", 0x08: "system", 0x09: "input", 0x0A: "docking station", 0x0B: "processor",
    0x0C: "serial bus", 0x0D: "wireless", 0x0E: "intelligent", 0x0F: "satellite", 0x10: "encryption",
    0x11: "signal processing", 0x12: "accelerator",
}  # fmt: skip


def root_buses() -> Iterator[StructResult]:
    """Yield the ``struct pci_bus`` of each host bridge."""
    if sym2addr("pci_root_buses"):
        yield from readSUListFromHead("pci_root_buses", "node", "struct pci_bus", maxel=MAX_BUSES)


def buses() -> Iterator[tuple[int, StructResult]]:
    """Yield (depth, ``struct pci_bus``) of each bus; the buses behind a bus follow it."""
    for bus in root_buses():
        yield from _with_children(bus, 0)


def _with_children(bus: StructResult, depth: int) -> Iterator[tuple[int, StructResult]]:
    yield depth, bus
    if depth < MAX_DEPTH:
        for child in readSUListFromHead(Addr(bus, "children"), "node", "struct pci_bus", maxel=MAX_BUSES):
            yield from _with_children(child, depth + 1)


def bus_devices(bus: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct pci_dev`` of a ``struct pci_bus``."""
    yield from readSUListFromHead(Addr(bus, "devices"), "bus_list", "struct pci_dev", maxel=MAX_DEVICES)


def pci_devices() -> Iterator[tuple[int, StructResult]]:
    """Yield (depth of its bus, ``struct pci_dev``) of each device; those behind a bridge follow its bus."""
    for depth, bus in buses():
        for device in bus_devices(bus):
            yield depth, device


def pci_name(device: StructResult) -> str:
    """Return the name of a ``struct pci_dev``: "0000:00:1f.2" (domain, bus, slot, function)."""
    return dev_name(device.dev)


def pci_driver_name(device: StructResult) -> str:
    """Return the name of the driver of a ``struct pci_dev``, "" if it has none."""
    # Commit b5f9c644eb1b ("PCI: Remove struct pci_dev->driver", v5.16) and commit 68da4e0eaaab, which brought it back
    # in the same release; the driver of the device itself is there in any case.
    driver = device.dev.driver
    return str(driver.name) if driver else ""


def class_name(device: StructResult) -> str:
    """Return the base class of a ``struct pci_dev``: "network"."""
    number = int(getattr(device, "class")) >> 16
    return CLASSES.get(number, f"class {number:#04x}")


def channel_state(device: StructResult) -> str:
    """Return "normal", "frozen" (the machine reported an error) or "failed" for a ``struct pci_dev``."""
    number = int(device.error_state)
    # 0 in a device that was never initialised for error handling means normal.
    return CHANNEL_STATES.get(number, "normal" if not number else str(number))


def device_resources(device: StructResult) -> Iterator[tuple[str, StructResult]]:
    """Yield (name, ``struct resource``) of the base addresses and the ROM of a ``struct pci_dev``."""
    yield from zip(NAMES, device.resource[:BARS])


def resource_size(resource: StructResult) -> int:
    """Return the bytes of a ``struct resource``, 0 for an empty one."""
    end = int(resource.end)
    if not end:
        return 0  # most are empty
    start = int(resource.start)
    # As /proc/bus/pci/devices (drivers/pci/proc.c) counts.
    return end - start + 1 if start < end else 0


def resource_kind(resource: StructResult) -> str:
    """Return "io", "mem", "mem64", with " prefetch" for memory that may be read ahead; "" for an empty resource."""
    flags = int(resource.flags)
    if flags & IORESOURCE_IO:
        return "io"
    if not flags & IORESOURCE_MEM:
        return ""
    return ("mem64" if flags & IORESOURCE_MEM_64 else "mem") + (" prefetch" if flags & IORESOURCE_PREFETCH else "")


def io_resources(root: str) -> Iterator[tuple[int, StructResult]]:
    """Yield (depth, ``struct resource``) of the tree below "iomem_resource" or "ioport_resource", in their order.

    These are the lines of /proc/iomem and /proc/ioports. Raises TypeError if there is no such variable.
    """
    return resources_below(readSymbol(root))


def resources_below(root: StructResult) -> Iterator[tuple[int, StructResult]]:
    """Yield (depth, ``struct resource``) of the tree below a ``struct resource``, each struct once."""
    pending = [(0, root.child)]
    seen: set[int] = set()
    while pending:
        depth, resource = pending.pop()
        if not resource or int(resource) in seen or len(seen) > MAX_RESOURCES:
            continue
        seen.add(int(resource))
        yield depth, resource
        pending.append((depth, resource.sibling))
        if resource.child:
            pending.append((depth + 1, resource.child))
