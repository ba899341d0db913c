# SPDX-License-Identifier: GPL-3.0-or-later
"""Block devices under the names of the classic's module Dev: tables by major number, and reports."""

from __future__ import annotations

from textwrap import TextWrapper

from crash import addr2sym, container_of, error, readSU, readSymbol, symbol_exists

from pykdump.linux import block
from pykdump.linux.block import decode_devt, disk_name, get_partitions
from pykdump.linux.devices.blk_requests import bios_in_flight, elevator_name, request_state, requests_of_queue
from pykdump.linux.percpu import percpu_ptr, possible_cpus
from pykdump.lists import readStructNext
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crash import StructResult

MAX_DRIVERS = 100_000


class listTextWrapper(TextWrapper):
    """A TextWrapper that breaks lines at commas."""

    def _split(self, text: str) -> list[str]:
        pieces = text.split(",")
        return [piece + "," for piece in pieces[:-1]] + pieces[-1:]


def list_fill(text: str, width: int = 70, **kwargs: Any) -> str:
    """Return a long list with commas as lines of ``width`` characters; ``kwargs`` are those of TextWrapper."""
    return listTextWrapper(width=width, **kwargs).fill(text)


def stripStructName(sname: object) -> str:
    """Return "<x 0x...>" for a struct that str() shows as "<struct x 0x...>"."""
    return "<" + str(sname)[len("<struct ") :]


class BlkDev:
    """A driver of block devices: its major number, its name, and its (minor, ``struct block_device``) pairs."""

    def __init__(self, major: int, name: str, ops: int, bdevs: list[tuple[int, StructResult]]) -> None:
        self.major = major
        self.name = name
        self.ops = ops
        self.opsname = addr2sym(int(ops)) or ""
        self.bdevs = bdevs
        self.minors = sorted(minor for minor, _ in bdevs)

    def __str__(self) -> str:
        return f" {self.major:3d}  {self.name:<11s}   {int(self.ops):x}  <{self.opsname}>"

    def shortstr(self) -> str:
        """Return the name of the driver and of its struct block_device_operations."""
        return f"driver={self.name}, bdops=<{self.opsname}>"


def major_names() -> dict[int, str]:
    """Return {major: name} of the registered drivers, as the second half of /proc/devices."""
    found = {}
    for first in readSymbol("major_names"):
        for row in readStructNext(first, "next", maxel=MAX_DRIVERS):
            found[int(row.major)] = str(row.name)
    return found


def _devices_of(disk: StructResult) -> list[StructResult]:
    """Return the ``struct block_device`` of a ``struct gendisk`` and of its partitions."""
    try:
        return [disk.part0, *get_partitions(disk)]
    except (error, TypeError) as problem:
        pylog.error(f"The partitions of {disk_name(disk)} cannot be read: {problem}")
        return [disk.part0]


def get_bd_gd(major: int) -> list[tuple[int, StructResult, StructResult]]:
    """Return (minor, ``struct block_device``, ``struct gendisk``) of each disk and partition with this major number."""
    found = []
    for disk in block.get_gendisks():
        for device in _devices_of(disk):
            number, minor = decode_devt(device.bd_dev)
            if number == major:
                found.append((minor, device, disk))
    return sorted(found, key=lambda row: row[0])


def get_blkdev_tables() -> None:
    """Do nothing. The classic read its tables here; they are read now when a program asks for devices."""


def get_blkdevs() -> tuple[dict[int, BlkDev], dict[int, StructResult]]:
    """Return ({major: BlkDev}, {dev_t: ``struct block_device``}) of all disks and partitions."""
    by_major: dict[int, list[tuple[int, StructResult]]] = {}
    by_number: dict[int, StructResult] = {}
    operations: dict[int, int] = {}
    for disk in block.get_gendisks():
        for device in _devices_of(disk):
            major, minor = decode_devt(device.bd_dev)
            by_number[int(device.bd_dev)] = device
            by_major.setdefault(major, []).append((minor, device))
            operations.setdefault(major, int(disk.fops))
    names = major_names() if symbol_exists("major_names") else {}
    drivers = {major: BlkDev(major, names.get(major, "?"), operations[major], rows) for major, rows in by_major.items()}
    return drivers, by_number


get_blkdevs_v2 = get_blkdevs


def get_gendisks() -> list[tuple[int, StructResult]]:
    """Return (dev_t, ``struct gendisk``) of each disk, in the order of the numbers."""
    rows = [(int(disk.part0.bd_dev), disk) for disk in block.get_gendisks()]
    return sorted(rows, key=lambda row: row[0])


def get_requestqueue(bd: StructResult | None, gd: StructResult | None) -> StructResult:
    """Return the ``struct request_queue`` of a disk, given its ``struct gendisk`` or ``struct block_device``."""
    disk = gd or (bd.bd_disk if bd else None)
    if not disk:
        raise error("There is neither a gendisk nor a block device.")
    queue: StructResult = disk.queue
    return queue


def get_request_queues() -> dict[StructResult, tuple[StructResult, StructResult]]:
    """Return {``struct request_queue``: (``struct block_device``, ``struct gendisk``)} of all disks."""
    return {disk.queue: (disk.part0, disk) for disk in block.get_gendisks() if disk.queue}


def check_request_queue(rqueue: StructResult) -> tuple[int, int, int]:
    """Return (requests that wait, requests that the driver has, all) of a ``struct request_queue``."""
    found = list(requests_of_queue(rqueue)) if rqueue.mq_ops else []
    driver = sum(request_state(request) == "in-flight" for request in found)
    return len(found) - driver, driver, len(found)


def print_blkdevs(v: int = 0) -> None:
    """Print the drivers of block devices; with ``v`` 1 their disks and partitions, with 2 all request queues."""
    for major, name in sorted(major_names().items()):
        rows = get_bd_gd(major)
        operations = f" {rows[0][2]} fops={addr2sym(int(rows[0][2].fops))}" if rows and not v else ""
        print(f"{major:3}  {name:16}{operations}")
        shown: set[int] = set()
        for minor, device, disk in rows if v else ():
            number = int(device.bd_partno) if device.hasField("bd_partno") else 0
            label = disk_name(disk) + (str(number) if number else "")
            print(f"  {minor:3d} {label:8} {stripStructName(device)} {stripStructName(disk)}")
            if int(disk.queue) not in shown:
                shown.add(int(disk.queue))
                _print_queue(disk, v)


def _print_queue(disk: StructResult, v: int) -> None:
    print(f"       I/O Elevator={elevator_name(disk.queue)}")
    length, in_flight, count = check_request_queue(disk.queue)
    if v > 1 or length or in_flight or count:
        print(f"        {disk.queue} Len={length} in_flight={in_flight} count={count}")


def print_gendisk(v: int = 1) -> None:
    """Print each disk with its number and its open function; with ``v`` 2 its partitions. 0 prints damage only."""
    for number, disk in get_gendisks():
        try:
            function = addr2sym(int(disk.fops.open)) if disk.fops.open else None
            parts = [str(part) for part in get_partitions(disk)]
        except (error, IndexError) as problem:
            pylog.error(f"{disk} is damaged: {problem}")
            continue
        if v:
            print(f"  {disk_name(disk):>12s} dev=0x{number:x}", disk, function)
        if v > 1:
            print("\n".join(f"\t\t {part}" for part in parts), end="\n" if parts else "")


def print_disk_stats(gd: StructResult) -> None:
    """Print the ``struct disk_stats`` of a ``struct gendisk`` for each CPU, and what is in flight."""
    part0 = gd.part0
    stats = int(part0.bd_stats if part0.hasField("bd_stats") else part0.dkstats)
    for cpu in possible_cpus():
        print("  ", cpu, readSU("struct disk_stats", percpu_ptr(stats, cpu)))
    print("   in flight: reads={} writes={}".format(*bios_in_flight(gd)))


def BDEV_I(inode: StructResult) -> StructResult:
    """Return the ``struct bdev_inode`` that embeds the ``struct inode`` of a block device."""
    return container_of(inode, "struct bdev_inode", "vfs_inode")


def I_BDEV(inode: StructResult) -> StructResult:
    """Return the ``struct block_device`` of its ``struct inode``."""
    device: StructResult = BDEV_I(inode).bdev
    return device
