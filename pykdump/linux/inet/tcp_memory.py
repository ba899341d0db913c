# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory that all TCP sockets use together, and its limits."""

from __future__ import annotations

from crash import MissingMember, readPtr, readS32, readS64, readSU, sym2addr

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.percpu import percpu_ptr, possible_cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult


class TcpMemory:
    """Pages in use, (low, pressure, high) limits in pages, and whether the sockets save memory."""

    def __init__(self, pages: int, limits: tuple[int, int, int], under_pressure: bool) -> None:
        self.pages = pages
        self.limits = limits
        self.under_pressure = under_pressure


def memory() -> TcpMemory:
    """Return the memory of TCP, from ``struct proto tcp_prot``."""
    protocol = readSU("struct proto", sym2addr("tcp_prot"))
    start = int(protocol.sysctl_mem)
    low, pressure, high = (readS64(start + number * PTR_SIZE) for number in range(3))
    flag = int(protocol.memory_pressure)
    return TcpMemory(_pages(protocol), (low, pressure, high), bool(flag and readPtr(flag)))


def _pages(protocol: StructResult) -> int:
    """Return proto_memory_allocated(): what all CPUs share, and what each has put aside."""
    total = readS64(int(protocol.memory_allocated))
    # Commit 0defbb0af775 ("net: add per_cpu_fw_alloc field to struct proto", v6.0).
    try:
        reserve = int(protocol.per_cpu_fw_alloc)
    except MissingMember:
        return total
    return total + sum(readS32(int(percpu_ptr(reserve, cpu))) for cpu in possible_cpus()) if reserve else total
