# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks, compared with the guest's /proc/partitions and /proc/diskstats and with crash's dev."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from support.session import CrashSession
from support.truth import Truth

Inside = Callable[[str, str], Any]
BLOCK = "from LinuxDump.block import *"


def test_disks_equal_those_of_the_guest(inside: Inside, truth: Truth) -> None:
    expected = [line.split() for line in truth.lines("proc/diskstats")]
    found = inside(BLOCK, "[[*disk_devt(d), disk_name(d)] for d in get_gendisks()]")
    assert found == [[int(row[0]), int(row[1]), row[2]] for row in expected]
    assert len(found) > 4


def test_sizes_equal_those_of_the_guest(inside: Inside, truth: Truth) -> None:
    expected = {row[3]: int(row[2]) for row in (line.split() for line in truth.lines("proc/partitions")[2:])}
    found = inside(BLOCK, "{disk_name(d): disk_sectors(d) // 2 for d in get_gendisks() if disk_sectors(d)}")
    assert found == expected


def test_counts_of_requests(inside: Inside, truth: Truth) -> None:
    """Of the disks that the recorder does not use itself."""
    rows = {row[2]: [int(word) for word in row[3:10]] for row in map(str.split, truth.lines("proc/diskstats"))}
    for name in ("loop0", "nullb0"):
        reads, read_merges, read_sectors, _, writes, write_merges, write_sectors = rows[name]
        found = inside(BLOCK, f"[disk_stat(get_disk({name!r}), group) for group in (0, 1)]")
        assert found == [[reads, read_merges, read_sectors], [writes, write_merges, write_sectors]]
    assert inside(BLOCK, "get_disk('sdz')") is None


def test_disks_and_queues_equal_those_of_crash(inside: Inside, crash_session: CrashSession) -> None:
    rows = re.findall(r"^ *(\d+) ([0-9a-f]{16}) +(\S+) +([0-9a-f]{16}) +(\d+)", crash_session.run("dev -d"), re.M)
    assert rows
    for major, disk, name, queue, busy in rows:
        expression = "(lambda d: [int(d.major), '%x' % d, '%x' % d.queue, len(get_queue_requests(d.queue))])"
        assert inside(BLOCK, f"{expression}(get_disk({name!r}))") == [int(major), disk, queue, int(busy)]
        assert inside(BLOCK, f"['%x' % q for q in get_all_request_queues({name!r})]") == [queue]


def test_hardware_queues(inside: Inside, drgn_program: Any) -> None:
    from drgn.helpers.linux.block import for_each_disk

    theirs = {d.disk_name.string_().decode(): d.queue.nr_hw_queues.value_() for d in for_each_disk(drgn_program)}
    assert inside(BLOCK, "{disk_name(d): len(get_hw_queues(d.queue)) for d in get_gendisks()}") == theirs


def test_requests_that_are_taken(inside: Inside, drgn_program: Any) -> None:
    """No disk of the guest had one in flight. If all tags were taken, they would be those that were ever used."""
    import drgn
    from drgn.helpers.linux.block import for_each_disk
    from drgn.helpers.linux.xarray import xa_for_each

    disk = next(d for d in for_each_disk(drgn_program) if d.disk_name.string_() == b"vda")
    theirs = set()
    for _, entry in xa_for_each(disk.queue.hctx_table.address_of_()):
        hctx = drgn.cast("struct blk_mq_hw_ctx *", entry)
        tags = hctx.sched_tags or hctx.tags
        requests = [tags.static_rqs[n] for n in range(tags.nr_tags)]
        theirs |= {request.value_() for request in requests if request.q == disk.queue}
    found = inside(
        "import pykdump.linux.block as b\nfrom LinuxDump.block import *\n"
        "def requests():\n    before, b._set_bits = b._set_bits, lambda s: range(s.depth)\n"
        "    try: return get_queue_requests(get_disk('vda').queue)\n    finally: b._set_bits = before",
        "[[int(r), r._reqinfo_.state, r._reqinfo_.rq_alloc <= 0] for r in requests()]",
    )
    assert theirs
    assert {row[0] for row in found} == theirs
    assert {(row[1], row[2]) for row in found} == {("MQ_RQ_IDLE", True)}


def test_device_numbers(inside: Inside) -> None:
    assert inside(BLOCK, "[decode_devt(254 << 20 | 16), decode_devt(0)]") == [[254, 16], [0, 0]]
