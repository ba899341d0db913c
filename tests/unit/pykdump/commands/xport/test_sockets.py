# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sockets the options ask for, and their text."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import Finding, Problem, Section  # noqa: E402
from pykdump.commands.xport import sockets  # noqa: E402


def options(**given: Any) -> Any:
    names = ("all", "listening", "tcp", "udp", "raw", "unix", "retransonly")
    found = {**dict.fromkeys(names, False), "port": None, "tcpstate": None, "verbose": 0, "netns": None}
    return SimpleNamespace(**{**found, **given})


def view(**given: Any) -> Any:
    defaults = {
        "protocol": "tcp", "state": "ESTABLISHED", "net": 1, "local_port": 22, "remote_port": 4000, "retransmits": 0,
        "ip_version": 4, "local": "10.0.0.1", "remote": "10.0.0.2", "receive_queue": 0, "send_queue": 0, "inode": 5,
        "address": 0x10, "socket": 0x77, "send_window": 1, "receive_window": 1, "drops": 0,
    }  # fmt: skip
    return SimpleNamespace(**{**defaults, **given})


@pytest.mark.parametrize(
    ("given", "socket", "taken"),
    [
        ({}, {}, True),
        ({}, {"state": "LISTEN"}, False),
        ({"all": True}, {"state": "LISTEN"}, True),
        ({"listening": True}, {"state": "LISTEN"}, True),
        ({"listening": True}, {}, False),
        ({"all": True}, {"net": 2}, False),
        ({}, {"protocol": "udp", "state": "CLOSE"}, False),
        ({"listening": True}, {"protocol": "udp", "state": "CLOSE"}, True),
        ({"port": 4000}, {}, True),
        ({"port": 23}, {}, False),
        ({"tcpstate": "LISTEN"}, {"state": "LISTEN"}, True),
        ({"tcpstate": "SYN_SENT"}, {}, False),
        ({"retransonly": True}, {}, False),
        ({"retransonly": True}, {"retransmits": 3}, True),
        ({"retransonly": True}, {"protocol": "udp"}, False),
    ],
)
def test_which_sockets_are_taken(given: dict[str, Any], socket: dict[str, Any], taken: bool) -> None:
    assert sockets.Selection(options(**given), [1]).takes(view(**socket)) is taken


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"all": True}, ["TCP", "UDP", "UDP-Lite", "raw", "ping"]),
        ({"udp": True}, ["UDP", "UDP-Lite"]),
        ({"raw": True, "all": True}, ["raw", "ping"]),
        ({"tcpstate": "LISTEN"}, ["TCP"]),
        ({"unix": True, "all": True}, []),
    ],
)
def test_which_tables_are_walked(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], names: list[str]) -> None:
    monkeypatch.setattr(sockets, "chosen_nets", lambda options: [1])
    assert [name.rpartition(" ")[0] for name, _ in sockets.sources(options(**given))] == names


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    views: list[Any] = []
    monkeypatch.setattr(sockets, "sources", lambda options: [("TCP sockets", lambda: iter(views))])
    monkeypatch.setattr(sockets, "chosen_nets", lambda options: [1])
    return views


def test_findings_follow_the_sockets(walked: list[Any]) -> None:
    walked += [view(retransmits=3, send_queue=9), view(address=0x20)]
    found = list(sockets.internet_sockets(options(), {0x77: (8,)}))
    assert [type(event) for event in found] == [sockets.Socket, sockets.Socket, Finding]
    assert found[0].pids == (8,)  # type: ignore[attr-defined]


def test_a_damaged_socket_costs_itself(walked: list[Any]) -> None:
    damaged = view(address=0x30)
    del damaged.inode
    walked += [damaged, view()]
    found = list(sockets.internet_sockets(options(), None))
    assert isinstance(found[0], Problem) and "0x30" in found[0].part
    assert isinstance(found[1], sockets.Socket) and found[1].pids is None and found[1].owners == "-"


def test_sockets_of_several_namespaces_are_sorted(walked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "chosen_nets", lambda options: [1, 2])
    walked += [view(net=2), view(net=1), view(net=2)]
    found = list(sockets.internet_sockets(options(), None))
    assert [event.net if isinstance(event, sockets.Socket) else "-" for event in found] == ["-", 1, "-", 2, 2]
    assert isinstance(found[0], Section)


def tcp_record(**given: Any) -> sockets.TcpSocket:
    values: dict[str, Any] = {field.name: None for field in dataclasses.fields(sockets.TcpSocket)}
    values.update(vars(view()))
    known = {
        name: value for name, value in {**values, **given}.items() if name in sockets.TcpSocket.__dataclass_fields__
    }
    return sockets.TcpSocket(**{**known, "uid": 0, "interface": 0})


def test_the_text_of_a_request_leaves_out_what_it_has_not() -> None:
    lines = list(
        sockets.tcp_lines(tcp_record(timer="on", timer_seconds=1.25, retransmits=2, drops=None, state="SYN_RECV"))
    )
    assert len(lines) == 3 and "timer: on in 1.25 s, retransmits 2" in lines[1] and "None" not in "".join(lines)


def test_the_text_of_a_listener() -> None:
    lines = list(
        sockets.tcp_lines(tcp_record(state="LISTEN", accept_queue=3, accept_limit=2, syn_queue=1, rto_ms=1000.0))
    )
    assert "accept queue 3 of 2, handshakes 1" in lines[1] and not any("RTO" in line for line in lines)


@pytest.mark.parametrize(("ms", "text"), [(None, "never"), (1500, "1.5 s ago")])
def test_times_in_the_past(ms: int | None, text: str) -> None:
    assert sockets.ago(ms) == text
