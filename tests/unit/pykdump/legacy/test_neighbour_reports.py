# SPDX-License-Identifier: GPL-3.0-or-later
"""Neighbours as the classic printed them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import neighbour_reports as reports  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402


class Struct(SimpleNamespace):
    def __str__(self) -> str:
        return "<struct>"


@pytest.fixture(autouse=True)
def messages(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    monkeypatch.setattr(reports, "Addr", lambda struct, member: 0x100)
    fake_crash.install().write(0x100, bytes(range(8)))
    found: list[str] = []
    before = pylog.send_to(lambda prefix, message: found.append(message))
    yield found
    pylog.send_to(before)


def neighbour(name: str, kind: int, length: int, state: int) -> Any:
    device = SimpleNamespace(name=name, type=kind, addr_len=length)
    return SimpleNamespace(
        neighbour=Struct(dev=device, nud_state=state, arp_queue=None), destination="10.0.0.1", queued=2
    )


def table(monkeypatch: pytest.MonkeyPatch, rows: list[Any], proxies: list[Any]) -> None:
    monkeypatch.setattr(reports.tables, "neighbours", lambda tbl: iter(rows))
    monkeypatch.setattr(reports.tables, "proxies", lambda tbl: iter(proxies))


def test_rows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    proxies = [
        SimpleNamespace(destination="fd00::1", entry=SimpleNamespace(dev=None)),
        SimpleNamespace(destination="fd00::2", entry=SimpleNamespace(dev=SimpleNamespace(name="eth0", type=1))),
    ]
    table(monkeypatch, [neighbour("eth0", 1, 6, 4 | 16), neighbour("tun0", 4711, 0, 0)], proxies)
    reports.print_neighbour_table(None)  # type: ignore[arg-type]
    assert [line.split() for line in capsys.readouterr().out.splitlines()[2:-1]] == [
        ["10.0.0.1", "ETHER", "00:01:02:03:04:05", "eth0", "STALE|PROBE"], ["10.0.0.1", "4711", "tun0"],
        ["fd00::1", "*", "PROXY"], ["fd00::2", "ETHER", "eth0", "PROXY"],
    ]  # fmt: skip


def test_packets_that_wait(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(reports, "queued", lambda head: ["<skb 1>", "<skb 2>"])
    table(monkeypatch, [neighbour("eth0", 1, 6, 1)], [])
    reports.print_neighbour_table(None, 2)  # type: ignore[arg-type]
    assert capsys.readouterr().out.splitlines()[3:6] == ["   <struct>  arp_queue_len=2", "\t<skb 1>", "\t<skb 2>"]
    reports.print_neighbour_table(None, 1)  # type: ignore[arg-type]
    assert "skb" not in capsys.readouterr().out


def test_a_bad_neighbour_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], messages: list[str]
) -> None:
    bad = neighbour("eth1", 1, 20, 4)  # its address goes beyond the memory that can be read
    table(monkeypatch, [bad, neighbour("eth0", 1, 6, 4)], [])
    reports.print_neighbour_table(None)  # type: ignore[arg-type]
    assert capsys.readouterr().out.count("STALE") == 1
    assert len(messages) == 1 and messages[0].startswith("<struct> cannot be read: ")


def test_the_states_have_their_names() -> None:
    assert (reports.NUD.NUD_NONE, reports.NUD.NUD_PERMANENT) == (0, 128)  # type: ignore[attr-defined]
