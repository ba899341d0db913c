# SPDX-License-Identifier: GPL-3.0-or-later
"""The device mapper: its devices, their tables of targets, and the devices that they use."""

from __future__ import annotations

from crash import Addr, readSU

from pykdump.linux import block
from pykdump.lists import readSUArray, readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_TARGETS = 1_000_000
MAX_DEVICES = 100_000
SUSPENDED = 1 << 1  # DMF_SUSPENDED (drivers/md/dm-core.h)


class MappedDevice:
    """A ``struct mapped_device``: the private data of the disk dm-N."""

    def __init__(self, disk: StructResult) -> None:
        self.disk = disk
        self.device: StructResult = readSU("struct mapped_device", int(disk.private_data))
        self.address = int(self.device)
        # drivers/md/dm-ioctl.c: struct hash_cell has the name and the UUID.
        cell = int(self.device.interface_ptr)
        self._names: StructResult | None = readSU("struct hash_cell", cell) if cell else None

    @property
    def disk_name(self) -> str:
        """The name of its disk: "dm-0"."""
        return block.disk_name(self.disk)

    @property
    def minor(self) -> int:
        """The minor number of its disk."""
        return block.disk_devt(self.disk)[1]

    @property
    def name(self) -> str | None:
        """Its name, None while it is removed."""
        return str(self._names.name) if self._names is not None else None

    @property
    def uuid(self) -> str | None:
        """Its UUID, None for none."""
        return str(self._names.uuid) if self._names is not None and self._names.uuid else None

    @property
    def suspended(self) -> bool:
        """Whether its requests wait until it is resumed."""
        return bool(int(self.device.flags) & SUSPENDED)

    @property
    def open_count(self) -> int:
        """The number of its users."""
        return int(self.device.open_count.counter)

    @property
    def table(self) -> StructResult | None:
        """The ``struct dm_table`` that is in use, None before one was loaded."""
        address = int(self.device.map)
        return readSU("struct dm_table", address) if address else None


class Target:
    """A ``struct dm_target``: a range of sectors (of 512 bytes) of a mapped device."""

    def __init__(self, target: StructResult) -> None:
        self.target = target
        self.address = int(target)
        self.type = str(target.type.name)
        self.begin = int(target.begin)
        self.length = int(target.len)

    @property
    def linear(self) -> tuple[StructResult, int] | None:
        """The ``struct dm_dev`` and its first sector, None for a target that is no linear one."""
        if self.type != "linear":
            return None
        found = readSU("struct linear_c", int(self.target.private))
        return found.dev, int(found.start)


def mapped_disks() -> Iterator[StructResult]:
    """Yield the ``struct gendisk`` of each mapped device."""
    return (disk for disk in block.get_gendisks() if block.disk_name(disk).startswith("dm-"))


def targets(table: StructResult) -> list[Target]:
    """Return a view of each target of a ``struct dm_table``, in the order of the sectors."""
    count = min(int(table.num_targets), MAX_TARGETS)
    return [Target(target) for target in readSUArray("struct dm_target", int(table.targets), count)] if count else []


def used_devices(table: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct dm_dev`` that a ``struct dm_table`` uses.

    They are on a list of ``struct dm_dev_internal`` (drivers/md/dm-core.h), with a pointer since v3.19.
    """
    for found in readSUListFromHead(
        Addr(table, "devices"), "list", "struct dm_dev_internal", maxel=MAX_DEVICES, warn=False
    ):
        yield found.dm_dev
