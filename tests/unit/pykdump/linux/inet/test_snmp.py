# SPDX-License-Identifier: GPL-3.0-or-later
"""SNMP counters: sums over CPUs, missing memory of a CPU, types of ICMP."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import snmp  # noqa: E402


class Pointer(int):
    PYT_symbol = "struct tcp_mib"


def test_the_counters_of_all_cpus_are_added(monkeypatch: pytest.MonkeyPatch) -> None:
    def longs(address: int, count: int) -> list[int]:
        if address == 0x208:
            raise fake_crash.CrashError("missing page")
        return {0x108: [1, 2], 0x308: [10, (1 << 64) - 1]}[address]

    monkeypatch.setattr(snmp, "member_size", lambda kind, member: 16)
    monkeypatch.setattr(snmp, "member_offset", lambda kind, member: 8)
    monkeypatch.setattr(snmp, "possible_cpus", lambda: [0, 1, 2])
    monkeypatch.setattr(snmp, "percpu_ptr", lambda pointer, cpu: 0x100 * (cpu + 1))
    monkeypatch.setattr(snmp, "_longs", longs)
    net: Any = SimpleNamespace(mib=SimpleNamespace(tcp_statistics=Pointer(1), udp_statistics=0))
    assert snmp.mib_sums(net, "tcp_statistics") == [11, 1]
    assert snmp.mib_sums(net, "udp_statistics") == []


def test_no_limit_of_connections_is_minus_one() -> None:
    assert snmp.signed_if_limit("MaxConn", (1 << 64) - 1) == -1
    assert snmp.signed_if_limit("InSegs", (1 << 64) - 1) == (1 << 64) - 1


def test_types_of_icmp_have_names_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [0] * 512
    values[8], values[256] = 5, 7  # an echo came in, a reply went out
    monkeypatch.setattr(snmp, "_longs", lambda address, count: values)
    net: Any = SimpleNamespace(mib=SimpleNamespace(icmpmsg_statistics=1))
    found = {
        (c.protocol, c.name): c.value
        for c in snmp._icmp_types(net, "Icmp", "IcmpMsg", "icmpmsg_statistics", {"Echos": 8, "EchoReps": 0})
    }
    assert found == {
        ("Icmp", "InEchos"): 5, ("Icmp", "InEchoReps"): 0, ("Icmp", "OutEchos"): 0, ("Icmp", "OutEchoReps"): 7,
        ("IcmpMsg", "InType8"): 5, ("IcmpMsg", "OutType0"): 7,
    }  # fmt: skip
