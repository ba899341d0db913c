# SPDX-License-Identifier: GPL-3.0-or-later
"""The block layer: disks, partitions, request queues, and requests that are not completed."""

from __future__ import annotations

from crash import (
    Addr,
    container_of,
    member_offset,
    readPtr,
    readSU,
    readSymbol,
    struct_size,
)

from pykdump.c_integers import BITS_PER_LONG, PTR_SIZE
from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.compat_helpers import Bunch
from pykdump.crash_access import readULong
from pykdump.linux.clock import jiffie_clock_base
from pykdump.linux.percpu import percpu_ptr, possible_cpus
from pykdump.linux.trees import for_all_xarray
from pykdump.lists import readList, readSUListFromHead
from pykdump.struct_attributes import structSetProcAttr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MINOR_BITS = 20
MAX_DEVICES = 1_000_000
MAX_TAGS = 1 << 20  # far above the kernel's own limit BLK_MQ_MAX_DEPTH
GENDISK = "struct gendisk"
REQUEST = "struct request"


def decode_devt(devt: int) -> tuple[int, int]:
    """Return (major, minor) of a ``dev_t`` in the kernel's encoding."""
    return int(devt) >> MINOR_BITS, int(devt) & ((1 << MINOR_BITS) - 1)


def _class_devices() -> list[int]:
    """Return the ``struct klist_node *`` of each device of the class "block"."""
    block = readSymbol("block_class")
    # Since v6.4 (drivers/base/base.h) a class has no pointer to its subsys_private: search the set of all classes.
    private = block.p if block.hasField("p") else _private_of_class(Addr(block))
    head = Addr(private.klist_devices, "k_list")
    offset = member_offset("struct klist_node", "n_node")
    return [address - offset for address in readList(head, maxel=MAX_DEVICES, inchead=False)]


def _private_of_class(block: int) -> StructResult:
    for kobject in readSUListFromHead(Addr(readSymbol("class_kset"), "list"), "entry", "struct kobject"):
        kset = container_of(kobject, "struct kset", "kobj")
        found = container_of(kset, "struct subsys_private", "subsys")
        if int(getattr(found, "class")) == block:
            return found
    raise TypeError("The set of all classes (class_kset) of this kernel does not have the block devices.")


def _block_devices() -> Iterator[StructResult]:
    """Yield the ``struct block_device`` (before v5.11 ``struct hd_struct``) of each disk and partition."""
    knode = member_offset("struct device_private", "knode_class")
    # v5.11 merged hd_struct into block_device (include/linux/blk_types.h).
    modern = member_offset("struct block_device", "bd_device") >= 0
    suname, member = ("struct block_device", "bd_device") if modern else ("struct hd_struct", "__dev")
    for node in _class_devices():
        if knode >= 0:
            # v5.1 moved it from struct device to its private part (drivers/base/base.h).
            device = int(readSU("struct device_private", node - knode).device)
        else:
            device = node - member_offset("struct device", "knode_class")
        yield container_of(device, suname, member)


@memoize_cond(CU_LIVE)
def get_gendisks() -> list[StructResult]:
    """Return the ``struct gendisk`` of each disk, in the order in which the disks were added."""
    found = []
    for device in _block_devices():
        if device.hasField("bd_disk"):
            disk = device.bd_disk
            if int(disk.part0) == int(device):
                found.append(disk)
        elif int(device.partno) == 0:
            found.append(container_of(device, GENDISK, "part0"))
    return found


def disk_name(disk: StructResult) -> str:
    """Return the name of a ``struct gendisk`` as in /proc/partitions: "sda"."""
    return str(disk.disk_name)


def get_disk(name: str) -> StructResult | None:
    """Return the ``struct gendisk`` with this name, None if there is no such disk."""
    return next((disk for disk in get_gendisks() if disk_name(disk) == name), None)


def disk_devt(disk: StructResult) -> tuple[int, int]:
    """Return (major, minor) of a ``struct gendisk``."""
    return int(disk.major), int(disk.first_minor)


def disk_sectors(disk: StructResult) -> int:
    """Return the size of a ``struct gendisk`` in sectors of 512 bytes."""
    part0 = disk.part0
    if part0.hasField("bd_nr_sectors"):
        return int(part0.bd_nr_sectors)
    # Older block devices have the size only in their inode; the still older hd_struct has the member nr_sects.
    return int(part0.bd_inode.i_size) >> 9 if part0.hasField("bd_inode") else int(part0.nr_sects)


def disk_stat(disk: StructResult, group: int) -> tuple[int, int, int]:
    """Return (requests done, requests merged, sectors) of a ``struct gendisk`` for one ``enum stat_group``.

    The groups are 0 read, 1 write, 2 discard, 3 flush. Raises IndexError for a group that this kernel does not count.
    """
    part0 = disk.part0
    stats = int(part0.bd_stats if part0.hasField("bd_stats") else part0.dkstats)
    rows = [readSU("struct disk_stats", percpu_ptr(stats, cpu)) for cpu in possible_cpus()]
    names = ("ios", "merges", "sectors")
    ios, merges, sectors = (sum(int(getattr(row, name)[group]) for row in rows) for name in names)
    return ios, merges, sectors


def get_partitions(disk: StructResult) -> list[StructResult]:
    """Return the ``struct block_device`` of each partition of a ``struct gendisk``, without the one of the whole disk.

    Raises TypeError on a kernel before v5.12, which keeps partitions in another kind of table.
    """
    # v5.12 (include/linux/genhd.h) replaced struct disk_part_tbl by an xarray.
    if int(member_offset(GENDISK, "part_tbl.xa_head")) < 0:
        raise TypeError("This kernel keeps no xarray of partitions: it is older than 5.12.")
    found = [readSU("struct block_device", entry) for _, entry in for_all_xarray(disk.part_tbl)]
    return [part for part in found if int(part) != int(disk.part0)]


def get_all_request_queues(devname: str = "") -> list[StructResult]:
    """Return the ``struct request_queue`` of each disk whose name begins with ``devname``; each queue once."""
    queues = (disk.queue for disk in get_gendisks() if disk_name(disk).startswith(devname) and disk.queue)
    return list({int(queue): queue for queue in queues}.values())


def get_hw_queues(queue: StructResult) -> list[StructResult]:
    """Return the ``struct blk_mq_hw_ctx`` of each hardware queue of a ``struct request_queue``."""
    # v5.18 (include/linux/blkdev.h): an xarray; before, struct blk_mq_hw_ctx **queue_hw_ctx.
    if queue.hasField("hctx_table"):
        return [readSU("struct blk_mq_hw_ctx", entry) for _, entry in for_all_xarray(queue.hctx_table)]
    table, count = int(queue.queue_hw_ctx), int(queue.nr_hw_queues)
    return [readSU("struct blk_mq_hw_ctx", readPtr(table + n * PTR_SIZE)) for n in range(count)] if table else []


def _set_bits(sbitmap: StructResult) -> Iterator[int]:
    """Yield the numbers of the bits that are set in a ``struct sbitmap``."""
    depth, shift, words = int(sbitmap.depth), int(sbitmap.shift), int(sbitmap.map)
    size, cleared = struct_size("struct sbitmap_word"), member_offset("struct sbitmap_word", "cleared")
    for start in range(0, min(depth, MAX_TAGS), 1 << shift):
        address = words + (start >> shift) * size
        word = readULong(address + member_offset("struct sbitmap_word", "word"))
        if cleared >= 0:  # since v5.0 (lib/sbitmap.c) freed bits are first noted here and cleared later, all at once
            word &= ~readULong(address + cleared)
        yield from (start + bit for bit in range(min(1 << shift, depth - start, BITS_PER_LONG)) if word >> bit & 1)


def _allocated(tags: StructResult) -> Iterator[StructResult]:
    """Yield the ``struct request`` of each tag in use of a ``struct blk_mq_tags``; reserved tags come first."""
    requests, reserved = int(tags.static_rqs), int(tags.nr_reserved_tags)
    numbers = list(_set_bits(tags.breserved_tags.sb)) if reserved else []
    numbers += [bit + reserved for bit in _set_bits(tags.bitmap_tags.sb)]
    for number in numbers:
        address = readPtr(requests + number * PTR_SIZE)
        if address:
            yield readSU(REQUEST, address)


def get_queue_requests(queue: StructResult) -> list[StructResult]:
    """Return the ``struct request`` of each request of a ``struct request_queue`` that is not completed.

    Each has ``_reqinfo_`` with ``state`` and ``rq_alloc``: the seconds since its allocation as a negative number.
    """
    found: dict[int, StructResult] = {}
    for hctx in get_hw_queues(queue):
        # An I/O scheduler has its own tags, and its requests are there.
        tags = hctx.sched_tags or hctx.tags
        if tags:
            found.update((int(r), r) for r in _allocated(tags) if int(r.q) == int(queue))
    return list(found.values())


def _request_info(request: StructResult) -> Bunch:
    now = jiffie_clock_base() / 1000
    begun = int(request.start_time_ns) / 1e9 if request.hasField("start_time_ns") else now
    states = {0: "MQ_RQ_IDLE", 1: "MQ_RQ_IN_FLIGHT", 2: "MQ_RQ_COMPLETE"}
    state = int(request.state) if request.hasField("state") else -1
    return Bunch({"rq_alloc": begun - now, "state": states.get(state, "?")})


structSetProcAttr(REQUEST, "_reqinfo_", _request_info)
