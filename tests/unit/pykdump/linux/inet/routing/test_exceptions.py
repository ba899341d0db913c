# SPDX-License-Identifier: GPL-3.0-or-later
"""Exceptions of routes, which no guest has by itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.routing import exceptions  # noqa: E402


class Struct(SimpleNamespace):
    def __int__(self) -> int:
        return 0x500


def way(table: int) -> Any:
    return SimpleNamespace(common=SimpleNamespace(nhc_exceptions=table), device="eth0", address=0x10)


def test_exceptions_of_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Struct(fnhe_daddr=0x0200000A, fnhe_gw=0, fnhe_pmtu=1400, fnhe_expires=0)
    monkeypatch.setattr(exceptions, "routes4", lambda net: [SimpleNamespace(nexthops=[way(0x1000)])] * 2)
    monkeypatch.setattr(exceptions, "struct_size", lambda name: 8)
    monkeypatch.setattr(
        exceptions, "readSU", lambda name, address: SimpleNamespace(chain=found if address == 0x1000 + 5 * 8 else 0)
    )
    monkeypatch.setattr(exceptions, "readStructNext", lambda first, member: [first])
    (one,) = exceptions.exceptions4(SimpleNamespace())  # type: ignore[arg-type]
    assert (one.destination, one.gateway, one.path_mtu, one.expires, one.device) == (
        "10.0.0.2",
        None,
        1400,
        None,
        "eth0",
    )


def test_exceptions_of_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    def words(last: int) -> Any:
        return SimpleNamespace(in6_u=SimpleNamespace(u6_addr32=[0xFD, 0, 0, last]))

    route = SimpleNamespace(
        rt6i_dst=SimpleNamespace(addr=words(0x01000000)), rt6i_gateway=words(0x02000000), rt6i_flags=0,
        dst=SimpleNamespace(_metrics=0x2001, expires=0),
    )  # fmt: skip
    metrics = [0] * 17
    metrics[1] = 1280
    structs = {
        "struct fib6_nh": SimpleNamespace(rt6i_exception_bucket=0x1001),
        "struct dst_metrics": SimpleNamespace(metrics=metrics),
    }
    monkeypatch.setattr(exceptions, "routes6", lambda net: [SimpleNamespace(nexthops=[way(0)])])
    monkeypatch.setattr(exceptions, "struct_size", lambda name: 16)
    monkeypatch.setattr(exceptions, "readSU", lambda name, address: structs[name])
    monkeypatch.setattr(
        exceptions, "hlist_for_each_entry", lambda name, head, member: [Struct(rt6i=route)] if head == 0x1000 else []
    )
    (one,) = exceptions.exceptions6(SimpleNamespace())  # type: ignore[arg-type]
    assert (one.destination, one.gateway, one.path_mtu, one.expires) == ("fd00::1", "fd00::2", 1280, None)
