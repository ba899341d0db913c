# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a route leads: ``struct fib_nh_common``, alone, in a route, or in a nexthop object."""

from __future__ import annotations

from crash import Addr, readSU, struct_size

from pykdump.linux.inet import ntodots
from pykdump.linux.inet.routing.names import NEXTHOP_FLAGS, flag_names
from pykdump.linux.inet.sock import AF_INET, AF_INET6, address6

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_PATHS = 10_000


class NextHop:
    """One way of a route."""

    def __init__(self, common: StructResult, weight: int) -> None:
        self.common = common
        self.address = int(common)
        self.weight = weight

    @property
    def gateway(self) -> str | None:
        """The address of the gateway, None if the destination is on the link."""
        family = int(self.common.nhc_gw_family)
        if family == AF_INET:
            return ntodots(int(self.common.nhc_gw.ipv4))
        return address6(self.common.nhc_gw.ipv6) if family == AF_INET6 else None

    @property
    def device(self) -> str | None:
        """The name of the interface, None for none."""
        return str(self.common.nhc_dev.name) if self.common.nhc_dev else None

    @property
    def flags(self) -> tuple[str, ...]:
        """ "dead", "linkdown", "onlink" and so on."""
        return flag_names(NEXTHOP_FLAGS, self.common.nhc_flags)


def of_ipv4(info: StructResult) -> Iterator[NextHop]:
    """Yield each way of a ``struct fib_info``."""
    # Commit 4c7e8084fd46 ("ipv4: Plumb support for nexthop object in a fib_info", v5.3).
    if info.nh:
        yield from of_object(info.nh)
        return
    start, size = Addr(info, "fib_nh"), struct_size("struct fib_nh")
    for number in range(min(int(info.fib_nhs), MAX_PATHS)):
        common = readSU("struct fib_nh", start + number * size).nh_common
        yield NextHop(common, int(common.nhc_weight))


def of_ipv6(info: StructResult) -> Iterator[NextHop]:
    """Yield the way of one ``struct fib6_info``, or all ways of its nexthop object."""
    # Commit f88d8ea67fbd ("ipv6: Plumb support for nexthop object in a fib6_info", v5.3).
    if info.nh:
        yield from of_object(info.nh)
        return
    common = readSU("struct fib6_nh", Addr(info, "fib6_nh")).nh_common
    yield NextHop(common, int(common.nhc_weight))


def of_object(nexthop: StructResult) -> Iterator[NextHop]:
    """Yield each way of a ``struct nexthop``."""
    if not nexthop.is_group:
        yield NextHop(nexthop.nh_info.fib_nhc, 1)
        return
    group = nexthop.nh_grp
    start, size = Addr(group, "nh_entries"), struct_size("struct nh_grp_entry")
    for number in range(min(int(group.num_nh), MAX_PATHS)):
        entry = readSU("struct nh_grp_entry", start + number * size)
        yield NextHop(entry.nh.nh_info.fib_nhc, int(entry.weight))
