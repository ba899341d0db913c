# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of the block layer (blk-mq) that are not completed: where they are, since when, and what they do."""

from __future__ import annotations

from crash import Addr, enum_values, readPtr, readS64, readSU

from pykdump.c_integers import PTR_SIZE
from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.block import REQUEST, _set_bits, get_hw_queues
from pykdump.linux.cpu.timers import jiffies_between
from pykdump.linux.percpu import percpu_ptr, possible_cpus
from pykdump.lists import readListByHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_LISTED = 1_000_000
REQ_OP_BITS = 8  # include/linux/blk_types.h: the low bits of cmd_flags are the operation
STATES = {0: "idle", 1: "in-flight", 2: "complete"}  # enum mq_rq_state (include/linux/blk-mq.h)
IN_FLIGHT = 1


def requests_of_queue(queue: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct request`` of a ``struct request_queue`` that has a tag and is not completed.

    Requests wait (in an I/O scheduler or a list) or are with the driver; see request_state(). A flush request, which
    borrows the tag of another request, is found too.
    """
    seen: set[int] = set()
    for hctx in get_hw_queues(queue):
        # An I/O scheduler has tags of its own, and its requests are there. Hardware queues may share their tags.
        tags = hctx.sched_tags or hctx.tags
        if tags and int(tags) not in seen:
            seen.add(int(tags))
            yield from (request for request in _tagged(tags) if int(request.q) == int(queue))
        flush = hctx.fq.flush_rq if hctx.fq else None
        if flush and int(flush.state) == IN_FLIGHT and int(flush) not in seen:
            seen.add(int(flush))
            yield flush


def _tagged(tags: StructResult) -> Iterator[StructResult]:
    """Yield the ``struct request`` of each tag in use of a ``struct blk_mq_tags``."""
    table, reserved = int(tags.static_rqs), int(tags.nr_reserved_tags)
    # v5.12 and v5.13 had pointers to struct sbitmap_queue here (block/blk-mq-tag.h); a member of either kind is read
    # in the same way.
    numbers = list(_set_bits(tags.breserved_tags.sb)) if reserved else []
    numbers += [bit + reserved for bit in _set_bits(tags.bitmap_tags.sb)]
    for number in numbers:
        address = readPtr(table + number * PTR_SIZE)
        if address:
            yield readSU(REQUEST, address)


@memoize_cond(CU_LIVE)
def _operations() -> dict[int, str]:
    """Return {number: name} of the operations: {0: "READ", 1: "WRITE"}."""
    # Commit ff07a02e9e8e ("treewide: Rename enum req_opf into enum req_op", v6.0).
    for name in ("enum req_op", "enum req_opf"):
        try:
            return {number: text.replace("REQ_OP_", "") for text, number in enum_values(name).items()}
        except TypeError:
            continue
    return {}


def request_operation(request: StructResult) -> str:
    """Return what a ``struct request`` does: READ, WRITE, FLUSH, DISCARD, DRV_IN and so on."""
    number = int(request.cmd_flags) & ((1 << REQ_OP_BITS) - 1)
    return _operations().get(number, str(number))


def request_state(request: StructResult) -> str:
    """Return "idle" (not given to the driver yet), "in-flight" (the driver has it) or "complete"."""
    number = int(request.state)
    return STATES.get(number, str(number))


def request_age_ns(request: StructResult, now: int) -> int | None:
    """Return the ns since a ``struct request`` was made; None if the queue takes no time stamps.

    ``now`` is CLOCK_MONOTONIC in ns, see pykdump.linux.cpu.timers.monotonic_ns().
    """
    begun = int(request.start_time_ns)
    return max(now - begun, 0) if begun else None


def request_issued_jiffies(request: StructResult, jiffies: int) -> int | None:
    """Return the jiffies since the driver got a ``struct request``; None if it has not got it, or has no time limit."""
    # blk_add_timer() (block/blk-timeout.c) sets the deadline when it hands the request to the driver.
    if int(request.state) != IN_FLIGHT or not int(request.timeout):
        return None
    return jiffies_between(jiffies, int(request.deadline) - int(request.timeout))


def bios_in_flight(disk: StructResult) -> tuple[int, int]:
    """Return (reads, writes) that a ``struct gendisk`` has accepted and not ended, as in /proc/diskstats.

    This is the only count for disks that work with bios, such as those of the device mapper.
    """
    part0 = disk.part0
    stats = int(part0.bd_stats if part0.hasField("bd_stats") else part0.dkstats)
    rows = [Addr(readSU("struct disk_stats", percpu_ptr(stats, cpu)), "in_flight") for cpu in possible_cpus()]
    reads, writes = (max(sum(readS64(row + 8 * number) for row in rows), 0) for number in (0, 1))
    return reads, writes


def elevator_name(queue: StructResult) -> str:
    """Return the I/O scheduler of a ``struct request_queue``: "mq-deadline"; "none"."""
    elevator = queue.elevator
    return str(elevator.type.elevator_name) if elevator else "none"


def requeued(queue: StructResult) -> int:
    """Return the number of requests that a driver of a ``struct request_queue`` has given back."""
    return len(readListByHead(Addr(queue, "requeue_list"), maxel=MAX_LISTED))


def dispatch_list(hctx: StructResult) -> int:
    """Return the number of requests that the driver of a ``struct blk_mq_hw_ctx`` could not take."""
    return len(readListByHead(Addr(hctx, "dispatch"), maxel=MAX_LISTED))
