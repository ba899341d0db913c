# SPDX-License-Identifier: GPL-3.0-or-later
"""The device mapper's devices, as the classic's module Dev printed them."""

from __future__ import annotations

from crash import error

from pykdump.legacy.block_reports import get_blkdevs
from pykdump.linux.block import decode_devt
from pykdump.linux.devices.device_mapper import MappedDevice, mapped_disks, targets, used_devices
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

    from pykdump.linux.devices.device_mapper import Target


def print_dm_devices(verbose: int = 0) -> None:
    """Print name and minor number of each device of the device mapper, and its table if ``verbose``."""
    devices = []
    for disk in mapped_disks():
        try:
            device = MappedDevice(disk)
            devices.append((device.minor, device.name or "", device))
        except error as problem:
            pylog.error(f"The mapped device of {disk} cannot be read: {problem}")
    print(" ========== Devicemapper devices ============")
    for minor, name, device in sorted(devices, key=lambda row: row[:2]):
        if verbose:
            print("-" * 70)
        print(f"{name:<40s}  minor={minor}")
        if verbose:
            _print_table(device)


def _print_table(device: MappedDevice) -> None:
    table = device.table
    if table is None:
        print("   no table")
        return
    print("  ", table)
    try:
        decode_dm_table(table)
    except error as problem:
        pylog.error(f"{table} cannot be read: {problem}")


def decode_dm_table(dm: StructResult, verbose: int = 0) -> None:
    """Print the targets of a ``struct dm_table`` (the last sector is that of the range) and the devices below it."""
    found = targets(dm)
    print(f" -- {len(found)} targets")
    for number, target in enumerate(found):
        _print_target(number, target)
    print(" -- Block Devices Used By This Mapping")
    drivers = get_blkdevs()[0]
    for used in used_devices(dm):
        major, minor = decode_devt(used.bdev.bd_dev)
        print("     ", used, f"major={major:<3d} minor={minor:<3d}")
        if major in drivers:
            print("\t  ", drivers[major].shortstr())


def _print_target(number: int, target: Target) -> None:
    print(f"  {number}", target.target, target.type)
    print(f"       | logical  sectors {target.begin}->{target.begin + target.length - 1}")
    if target.linear is not None:
        device, start = target.linear
        print(f"       | physical sectors {start}->{start + target.length - 1}")
        print("       |    device used", device)
