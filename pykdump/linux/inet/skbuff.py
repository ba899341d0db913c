# SPDX-License-Identifier: GPL-3.0-or-later
"""Network packets: ``struct sk_buff``, their queues, and the headers in them."""

from __future__ import annotations

from crash import error, readmem, readPtr, readSU

from pykdump.linux.inet import ntodots, ntohl, ntohs
from pykdump.linux.inet.sock import address6
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_QUEUE = 1_000_000
ETH_P_IP, ETH_P_IPV6 = 0x0800, 0x86DD
TCP, UDP = 6, 17
UNSET = 0xFFFF  # an offset of headers that was never set (skb_transport_header_was_set())
TCP_FLAGS = ("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr")


def queued(head: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct sk_buff`` in a ``struct sk_buff_head``. pylog gets the reason if the queue is damaged."""
    end, skb = int(head), readPtr(int(head))
    seen: set[int] = set()
    while skb and skb != end:
        if skb in seen or len(seen) >= MAX_QUEUE:
            pylog.error(f"The queue at {end:#x} comes back to {skb:#x}, or it is endless")
            return
        seen.add(skb)
        yield readSU("struct sk_buff", skb)
        try:
            skb = readPtr(skb)  # next is the first member of struct sk_buff
        except error as problem:
            pylog.error(f"The queue at {end:#x} ends at {skb:#x}: {problem}")
            return


class Packet:
    """A ``struct sk_buff``."""

    def __init__(self, skb: StructResult) -> None:
        self.skb = skb
        self.address = int(skb)

    @property
    def length(self) -> int:
        """Bytes from the current header on."""
        return int(self.skb.len)

    @property
    def data_length(self) -> int:
        """Bytes of these that are in fragments."""
        return int(self.skb.data_len)

    @property
    def memory(self) -> int:
        """Bytes of memory that it takes: ``unsigned int truesize``."""
        return int(self.skb.truesize)

    @property
    def references(self) -> int:
        """``refcount_t users``."""
        return int(self.skb.users.refs.counter)

    @property
    def device(self) -> str | None:
        """The name of its interface, None for none. In the queue of a socket the member has another meaning."""
        pointer = int(self.skb.dev)
        try:
            return str(self.skb.dev.name) if pointer > 1 << 32 else None
        except error:
            return None

    @property
    def protocol(self) -> int:
        """Its EtherType."""
        return ntohs(int(self.skb.protocol))

    @property
    def fragments(self) -> int:
        """The number of fragments in its ``struct skb_shared_info``."""
        # On 64-bit machines ``end`` is an offset (NET_SKBUFF_DATA_USES_OFFSET).
        end = int(self.skb.end)
        shared = end if end > 1 << 32 else int(self.skb.head) + end
        return int(readSU("struct skb_shared_info", shared).nr_frags)

    @property
    def text(self) -> str | None:
        """Its addresses and flags in one line, None if it has no header of IP."""
        head, offset = int(self.skb.head), int(self.skb.network_header)
        if self.protocol not in (ETH_P_IP, ETH_P_IPV6) or offset == UNSET:
            return None
        try:
            return ip_text(head + offset)
        except (error, IndexError):
            return None


def ip_text(address: int) -> str:
    """Return what a ``struct iphdr`` or ``struct ipv6hdr`` and the header behind it say, in one line."""
    if readmem(address, 1)[0] >> 4 == 6:
        v6 = readSU("struct ipv6hdr", address)
        protocol, length, transport = int(v6.nexthdr), ntohs(int(v6.payload_len)), address + 40
        source, target = address6(v6.saddr), address6(v6.daddr)
    else:
        v4 = readSU("struct iphdr", address)
        protocol, length, transport = int(v4.protocol), ntohs(int(v4.tot_len)), address + 4 * int(v4.ihl)
        source, target = ntodots(int(v4.saddr)), ntodots(int(v4.daddr))
    if protocol == TCP:
        return f"tcp {source} > {target}, {length} bytes, {tcp_text(transport)}"
    if protocol == UDP:
        return f"udp {source} > {target}, {length} bytes, {udp_text(transport)}"
    return f"protocol {protocol} {source} > {target}, {length} bytes"


def tcp_text(address: int) -> str:
    """Return what a ``struct tcphdr`` says, in one line."""
    header = readSU("struct tcphdr", address)
    flags = ",".join(name for name in TCP_FLAGS if getattr(header, name))
    numbers = f"seq {ntohl(int(header.seq))} ack {ntohl(int(header.ack_seq))} win {ntohs(int(header.window))}"
    return f"ports {ntohs(int(header.source))} > {ntohs(int(header.dest))} {numbers} [{flags}]"


def udp_text(address: int) -> str:
    """Return what a ``struct udphdr`` says, in one line."""
    header = readSU("struct udphdr", address)
    return f"ports {ntohs(int(header.source))} > {ntohs(int(header.dest))} length {ntohs(int(header.len))}"
