# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of sysctl variables whose handlers compute the value in a way of their own."""

from __future__ import annotations

from crash import readmem, readPtr, readS32, readSU, readSymbol, readU32, struct_size, sym2addr, symbol_exists, whatis

from pykdump.c_integers import ALIGN, INT_SIZE
from pykdump.linux.clock import kernel_hz

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Union

    Value = Union[str, int, list[Union[int, str]]]
    # From (ctl_table.data, ctl_table.maxlen, ctl_table.procname) to the value that the file shows.
    Reader = Callable[[int, int, str], Value]

USER_HZ = 100
ETH_FRAME_LEN = 1514
CACHE_LINE = 64  # SMP_CACHE_BYTES of most machines
UNKNOWN = "(?)"


def _port_range(data: int, length: int, name: str) -> Value:
    """Return the lowest and the highest local port (net/ipv4/sysctl_net_ipv4.c)."""
    if length:  # int range[2]
        return [readU32(data), readU32(data + INT_SIZE)]
    # Since v6.8 the data is the struct net itself, and one u32 has both numbers (include/net/netns/ipv4.h).
    packed = int(readSU("struct net", data).ipv4.ip_local_ports.range)
    return [packed & 0xFFFF, packed >> 16]


def _time(data: int, length: int, name: str) -> Value:
    """Return a time of a neighbour table, which is in jiffies; its name tells the unit (net/core/neighbour.c)."""
    units = 1000 if name.endswith("_ms") else USER_HZ if name.startswith("retrans") else 1
    return readS32(data) * units // kernel_hz()


def _queue_length(data: int, length: int, name: str) -> Value:
    """Return a number of bytes as the number of full packets: SKB_TRUESIZE(ETH_FRAME_LEN) bytes each."""
    extra = (ALIGN(struct_size(f"struct {each}"), CACHE_LINE) for each in ("sk_buff", "skb_shared_info"))
    return readS32(data) // (ETH_FRAME_LEN + sum(extra))


def _name_behind(suname: str, member: str) -> Reader:
    """Return a reader of a variable that points to a struct with a name."""

    def read(data: int, length: int, name: str) -> Value:
        return str(getattr(readSU(suname, readPtr(data)), member))

    return read


def _static_key(data: int, length: int, name: str) -> Value:
    """Return 1 if the ``struct static_key`` is enabled: its first member counts."""
    return int(readS32(data) > 0)


def _of_variable(variable: str, reader: Reader) -> Reader:
    """Return a reader of a variable of the kernel instead of ctl_table.data."""

    def read(data: int, length: int, name: str) -> Value:
        return reader(sym2addr(variable), length, name) if symbol_exists(variable) else UNKNOWN

    return read


def _hash_key(data: int, length: int, name: str) -> Value:
    """Return the key of netdev_rss_key[] as hexadecimal bytes."""
    dimensions = whatis("netdev_rss_key").ti.dims
    return ":".join(f"{byte:02x}" for byte in readmem(sym2addr("netdev_rss_key"), dimensions[0]))


def _hash_seed(data: int, length: int, name: str) -> Value:
    """Return the seed that a user has set for a ``struct net``. v6.11 (net/ipv4/sysctl_net_ipv4.c)."""
    return int(readSU("struct net", data).ipv4.sysctl_fib_multipath_hash_seed.user_seed)


def _huge_pages(member: str) -> Reader:
    """Return a reader of a number of the default size of huge pages (mm/hugetlb.c)."""

    def read(data: int, length: int, name: str) -> Value:
        if not symbol_exists("hstates"):
            return UNKNOWN
        return int(getattr(readSymbol("hstates")[int(readSymbol("default_hstate_idx"))], member))

    return read


# {handler: reader}
SPECIAL: dict[str, Reader] = {
    "bpf_stats_handler": _static_key,
    "hugetlb_mempolicy_sysctl_handler": _huge_pages("max_huge_pages"),
    "hugetlb_overcommit_handler": _huge_pages("nr_overcommit_huge_pages"),
    "hugetlb_sysctl_handler": _huge_pages("max_huge_pages"),
    "ipv4_local_port_range": _port_range,
    "ipv4_ping_group_range": lambda data, length, name: [readU32(data), readU32(data + INT_SIZE)],
    "ndisc_ifinfo_sysctl_change": _time,
    "neigh_proc_base_reachable_time": _time,
    "neigh_proc_dointvec_unres_qlen": _queue_length,
    "proc_do_rss_key": _hash_key,
    "proc_do_static_key": _static_key,
    "proc_dodebug": lambda data, length, name: f"{readU32(data):#06x}",  # net/sunrpc/sysctl.c
    "proc_fib_multipath_hash_seed": _hash_seed,
    "proc_tcp_congestion_control": _name_behind("struct tcp_congestion_ops", "name"),
    "set_default_qdisc": _of_variable("default_qdisc_ops", _name_behind("struct Qdisc_ops", "id")),
    "sysctl_delayacct": _of_variable("delayacct_on", lambda data, length, name: readS32(data)),
    "sysctl_schedstats": _of_variable("sched_schedstats", _static_key),
}
