# SPDX-License-Identifier: GPL-3.0-or-later
"""Counters of interfaces: which driver keeps them where, on today's and older kernels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.devices import counters  # noqa: E402


class Struct(SimpleNamespace):
    def __getattr__(self, name: str) -> Any:
        raise fake_crash.MissingMember(name)

    def __int__(self) -> int:
        return 0x1000

    def hasField(self, name: str) -> bool:
        return name in vars(self)


class Enum(int):
    def __repr__(self) -> str:
        return "NETDEV_PCPU_STAT_TSTATS"


def device(function: int = 0, **members: Any) -> Any:
    operations = SimpleNamespace(ndo_get_stats64=function, ndo_get_stats=0)
    stats = Struct(**dict.fromkeys(counters.NAMES[:-1], 1))
    return Struct(netdev_ops=operations, stats=stats, core_stats=0, **members)


@pytest.fixture(autouse=True)
def cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two CPUs; a counter at an offset is 10 times the offset plus the CPU."""
    monkeypatch.setattr(counters, "possible_cpus", lambda: [0, 1])
    monkeypatch.setattr(counters, "percpu_ptr", lambda pointer, cpu: cpu)
    monkeypatch.setattr(counters, "member_offset", lambda struct, name: 100)
    monkeypatch.setattr(counters, "readU64", lambda address: address)
    names = {1: "dev_get_tstats64", 2: "loopback_get_stats64", 3: "dummy_get_stats64", 9: "ixgbe_get_stats64"}
    monkeypatch.setattr(counters, "addr2sym", names.get)


def test_a_driver_without_a_function_counts_in_the_device() -> None:
    found = counters.counters(device())
    assert found is not None and found["rx_packets"] == found["tx_errors"] == 1 and found["rx_nohandler"] == 0


def test_the_kernel_says_where_the_counters_are() -> None:
    found = counters.counters(device(pcpu_stat_type=Enum(2), tstats=1))
    assert found is not None and (found["rx_packets"], found["rx_errors"]) == (201, 1)


@pytest.mark.parametrize(("function", "received", "sent"), [(1, 201, 201), (2, 201, 201), (3, 0, 201)])
def test_the_function_says_where_the_counters_are(function: int, received: int, sent: int) -> None:
    found = counters.counters(device(function, tstats=1, lstats=1))
    assert found is not None and (found["rx_packets"], found["tx_packets"]) == (received, sent)


def test_a_driver_that_is_not_known_keeps_its_secret() -> None:
    assert counters.counters(device(9)) is None


def test_what_the_kernel_dropped_itself() -> None:
    today = device()
    today.core_stats = 1
    found = counters.counters(today)
    assert found is not None and (found["rx_dropped"], found["rx_nohandler"]) == (1 + 201, 201)
    older = device()
    del older.core_stats
    for name in ("rx_dropped", "tx_dropped", "rx_nohandler"):
        setattr(older, name, SimpleNamespace(counter=7))
    found = counters.counters(older)
    assert found is not None and (found["rx_dropped"], found["rx_nohandler"]) == (8, 7)


def test_the_part_of_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "struct_size", lambda name: 2305)
    monkeypatch.setattr(counters, "Addr", lambda struct, member: 0x99)
    assert counters.private_of(device()) == 0x1000 + 2336
    assert counters.private_of(device(priv=1)) == 0x99
