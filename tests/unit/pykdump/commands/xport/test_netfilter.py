# SPDX-License-Identifier: GPL-3.0-or-later
"""The number of tracked connections, and kernels without nf_tables."""

from __future__ import annotations

from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import Finding  # noqa: E402
from pykdump.commands.xport import netfilter  # noqa: E402


@pytest.mark.parametrize(
    ("counts", "records", "findings"),
    [(None, 0, 0), ((5, 100), 1, 0), ((100, 100), 1, 1), ((100, 0), 1, 0)],
)
def test_tracked_connections(monkeypatch: pytest.MonkeyPatch, counts: Any, records: int, findings: int) -> None:
    monkeypatch.setattr("pykdump.linux.inet.netfilter.conntrack_counts", lambda net: counts)
    found = list(netfilter._tracked(0x10))  # type: ignore[arg-type]
    assert sum(isinstance(event, netfilter.TrackedConnections) for event in found) == records
    assert sum(isinstance(event, Finding) for event in found) == findings


def test_a_part_that_cannot_be_read_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(net: Any) -> Any:
        raise fake_crash.CrashError("missing page")

    monkeypatch.setattr("pykdump.linux.inet.netfilter.hooks", damaged)
    monkeypatch.setattr("pykdump.linux.inet.netfilter.nft_tables", damaged)
    monkeypatch.setattr("pykdump.linux.inet.netfilter.conntrack_counts", lambda net: (1, 2))
    found = list(netfilter._of_net(0x10))  # type: ignore[arg-type]
    assert [type(event).__name__ for event in found] == [
        "Section",
        "Problem",
        "Section",
        "Problem",
        "TrackedConnections",
    ]
