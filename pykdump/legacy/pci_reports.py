# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on PCI under the names of the classic's module pci."""

from __future__ import annotations

from crash import error, readSymbol

from pykdump.linux.devices.pci import pci_devices, pci_name, resources_below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

__all__ = [
    "get_PCI_devices", "next_resource", "pci_name", "print_PCI_devices", "print_PCI_resources", "walk_resource",
]  # fmt: skip
MAX_DEPTH = 100
SHORT_NAME = 7  # "00:1f.2" of "0000:00:1f.2"


def get_PCI_devices() -> list[StructResult]:
    """Return the ``struct pci_dev`` of each PCI device, in the order of their names."""
    return sorted((device for _, device in pci_devices()), key=pci_name)


def print_PCI_devices(v: int = 0) -> None:
    """Print a line for each PCI device as lspci -n does; with ``v`` its address too."""
    for device in get_PCI_devices():
        if v:
            print("----------", device, "-----------")
        code, revision = int(getattr(device, "class")) >> 8, int(device.revision)
        identity = f"{int(device.vendor):04x}:{int(device.device):04x}"
        print(f"{pci_name(device)[-SHORT_NAME:]} {code:04x}: {identity} (rev {revision:02x})")


def next_resource(p: StructResult) -> StructResult | None:
    """Return the ``struct resource`` after ``p`` in the order of its tree, None after the last one."""
    if p.child:
        found: StructResult = p.child
        return found
    for _ in range(MAX_DEPTH):
        if p.sibling or not p.parent:
            return p.sibling or None
        p = p.parent
    return None


def walk_resource(root: StructResult, v: int = 0) -> None:
    """Print the tree below a ``struct resource`` as /proc/iomem has it; with ``v`` the addresses of the structs too."""
    width = 4 if root.end < 0x10000 else 8
    for depth, resource in resources_below(root):
        if v:
            print(f"\n{resource!s:-^40}")
        print(f"{'  ' * depth}{int(resource.start):0{width}x}-{int(resource.end):0{width}x} : {resource.name}")


def print_PCI_resources(v: int = 0) -> None:
    """Print the trees of I/O memory and I/O ports."""
    for name in ("iomem_resource", "ioport_resource"):
        try:
            root = readSymbol(name)
        except (error, TypeError):
            continue
        print(f"\n{name:=^70}")
        walk_resource(root, v)
