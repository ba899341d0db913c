# SPDX-License-Identifier: GPL-3.0-or-later
"""Network devices and their addresses."""

from __future__ import annotations

from crash import Addr, readSU

from pykdump.linux.inet import get_ns_net, ntodots, ntohl
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_DEVICES = 1_000_000


def dev_base_list(net: StructResult | None = None) -> list[StructResult]:
    """Return each ``struct net_device`` of a ``struct net``, by default of get_ns_net()."""
    head = Addr(net if net is not None else get_ns_net(), "dev_base_head")
    return readSUListFromHead(head, "dev_list", "struct net_device", maxel=MAX_DEVICES)


def hwaddr2str(ha: bytes, l: int) -> str:  # noqa: E741 - programs may pass l by name
    """Return the first ``l`` bytes of a hardware address as "00:11:22:33:44:55"."""
    return ":".join(f"{byte:02x}" for byte in bytes(ha[:l]))


def get_ifa_list(dev: StructResult) -> Iterator[StructResult]:
    """Yield each ``struct in_ifaddr`` (IPv4 address) of a ``struct net_device``."""
    if not dev.ip_ptr:
        return
    ifa = readSU("struct in_device", int(dev.ip_ptr)).ifa_list
    while ifa:
        yield ifa
        ifa = ifa.ifa_next


def get_host_IPs() -> list[str]:
    """Return all IPv4 addresses of the host except those of the loopback network."""
    found = [ifa.ifa_local for dev in dev_base_list() for ifa in get_ifa_list(dev)]
    return [ntodots(local) for local in found if ntohl(local) >> 24 != 127]
