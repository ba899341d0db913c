# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of a disk: no disk of the guest had one in flight, so all tags are taken for used, here and in drgn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Inside = Callable[[str, str], Any]
IMPORTS = """
import pykdump.linux.devices.blk_requests as b
from pykdump.commands import blkreq
from pykdump.linux.block import get_disk
def requests():
    before, b._set_bits = b._set_bits, lambda sbitmap: range(sbitmap.depth)
    try:
        return list(blkreq.requests_of("vda", get_disk("vda")))
    finally:
        b._set_bits = before
keys = "address operation state sector size hw_queue tag scheduler_tag cpu timeout_s".split()
"""


def test_requests_equal_those_of_drgn(inside: Inside, drgn_program: Any) -> None:
    import drgn
    from drgn.helpers.linux.block import for_each_disk
    from drgn.helpers.linux.xarray import xa_for_each

    disk = next(d for d in for_each_disk(drgn_program) if d.disk_name.string_() == b"vda")
    operations = {int(e.value): e.name[len("REQ_OP_") :] for e in drgn_program.type("enum req_op").enumerators}
    theirs = []
    for _, entry in xa_for_each(disk.queue.hctx_table.address_of_()):
        hctx = drgn.cast("struct blk_mq_hw_ctx *", entry)
        tags = hctx.sched_tags or hctx.tags
        for number in range(tags.nr_tags.value_()):
            request = tags.static_rqs[number]
            if request.q != disk.queue:
                continue
            theirs.append([
                request.value_(), operations[request.cmd_flags.value_() & 0xFF],
                ["idle", "in-flight", "complete"][request.state.value_()], request.member_("__sector").value_(),
                request.member_("__data_len").value_(),
                request.mq_hctx.queue_num.value_() if request.mq_hctx else None, request.tag.value_(),
                request.internal_tag.value_(), request.mq_ctx.cpu.value_() if request.mq_ctx else None,
                request.timeout.value_() * 4 / 1000,  # a tick of this kernel is 4 ms
            ])  # fmt: skip
    found = inside(IMPORTS, "[[getattr(r, k) for k in keys] for r in requests()]")
    assert found == theirs
    assert len({row[1] for row in found}) > 1, "some tags were used for reads and some for writes"


def test_what_is_accepted_and_not_ended(inside: Inside, drgn_program: Any) -> None:
    from drgn.helpers.linux.block import for_each_disk
    from drgn.helpers.linux.cpumask import for_each_possible_cpu
    from drgn.helpers.linux.percpu import per_cpu_ptr

    theirs = {}
    for disk in for_each_disk(drgn_program):
        stats = [per_cpu_ptr(disk.part0.bd_stats, cpu) for cpu in for_each_possible_cpu(drgn_program)]
        counts = [sum(each.in_flight[n].a.counter.value_() for each in stats) for n in (0, 1)]
        theirs[disk.disk_name.string_().decode()] = [max(count, 0) for count in counts]
    found = inside(
        "from pykdump.linux.block import *\nfrom pykdump.linux.devices.blk_requests import bios_in_flight",
        "{disk_name(d): list(bios_in_flight(d)) for d in get_gendisks()}",
    )
    assert found == theirs
