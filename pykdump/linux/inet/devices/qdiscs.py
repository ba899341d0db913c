# SPDX-License-Identifier: GPL-3.0-or-later
"""Queueing disciplines (qdiscs) of network interfaces."""

from __future__ import annotations

from crash import Addr, member_offset, readSU, readU64

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.percpu import percpu_ptr, possible_cpus
from pykdump.lists import hlist_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

# include/net/sch_generic.h: TCQ_F_*
BUILTIN, INVISIBLE, PER_CPU = 0x01, 0x80, 0x20
ROOT = 0xFFFFFFFF  # TC_H_ROOT
HASH_SIZE = 16  # net_device.qdisc_hash has 1 << 4 buckets


class QueueingDiscipline:
    """A ``struct Qdisc``."""

    def __init__(self, qdisc: StructResult, device: str) -> None:
        self.qdisc = qdisc
        self.address = int(qdisc)
        self.device = device

    @property
    def discipline(self) -> str:
        """ "fq_codel", "noqueue" and so on."""
        return str(self.qdisc.ops.id)

    @property
    def handle(self) -> str:
        """Its name: "8001:"."""
        return f"{int(self.qdisc.handle) >> 16:x}:"

    @property
    def parent(self) -> str:
        """The class that it belongs to: "1:3"; "root" for none."""
        number = int(self.qdisc.parent)
        if number in (ROOT, 0):
            return "root"
        return f"{number >> 16:x}:{number & 0xFFFF or '':x}" if number & 0xFFFF else f"{number >> 16:x}:"

    @property
    def sent_bytes(self) -> int:
        """Bytes that it has sent."""
        return self._sum("bytes")

    @property
    def sent_packets(self) -> int:
        """Packets that it has sent."""
        return self._sum("packets")

    def _sum(self, name: str) -> int:
        stats = self.qdisc.bstats
        offset = member_offset(stats.PYT_symbol, name)
        total = readU64(int(stats) + offset)
        if self._is_per_cpu:
            total += sum(readU64(int(percpu_ptr(int(self.qdisc.cpu_bstats), cpu)) + offset) for cpu in possible_cpus())
        return total

    @property
    def _is_per_cpu(self) -> bool:
        return bool(self.qdisc.flags & PER_CPU and self.qdisc.cpu_bstats)

    def _queue_sum(self, name: str) -> int:
        total = int(getattr(self.qdisc.qstats, name))
        if self._is_per_cpu:
            for cpu in possible_cpus():
                each = readSU("struct gnet_stats_queue", int(percpu_ptr(int(self.qdisc.cpu_qstats), cpu)))
                total += int(getattr(each, name))
        return total & 0xFFFFFFFF

    @property
    def queued_packets(self) -> int:
        """Packets that wait in it."""
        waiting = self._queue_sum("qlen") if self._is_per_cpu else 0
        return (waiting + int(self.qdisc.q.qlen)) & 0xFFFFFFFF

    @property
    def queued_bytes(self) -> int:
        """Bytes that wait in it."""
        return self._queue_sum("backlog")

    @property
    def drops(self) -> int:
        """Packets that it has dropped."""
        return self._queue_sum("drops")

    @property
    def requeues(self) -> int:
        """Packets that the driver gave back."""
        return self._queue_sum("requeues")

    @property
    def overlimits(self) -> int:
        """How often a limit delayed packets."""
        return self._queue_sum("overlimits")


def qdiscs(device: StructResult) -> Iterator[QueueingDiscipline]:
    """Yield a view of each qdisc of a ``struct net_device`` that tc shows, the root first."""
    name, seen = str(device.name), set()
    for qdisc in _all(device):
        if int(qdisc) not in seen:
            seen.add(int(qdisc))
            if not qdisc.flags & (BUILTIN | INVISIBLE):
                yield QueueingDiscipline(qdisc, name)


def _all(device: StructResult) -> Iterator[StructResult]:
    if device.qdisc:
        yield device.qdisc
    if device.hasField("qdisc_hash"):
        start = Addr(device, "qdisc_hash")
        for number in range(HASH_SIZE):
            yield from hlist_for_each_entry("struct Qdisc", start + number * PTR_SIZE, "hash")
    if device.ingress_queue:
        yield device.ingress_queue.qdisc_sleeping
