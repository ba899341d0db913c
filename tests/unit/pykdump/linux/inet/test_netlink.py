# SPDX-License-Identifier: GPL-3.0-or-later
"""Netlink sockets: names of protocols and groups."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import netlink  # noqa: E402


def socket(protocol: int, **members: Any) -> Any:
    found = netlink.NetlinkSocket.__new__(netlink.NetlinkSocket)
    found.sock, found.netlink = SimpleNamespace(sk_protocol=protocol), SimpleNamespace(**members)
    return found


def test_names_of_protocols() -> None:
    assert [socket(n).protocol for n in (0, 9, 16, 77)] == ["route", "audit", "generic", "77"]


def test_groups_are_the_first_32() -> None:
    assert socket(0, groups=[0x1_0000_0041]).groups == 0x41
    assert socket(0, groups=0).groups == 0
