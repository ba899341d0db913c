# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways of a route: gateways of both families, nexthop objects and groups."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.routing import nexthops  # noqa: E402


class Common(int):
    """A struct fib_nh_common."""

    nhc_gw_family, nhc_weight, nhc_flags, nhc_dev = 0, 1, 0, 0
    nhc_gw: Any = None


def common(address: int, **members: Any) -> Any:
    found = Common(address)
    for name, value in members.items():
        setattr(found, name, value)
    return found


def test_gateways_of_both_families() -> None:
    words = SimpleNamespace(in6_u=SimpleNamespace(u6_addr32=[0x77FD, 0, 0, 0x02000000]))
    four = common(1, nhc_gw_family=2, nhc_gw=SimpleNamespace(ipv4=0x0200000A))
    six = common(2, nhc_gw_family=10, nhc_gw=SimpleNamespace(ipv6=words), nhc_flags=1)
    assert [nexthops.NextHop(way, 1).gateway for way in (four, six, common(3))] == ["10.0.0.2", "fd77::2", None]
    assert nexthops.NextHop(six, 1).flags == ("dead",) and nexthops.NextHop(four, 1).device is None


def test_a_nexthop_object() -> None:
    single: Any = SimpleNamespace(is_group=False, nh_info=SimpleNamespace(fib_nhc=common(5)))
    assert [way.address for way in nexthops.of_ipv4(SimpleNamespace(nh=single))] == [5]  # type: ignore[arg-type]


def test_a_group_of_nexthop_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    def entry(kind: str, address: int) -> Any:
        return SimpleNamespace(nh=SimpleNamespace(nh_info=SimpleNamespace(fib_nhc=common(address))), weight=address)

    monkeypatch.setattr(nexthops, "Addr", lambda struct, member: 100)
    monkeypatch.setattr(nexthops, "struct_size", lambda name: 8)
    monkeypatch.setattr(nexthops, "readSU", entry)
    group: Any = SimpleNamespace(is_group=True, nh_grp=SimpleNamespace(num_nh=2))
    assert [(way.address, way.weight) for way in nexthops.of_ipv6(SimpleNamespace(nh=group))] == [
        (100, 100),
        (108, 108),
    ]  # type: ignore[arg-type]
