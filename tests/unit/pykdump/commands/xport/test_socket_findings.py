# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with sockets, at the limits of the kernel."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands.xport.socket_findings import findings_of, listener_findings  # noqa: E402


def kinds(**given: Any) -> list[str]:
    defaults = {
        "protocol": "tcp", "state": "ESTABLISHED", "local": "a", "local_port": 1, "remote": "b", "remote_port": 2,
        "retransmits": 0, "send_queue": 0, "receive_queue": 0, "send_window": 9, "receive_window": 9, "address": 1,
        "accept_queue": None, "accept_limit": None, "syn_queue": None, "drops": 0,
    }  # fmt: skip
    return [finding.identifier for finding in findings_of(SimpleNamespace(**{**defaults, **given}))]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, []),
        ({"retransmits": 1, "send_queue": 1}, ["tcp-retransmitting"]),
        ({"retransmits": 1}, []),
        ({"retransmits": 1, "state": "SYN_SENT"}, ["tcp-retransmitting"]),
        ({"send_window": 0, "send_queue": 5}, ["tcp-zero-window"]),
        ({"send_window": 0}, []),
        ({"send_window": 0, "send_queue": 1, "state": "SYN_SENT"}, []),
        ({"receive_window": 0, "receive_queue": 5}, ["tcp-not-read"]),
        ({"state": "LISTEN", "accept_queue": 5, "accept_limit": 5}, []),
        ({"state": "LISTEN", "accept_queue": 6, "accept_limit": 5}, ["accept-queue-full"]),
        ({"state": "LISTEN", "accept_queue": 0, "accept_limit": 5, "syn_queue": 5}, ["syn-queue-full"]),
        ({"state": "LISTEN", "accept_queue": 0, "accept_limit": 0, "syn_queue": 0}, []),
        ({"protocol": "udp", "state": "CLOSE", "drops": 4}, ["socket-drops"]),
    ],
)
def test_findings(given: dict[str, Any], found: list[str]) -> None:
    assert kinds(**given) == found


def test_a_listener_without_handshakes() -> None:
    view = SimpleNamespace(accept_queue=3, accept_limit=2, address=7)
    (finding,) = listener_findings(view, "unix /run/x")
    assert finding.identifier == "accept-queue-full" and "unix /run/x" in finding.message and finding.addresses == (7,)
