# SPDX-License-Identifier: GPL-3.0-or-later
"""What each CPU does with received packets: ``struct softnet_data``, as in /proc/net/softnet_stat."""

from __future__ import annotations

from crash import MissingMember, readS32, readSU, sym2addr

from pykdump.linux.inet.skbuff import queued
from pykdump.linux.percpu import get_cpu_var, possible_cpus, running_cpus
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_PACKETS = 1_000_000


class Softnet:
    """The ``struct softnet_data`` of a CPU."""

    def __init__(self, data: StructResult, cpu: int) -> None:
        self.data = data
        self.address = int(data)
        self.cpu = cpu

    @property
    def processed(self) -> int:
        """Packets that it has processed."""
        return int(self.data.processed)

    @property
    def dropped(self) -> int:
        """Packets that did not fit into its backlog."""
        # It became an atomic_t in v6.10 (include/linux/netdevice.h).
        dropped = self.data.dropped
        return int(dropped.counter if hasattr(dropped, "counter") else dropped)

    @property
    def squeezed(self) -> int:
        """How often there was no time to process all packets."""
        return int(self.data.time_squeeze)

    @property
    def steered(self) -> int:
        """Packets that other CPUs have passed to it (RPS)."""
        try:
            return int(self.data.received_rps)
        except MissingMember:  # a kernel without CONFIG_RPS
            return 0

    @property
    def backlog(self) -> int:
        """Packets that wait: those that arrived, and those that it has begun to process."""
        return int(self.data.input_pkt_queue.qlen) + int(self.data.process_queue.qlen)

    @property
    def completed(self) -> int:
        """Packets that were sent and wait to be freed."""
        skb, count = self.data.completion_queue, 0
        while skb and count < MAX_PACKETS:
            skb, count = skb.next, count + 1
        return count

    @property
    def polling(self) -> tuple[str, ...]:
        """The interfaces whose packets it is going to poll."""
        found = readSUListFromHead(int(self.data.poll_list), "poll_list", "struct napi_struct")
        return tuple(str(napi.dev.name) if napi.dev else "backlog" for napi in found)

    def packets(self) -> Iterator[StructResult]:
        """Yield each ``struct sk_buff`` in its backlog."""
        yield from queued(self.data.process_queue)
        yield from queued(self.data.input_pkt_queue)


def softnet() -> Iterator[Softnet]:
    """Yield a view for each CPU that is online."""
    online = set(running_cpus())
    for cpu, address in zip(possible_cpus(), get_cpu_var("softnet_data")):
        if cpu in online:
            yield Softnet(readSU("struct softnet_data", address), cpu)


def backlog_limit() -> int | None:
    """Return how many packets may wait on a CPU: net.core.netdev_max_backlog. None if it cannot be found."""
    # v6.9 moved it into struct net_hotdata (include/net/hotdata.h).
    address = sym2addr("netdev_max_backlog")
    if address:
        return readS32(address)
    place = sym2addr("net_hotdata")
    try:
        return int(readSU("struct net_hotdata", place).max_backlog) if place else None
    except MissingMember:
        return None
