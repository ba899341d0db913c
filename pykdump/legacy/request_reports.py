# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of block devices under the names of the classic's module Dev."""

from __future__ import annotations

from crash import HZ, container_of, enum_values, error, readPtr, readS64

from pykdump.c_constants import dbits2str
from pykdump.legacy.block_reports import check_request_queue, get_request_queues
from pykdump.linux.block import disk_name, get_gendisks
from pykdump.linux.cpu.timers import jiffies_between, jiffies_now, monotonic_ns
from pykdump.linux.devices import blk_requests as blk
from pykdump.linux.percpu import get_cpu_var
from pykdump.lists import readList
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

NS = 1_000_000_000
MAX_DONE = 100_000


def get_blkreq_info() -> tuple[int, int, list[tuple[StructResult, StructResult, int, int]]]:
    """Return (all requests, requests that drivers have, rows) for all disks.

    A row is (``struct request_queue``, ``struct gendisk``, requests, requests that the driver has).
    """
    rows = []
    for queue, (_, disk) in get_request_queues().items():
        try:
            _, in_flight, count = check_request_queue(queue)
        except error as problem:
            pylog.error(f"The queue of {disk_name(disk)} cannot be read: {problem}")
            continue
        if count:
            rows.append((queue, disk, count, in_flight))
    return sum(row[2] for row in rows), sum(row[3] for row in rows), rows


def print_request_queues(v: int = 0) -> int:
    """Print how many requests there are; with ``v`` 1 for each disk, with 2 with addresses. Return the number.

    With ``v`` -1, nothing is printed if there are none.
    """
    count, in_flight, rows = get_blkreq_info()
    if v < 0 and not rows:
        return 0
    print(f" -- Request Queues Analysis:     Count={count}, in_flight={in_flight}")
    for queue, disk, number, driver in rows if v > 0 else ():
        print(f"{disk_name(disk):<16s} count={number:<4d} in_flight={driver:<4d}")
        if v > 1:
            print(f"  {queue}  {disk}")
    return count


def blk_rq_deadline(rq: StructResult) -> int:
    """Return when a ``struct request`` has to be completed, in jiffies."""
    if rq.hasField("deadline"):
        return int(rq.deadline)
    # v4.16 and v4.17 had the state of the request in the lowest bit (block/blk.h).
    return int(getattr(rq, "__deadline")) & ~1


def is_request_WRITE(rq: StructResult) -> bool:
    """Return whether a ``struct request`` transfers data to the device: its operation has an odd number."""
    return bool(int(rq.cmd_flags) & 1)


def is_request_STARTED(rq: StructResult) -> bool:
    """Return whether the driver has a ``struct request``."""
    return blk.request_state(rq) == "in-flight"


def decode_rq_state(rq: StructResult) -> str:
    """Return the operation and the flags of a ``struct request``: "WRITE|SYNC|META"."""
    bits = enum_values("enum req_flag_bits")
    names = {name.replace("__REQ_", ""): 1 << bit for name, bit in bits.items() if bit >= blk.REQ_OP_BITS}
    flags = dbits2str(int(rq.cmd_flags) >> blk.REQ_OP_BITS << blk.REQ_OP_BITS, names)
    return "|".join(filter(None, (blk.request_operation(rq), flags)))


def is_request_BAD(rq: StructResult) -> str | None:
    """Return why a ``struct request`` cannot be one that waits for its completion; None if it looks sound."""
    for name in ("bio", "biotail"):
        if int(getattr(rq, name)) & 3:
            return f"rq.{name} unaligned"
    if not rq.bio:
        return "rq.bio = NULL"
    if not rq.q or int(rq.q) % 4:
        return f"rq.q={int(rq.q):#x}"
    try:
        readS64(int(rq.bio))
        readS64(int(rq.q))
    except error:
        return "rq.bio or rq.q cannot be read"
    return None


def decode_request(
    rq: StructResult, v: int = 0, reqscsmap: dict[StructResult, tuple[object, object]] | None = None
) -> str:
    """Return lines about a ``struct request``: its disk, age and time limit; with ``v`` 2 its flags.

    ``reqscsmap`` may give for a request (SCSI device, SCSI command), which are added.
    """
    bad = is_request_BAD(rq)
    if bad:
        return f"   {rq} BAD: {bad}"
    lines = [f"    {rq}"]
    disk = rq.q.disk if rq.q.hasField("disk") else rq.rq_disk  # v5.16 and v5.17
    if disk:
        lines.append(f"\tdisk_name={disk_name(disk)} major={disk.major}")
    if v > 1:
        lines.append(f"        {decode_rq_state(rq)} rq_flags={int(rq.rq_flags):#x}")
    lines.append(f"\t  started {_age(rq)}" + _time_limit(rq))
    for part in (reqscsmap or {}).get(rq, ()):
        lines.append(f"\t  {part}")
    return "\n".join(lines)


def _age(rq: StructResult) -> str:
    age = blk.request_age_ns(rq, monotonic_ns())
    return "at an unknown time" if age is None else f"{age / NS:.2f} s ago"


def _time_limit(rq: StructResult) -> str:
    if not is_request_STARTED(rq):
        return ""
    left = jiffies_between(blk_rq_deadline(rq), jiffies_now()) / HZ
    return f", times out in {left:5.2f}s" if left > 0 else f", timed out {-left:5.2f}s ago"


def get_blkreq_fromslab() -> list[tuple[int, StructResult]]:
    """Return (jiffies since it was made, ``struct request``) of each request that is not completed, newest first.

    Requests of blk-mq are in no slab cache; they are found by their tags.
    """
    now, rows = monotonic_ns(), []
    for disk in get_gendisks():
        for request in blk.requests_of_queue(disk.queue) if disk.queue.mq_ops else ():
            if not is_request_BAD(request):
                rows.append(((blk.request_age_ns(request, now) or 0) * HZ // NS, request))
    return sorted(rows, key=lambda row: row[0])


def print_request_slab(v: int = 0) -> int:
    """Print how many requests there are and the age of the newest and the oldest; with ``v`` each one."""
    rows = get_blkreq_fromslab()
    if not rows and v < 0:
        return 0
    started, writes = (sum(test(rq) for _, rq in rows) for test in (is_request_STARTED, is_request_WRITE))
    print(f" -- Requests Analysis: Count={len(rows)}, STARTED={started} WRITE={writes}")
    if rows:
        print(f"      -- Since started: newest {rows[0][0] / HZ:8.2f}s,  oldest {rows[-1][0] / HZ:8.2f}s")
        if v < 0:
            pylog.warning("there are outstanding blk_dev requests")
    for _, request in rows if v > 0 else ():
        print(decode_request(request, v))
    return len(rows)


def print_blk_cpu_done(v: int = 0) -> int:
    """Print how many completed requests wait for the softirq of each CPU; return the number for all CPUs.

    With ``v`` 2 each request is printed, with -1 nothing if there are none.
    """
    total, lines = 0, []
    for cpu, address in enumerate(get_cpu_var("blk_cpu_done")):
        # Commit f9ab49184af0 ("blk-mq: Use llist_head for blk_cpu_done", v5.12): request.ipi_list links them.
        nodes = readList(readPtr(address), 0, maxel=MAX_DONE)
        if not nodes:
            continue
        total += len(nodes)
        lines.append(f"   CPU={cpu} Len={len(nodes)}")
        if v > 1:
            lines += [f"   {container_of(node, 'struct request', 'ipi_list')}" for node in nodes]
    if total or v >= 0:
        print(f" -- Requests on blk_cpu_done:    Count={total}")
        if v > 0 and lines:
            print("\n".join(lines))
    return total
