# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes as the classic printed them: flags, gateways of another family, exceptions, rules."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import routing_reports as reports  # noqa: E402

AF_INET, AF_INET6 = 2, 10


def way(device: str | None, gateway: str | None, family: int = 0, ipv4: int = 0) -> Any:
    common = SimpleNamespace(nhc_gw_family=family, nhc_gw=SimpleNamespace(ipv4=ipv4))
    return SimpleNamespace(device=device, gateway=gateway, common=common)


def route(key: int, length: int, kind: int = 1, ways: list[Any] | None = None, mss: int | None = None) -> Any:
    return SimpleNamespace(
        alias=SimpleNamespace(fa_type=kind), key=key, prefix_length=length, nexthops=ways or [], metric=5,
        advertised_mss=mss,
    )  # fmt: skip


@pytest.mark.parametrize(("length", "mask"), [(0, 0), (8, 0xFF), (22, 0x00FCFFFF), (32, 0xFFFFFFFF)])
def test_masks(length: int, mask: int) -> None:
    assert reports.inet_make_mask(length) == mask


def test_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        route(0x0A000000, 8, ways=[way("eth0", "10.0.0.1", AF_INET, 0x0100000A), way("eth1", None)], mss=1200),
        route(0x0A000001, 32, ways=[way("eth0", "fe80::1", AF_INET6)]),
        route(0x0B000000, 8, kind=7), route(0x0C000000, 8, kind=3), route(0xE0000000, 4, kind=5),
    ]  # fmt: skip
    monkeypatch.setattr(reports, "routes_of_table", lambda table: iter(rows))
    first, second, third = reports.get_fib_entries(None)  # type: ignore[arg-type]
    assert (first.dest, first.mask, first.gw, first.flags, first.metric) == (0x0A, 0xFF, 0x0100000A, 3, 5)
    assert (first.mtu, first.dev, len(first.ways)) == (1240, "eth0", 2)
    assert (second.gw, second.flags, second.mtu) == (0, 7, 0)
    assert (third.dev, third.flags, reports.flags2str(third.flags)) == ("*", 0x201, "UR")


def test_the_main_table_or_all(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = [SimpleNamespace(tb_id=number) for number in (100, 254, 255)]
    monkeypatch.setattr(reports, "get_ns_net", lambda: None)
    monkeypatch.setattr(reports, "tables4", lambda net: iter(tables))
    assert reports.get_fib_tables() == tables[1:2]
    assert reports.get_fib_tables(True) == tables
    monkeypatch.setattr(reports, "tables4", lambda net: iter(()))
    assert reports.get_fib_tables() == []


def test_printed_tables(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [route(0, 0, ways=[way("eth0", "10.0.0.1", AF_INET, 0x0100000A)])]
    monkeypatch.setattr(reports, "get_fib_tables", lambda every=False: [SimpleNamespace(tb_id=254)])
    monkeypatch.setattr(reports, "routes_of_table", lambda table: iter(rows))
    reports.print_fib()
    line = capsys.readouterr().out.splitlines()[-1]
    assert line == "0.0.0.0         10.0.0.1        0.0.0.0         UG    5      0        0 eth0    "
    reports.print_fib(True, 1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].endswith(" RT_TABLE_MAIN")
    assert "nhc_gw_family=2" in lines[-1]
    assert reports._table_name(77) == "Table ID 77"


def test_rules(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    own = SimpleNamespace(src=0x0A, srcmask=0xFF, src_len=8, dst=0, dstmask=0, dst_len=0)
    common = SimpleNamespace(table=255, action=1, iifindex=2, iifname="eth0", oifindex=0, oifname="")
    rows = [SimpleNamespace(family=6), SimpleNamespace(family=4, own=own, rule=common)]
    monkeypatch.setattr(reports, "get_ns_net", lambda: None)
    monkeypatch.setattr(reports, "rules", lambda net: iter(rows))
    reports.print_fib_rules()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(" RT_TABLE_LOCAL")
    assert lines[1:] == [
        "\tsrc 10.0.0.0 srcmask 255.0.0.0 src_len 8", "\tdst 0.0.0.0 dstmask 0.0.0.0 dst_len 0",
        "\taction 1 iifindex 2 eth0 oifindex 0",
    ]  # fmt: skip


def test_exceptions(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        SimpleNamespace(device="eth0", destination="10.0.0.9", gateway=None, path_mtu=1280, expires=59.7),
        SimpleNamespace(device=None, destination="10.0.0.8", gateway="10.0.0.1", path_mtu=None, expires=None),
    ]
    monkeypatch.setattr(reports, "get_ns_net", lambda: None)
    monkeypatch.setattr(reports, "exceptions4", lambda net: iter(rows))
    reports.print_rt_hash()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[2:4]] == [
        ["eth0", "10.0.0.9", "-", "1280", "60"], ["*", "10.0.0.8", "10.0.0.1", "-", "-"],
    ]  # fmt: skip
    assert lines[-1] == "2 entries"


def test_numbers_have_their_names() -> None:
    assert (reports.RTN.RTN_THROW, reports.RTN[2], reports.RTN_MAX) == (9, "RTN_LOCAL", 11)
    assert reports.RTAX.RTAX_ADVMSS == 8
