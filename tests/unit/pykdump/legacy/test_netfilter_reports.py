# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks of netfilter as the classic printed them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import netfilter_reports  # noqa: E402


def test_hooks_by_family(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        ("ip", "input", None, -400, "defrag"), ("ip", "input", None, 0, "chain"), ("ip", "output", None, 5, "chain"),
        ("arp", "output", None, 0, "arp"), ("netdev", "ingress", "eth0", 1, "dev"),
        ("netdev", "egress", "eth0", 2, "e"),
    ]  # fmt: skip
    names = ("family", "hook", "device", "priority", "function")
    views = [SimpleNamespace(**dict(zip(names, row))) for row in rows]
    monkeypatch.setattr(netfilter_reports, "hooks", lambda net: iter(views))
    monkeypatch.setattr(netfilter_reports, "get_ns_net", lambda: None)
    netfilter_reports.nf()
    assert capsys.readouterr().out == (
        "=====PROTO= PF_INET\n    NF_IP_LOCAL_IN\n\tprio=-400,  hook=defrag\n\tprio=0,  hook=chain\n"
        "    NF_IP_LOCAL_OUT\n\tprio=5,  hook=chain\n=====PROTO= NFPROTO_ARP\n    NF_IP_LOCAL_OUT\n"
        "\tprio=0,  hook=arp\n=====PROTO= NFPROTO_NETDEV\n    ingress eth0\n\tprio=1,  hook=dev\n"
        "    egress eth0\n\tprio=2,  hook=e\n"
    )
