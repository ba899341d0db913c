# SPDX-License-Identifier: GPL-3.0-or-later
"""Exceptions of routes: other gateways and path MTUs that ICMP messages have told.

Kernels before v3.6 had a cache of routes instead (commit 89aef8921bfb, "ipv4: Delete routing cache.").
"""

from __future__ import annotations

from crash import error, readSU, struct_size

from pykdump.linux.inet import ntodots
from pykdump.linux.inet.routing.routes4 import routes4
from pykdump.linux.inet.routing.routes6 import routes6
from pykdump.linux.inet.sock import address6
from pykdump.linux.inet.times import seconds_until
from pykdump.lists import hlist_for_each_entry, readStructNext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

BUCKETS4 = 2048  # FNHE_HASH_SIZE (include/net/ip_fib.h)
BUCKETS6 = 1024  # FIB6_EXCEPTION_BUCKET_SIZE (include/net/ip6_fib.h)
# The low bits of rt6i_exception_bucket are a flag (FIB6_EXCEPTION_BUCKET_FLUSHED, v5.2).
FLUSHED = 1


class Exception4:
    """A ``struct fib_nh_exception``."""

    def __init__(self, exception: StructResult, device: str | None) -> None:
        self.exception = exception
        self.address = int(exception)
        self.device = device

    @property
    def destination(self) -> str:
        """The address that it is about."""
        return ntodots(int(self.exception.fnhe_daddr))

    @property
    def gateway(self) -> str | None:
        """The gateway to use, None if it is unchanged."""
        gateway = int(self.exception.fnhe_gw)
        return ntodots(gateway) if gateway else None

    @property
    def path_mtu(self) -> int | None:
        """The MTU of the path, None if it is unchanged."""
        return int(self.exception.fnhe_pmtu) or None

    @property
    def expires(self) -> float | None:
        """Seconds until it is forgotten, None for never."""
        expires = int(self.exception.fnhe_expires)
        return seconds_until(expires) if expires else None


class Exception6:
    """A ``struct rt6_exception``."""

    RTF_EXPIRES = 0x00400000
    MTU = 1

    def __init__(self, exception: StructResult, device: str | None) -> None:
        self.exception = exception
        self.address = int(exception)
        self.device = device
        self.route: StructResult = exception.rt6i

    @property
    def destination(self) -> str:
        """The address that it is about."""
        return address6(self.route.rt6i_dst.addr)

    @property
    def gateway(self) -> str | None:
        """The gateway to use, None if the destination is on the link."""
        gateway = address6(self.route.rt6i_gateway)
        return None if gateway in ("::", self.destination) else gateway

    @property
    def path_mtu(self) -> int | None:
        """The MTU of the path, None if it is unchanged."""
        metrics = int(self.route.dst._metrics) & ~3
        return int(readSU("struct dst_metrics", metrics).metrics[self.MTU]) or None if metrics else None

    @property
    def expires(self) -> float | None:
        """Seconds until it is forgotten, None for never."""
        return seconds_until(int(self.route.dst.expires)) if self.route.rt6i_flags & self.RTF_EXPIRES else None


def exceptions4(net: StructResult) -> Iterator[Exception4]:
    """Yield a view of each exception of the IPv4 routes of a ``struct net``."""
    size, seen = struct_size("struct fnhe_hash_bucket"), set()
    for route in routes4(net):
        for way in route.nexthops:
            table = int(way.common.nhc_exceptions)
            if not table or table in seen:  # routes may share a nexthop
                continue
            seen.add(table)
            for number in range(BUCKETS4):
                first = readSU("struct fnhe_hash_bucket", table + number * size).chain
                for exception in readStructNext(first, "fnhe_next") if first else ():
                    yield Exception4(exception, way.device)


def exceptions6(net: StructResult) -> Iterator[Exception6]:
    """Yield a view of each exception of the IPv6 routes of a ``struct net``."""
    size, seen = struct_size("struct rt6_exception_bucket"), set()
    for route in routes6(net):
        for way in route.nexthops:
            try:
                table = int(readSU("struct fib6_nh", way.address).rt6i_exception_bucket) & ~FLUSHED
            except error:
                continue
            if not table or table in seen:
                continue
            seen.add(table)
            for number in range(BUCKETS6):
                for exception in hlist_for_each_entry("struct rt6_exception", table + number * size, "hlist"):
                    yield Exception6(exception, way.device)
