# SPDX-License-Identifier: GPL-3.0-or-later
"""blkreq: requests of block devices that are not completed, with their age.

First the disks with requests, or whose queue is stopped:

  READS, WRITES  what the disk has accepted and not ended, as in /proc/diskstats
  REQUESTS       requests with a tag; a disk of the device mapper has none
  REQUEUED       requests that the driver has given back
  FROZEN         how often the queue is frozen (0: it is not); QUIESCED the same for a queue that gives out nothing

Then each request:

  STATE   idle: the driver has not got it yet; in-flight: the driver has it; complete
  AGE     the time since it was made; "?" if the queue takes no time stamps
  ISSUED  the time since the driver got it; "-" if it has not got it
  OP      READ, WRITE, FLUSH, DISCARD...

A finding names each request that the driver has had for longer than its timeout.

  blkreq sda sdb     of these disks only
  blkreq --all       also disks without requests
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, Section, item
from pykdump.command_layer.events import UNREADABLE, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts

NS = 1_000_000_000
SECTOR = 512


@dataclass
class Disk:
    """A disk and its request queue."""

    name: str = item("its name")
    disk: int = item("struct gendisk *", unit="address")
    queue: int = item("struct request_queue *", unit="address")
    reads: int = item("reads that it has accepted and not ended")
    writes: int = item("writes that it has accepted and not ended")
    requests: int = item("requests with a tag")
    requeued: int = item("requests that the driver has given back")
    dispatch: int = item("requests that the driver could not take")
    hw_queues: int = item("number of hardware queues; 0 for a disk that works with bios")
    scheduler: str = item("its I/O scheduler")
    frozen: int = item("how often its queue is frozen")
    quiesced: int = item("how often its queue is quiesced")


@dataclass
class Request:
    """A request: a struct request."""

    address: int = item("struct request *", unit="address")
    disk: str = item("the name of the disk")
    operation: str = item("READ, WRITE, FLUSH, DISCARD and so on")
    state: str = item("idle, in-flight or complete")
    age_s: float | None = item("time since it was made; null without time stamps", unit="s")
    issued_s: float | None = item("time since the driver got it; null if it has not got it", unit="s")
    timeout_s: float = item("how long the driver may take", unit="s")
    sector: int = item("the first sector", unit="sectors of 512 bytes")
    size: int = item("what is left to transfer", unit="bytes")
    hw_queue: int | None = item("the number of the hardware queue; null if it has none yet")
    tag: int = item("its tag at the driver; -1 if it has none")
    scheduler_tag: int = item("its tag at the I/O scheduler; -1 without one")
    cpu: int | None = item("the CPU from which it came; null if it is not known")

    @property
    def issued_text(self) -> str:
        """The time since the driver got it."""
        return "-" if self.issued_s is None else _seconds(self.issued_s)


def _seconds(value: float) -> str:
    return f"{value:.3f} s"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of blkreq."""
    parser.add_argument("disks", nargs="*", metavar="DISK", help="only these disks")
    parser.add_argument("-a", "--all", action="store_true", help="also disks without requests")
    parser.add_argument("-v", action="store_true", help="the same as --all")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield disks, then their requests, the oldest first, and findings about them."""
    from pykdump.linux.block import disk_name, get_disk, get_gendisks

    yield from (
        Problem(f"the disk {name}", "there is no such disk") for name in options.disks if get_disk(name) is None
    )
    everything = options.all or options.v or bool(options.disks)
    requests: list[Request] = []
    problems: list[Problem] = []
    yield Section("Disks")
    for disk in get_gendisks():
        name = disk_name(disk)
        if options.disks and name not in options.disks:
            continue
        try:
            found = list(requests_of(name, disk))
            requests += [each for each in found if isinstance(each, Request)]
            problems += [each for each in found if isinstance(each, Problem)]
            record = _disk(name, disk, len(found))
        except UNREADABLE as problem:
            yield Problem(f"the disk {name}", reason_of(problem))
            continue
        if everything or record.requests or record.reads or record.writes or record.frozen or record.quiesced:
            yield record
    yield Section("Requests")
    yield from sorted(requests, key=lambda request: -(request.age_s or request.issued_s or 0.0))
    yield from problems
    yield from findings(requests)


def _disk(name: str, disk: StructResult, requests: int) -> Disk:
    from pykdump.linux.block import get_hw_queues
    from pykdump.linux.devices import blk_requests as blk

    queue = disk.queue
    hctxs = get_hw_queues(queue) if queue.mq_ops else []
    reads, writes = blk.bios_in_flight(disk)
    return Disk(
        name=name,
        disk=int(disk),
        queue=int(queue),
        reads=reads,
        writes=writes,
        requests=requests,
        requeued=blk.requeued(queue),
        dispatch=sum(blk.dispatch_list(hctx) for hctx in hctxs),
        hw_queues=len(hctxs),
        scheduler=blk.elevator_name(queue),
        frozen=int(queue.mq_freeze_depth),
        # Commit e70feb8b3e68 ("blk-mq: support concurrent queue quiesce/unquiesce", v5.16).
        quiesced=int(queue.quiesce_depth) if queue.hasField("quiesce_depth") else 0,
    )


def requests_of(name: str, disk: StructResult) -> Iterator[Request | Problem]:
    """Yield the Requests of a ``struct gendisk``."""
    from pykdump.linux.clock import kernel_hz
    from pykdump.linux.cpu.timers import jiffies_now, monotonic_ns
    from pykdump.linux.devices.blk_requests import requests_of_queue

    if not disk.queue.mq_ops:
        return
    now, jiffies, hz = monotonic_ns(), jiffies_now(), kernel_hz()
    for request in requests_of_queue(disk.queue):
        try:
            yield _request(name, request, now, jiffies, hz)
        except UNREADABLE as problem:
            yield Problem(f"the request at {int(request):#x}", reason_of(problem))


def _request(name: str, request: StructResult, now: int, jiffies: int, hz: int) -> Request:
    from pykdump.linux.devices import blk_requests as blk

    age, issued = blk.request_age_ns(request, now), blk.request_issued_jiffies(request, jiffies)
    hctx, context = request.mq_hctx, request.mq_ctx
    return Request(
        address=int(request),
        disk=name,
        operation=blk.request_operation(request),
        state=blk.request_state(request),
        age_s=None if age is None else age / NS,
        issued_s=None if issued is None else issued / hz,
        timeout_s=int(request.timeout) / hz,
        sector=int(request.__sector),
        size=int(request.__data_len),
        hw_queue=int(hctx.queue_num) if hctx else None,
        tag=int(request.tag),
        scheduler_tag=int(request.internal_tag),
        cpu=int(context.cpu) if context else None,
    )


def findings(requests: list[Request]) -> Iterator[Finding]:
    """Yield a finding for each request that the driver has had for too long."""
    for request in requests:
        if request.issued_s is not None and request.issued_s > request.timeout_s:
            yield Finding(
                "block-request-overdue",
                f"The driver of {request.disk} has had a {request.operation} for {request.issued_s:.0f} s; "
                f"its timeout is {request.timeout_s:.0f} s.",
                addresses=(request.address,),
            )


TABLES: Layouts = {
    Disk: (
        Column("DISK", "name", left=True),
        Column("GENDISK", "disk", address=True),
        Column("QUEUE", "queue", address=True),
        Column("READS", "reads"),
        Column("WRITES", "writes"),
        Column("REQUESTS", "requests"),
        Column("REQUEUED", "requeued"),
        Column("HWQ", "hw_queues"),
        Column("FROZEN", "frozen"),
        Column("QUIESCED", "quiesced"),
        Column("SCHEDULER", "scheduler", left=True),
    ),
    Request: (
        Column("REQUEST", "address", address=True),
        Column("DISK", "disk", left=True),
        Column("OP", "operation", left=True),
        Column("STATE", "state", left=True),
        Column("AGE", "age_s", show=_seconds),
        Column("ISSUED", "issued_text"),
        Column("SECTOR", "sector"),
        Column("SIZE", "size"),
        Column("HWQ", "hw_queue"),
        Column("TAG", "tag"),
        Column("CPU", "cpu"),
    ),
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
