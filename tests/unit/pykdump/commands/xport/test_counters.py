# SPDX-License-Identifier: GPL-3.0-or-later
"""Counters of 0, CPUs that dropped packets, and sysctl variables that cannot be read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import Problem  # noqa: E402
from pykdump.commands.xport import counters  # noqa: E402


@pytest.mark.parametrize(("verbose", "names"), [(0, ["InSegs"]), (1, ["InSegs", "OutRsts"])])
def test_counters_of_0_need_v(monkeypatch: pytest.MonkeyPatch, verbose: int, names: list[str]) -> None:
    found = [SimpleNamespace(protocol="Tcp", name=name, value=value) for name, value in (("InSegs", 5), ("OutRsts", 0))]
    monkeypatch.setattr("pykdump.linux.inet.snmp.counters", lambda net: found)
    monkeypatch.setattr(counters, "chosen_nets", lambda options: [1])
    records = counters.snmp(SimpleNamespace(verbose=verbose))  # type: ignore[arg-type]
    assert [record.name for record in records] == names  # type: ignore[attr-defined]


def test_cpus_that_dropped_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    cpus = [SimpleNamespace(cpu=n, dropped=n * 3, address=n) for n in range(2)]
    monkeypatch.setattr("pykdump.linux.inet.devices.softnet.softnet", lambda: iter(cpus))
    monkeypatch.setattr("pykdump.linux.inet.devices.softnet.backlog_limit", lambda: 1000)
    (finding,) = counters.softnet_findings()
    assert finding.message == "CPU 1 has dropped 3 received packets: net.core.netdev_max_backlog is 1000."


def test_variables_below_net(monkeypatch: pytest.MonkeyPatch) -> None:
    def value(variable: Any) -> Any:
        if variable == "damaged":
            raise fake_crash.CrashError("missing page")
        return variable

    tables = {"net.b": [1, 2], "net.a": 7, "kernel.x": 1, "net.c": "damaged"}
    monkeypatch.setattr("pykdump.linux.sysctl.getCtlTables", lambda: tables)
    monkeypatch.setattr("pykdump.linux.sysctl.getCtlData", value)
    *records, problem = counters.sysctl(SimpleNamespace())  # type: ignore[arg-type]
    assert [(record.name, record.value) for record in records] == [("net.a", "7"), ("net.b", "1 2")]  # type: ignore[attr-defined]
    assert isinstance(problem, Problem) and problem.part == "net.c"
