# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with interfaces."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands.xport.interface_findings import findings_of  # noqa: E402


def view(**given: Any) -> Any:
    defaults = {
        "name": "eth0", "is_up": True, "has_carrier": True, "address": 1, "link_kind": None, "dev": None,
        "addresses": list, "stopped_queues": list,
    }  # fmt: skip
    return SimpleNamespace(**{**defaults, **given})


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    facts: dict[str, Any] = {"counters": {}, "queued": 0, "members": []}
    monkeypatch.setattr("pykdump.linux.inet.devices.counters.counters", lambda device: facts["counters"])
    monkeypatch.setattr(
        "pykdump.linux.inet.devices.qdiscs.qdiscs", lambda device: [SimpleNamespace(queued_packets=facts["queued"])]
    )
    monkeypatch.setattr("pykdump.linux.inet.devices.kinds.bond_members", lambda device: facts["members"])
    return facts


def kinds(view: Any) -> list[str]:
    return [finding.identifier for finding in findings_of(view)]


def test_links(kernel: dict[str, Any]) -> None:
    assert kinds(view()) == [] and kinds(view(is_up=False, has_carrier=False)) == []
    assert kinds(view(has_carrier=False)) == ["link-down"]


def test_errors_and_drivers_that_keep_their_counters(kernel: dict[str, Any]) -> None:
    kernel["counters"] = {"rx_errors": 0, "tx_errors": 2}
    (finding,) = findings_of(view())
    assert (finding.identifier, finding.message) == ("interface-errors", "eth0 has counted 2 tx_errors.")
    kernel["counters"] = None
    assert kinds(view()) == []


def test_a_stopped_queue_matters_if_packets_wait(kernel: dict[str, Any]) -> None:
    stopped = view(stopped_queues=lambda: [0, 3])
    assert kinds(stopped) == []
    kernel["queued"] = 5
    assert kinds(stopped) == ["transmit-queue-stopped"] and kinds(view()) == []


def test_a_duplicate_address(kernel: dict[str, Any]) -> None:
    twice = SimpleNamespace(ip="fd00::1", flags=("dadfailed",))
    assert kinds(view(addresses=lambda: [twice])) == ["duplicate-address"]


def test_a_member_of_a_bond_without_link(kernel: dict[str, Any]) -> None:
    kernel["members"] = [SimpleNamespace(link=link, device=link, address=1) for link in ("up", "down", "back")]
    assert kinds(view(link_kind="bond")) == ["bond-member-down"] * 2 and kinds(view()) == []
