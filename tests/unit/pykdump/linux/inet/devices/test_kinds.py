# SPDX-License-Identifier: GPL-3.0-or-later
"""Bonds, bridges, VLANs and VXLANs: names of their modes and states."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.devices import kinds  # noqa: E402


class Struct(SimpleNamespace):
    def __int__(self) -> int:
        return 7


def member(mode: int, **members: Any) -> Any:
    bond = SimpleNamespace(params=SimpleNamespace(mode=mode, miimon=100), curr_active_slave=7)
    return kinds.BondMember(Struct(**members), bond)  # type: ignore[arg-type]


def test_a_member_of_a_bond() -> None:
    found = member(4, link=2, speed=0xFFFFFFFF, link_failure_count=3)
    assert (found.mode, found.link, found.speed, found.failures, found.active) == ("802.3ad", "down", None, 3, True)
    assert member(99, speed=10000).mode == "99" and member(1, speed=10000).speed == 10000


@pytest.mark.parametrize(("number", "name"), [(0, "disabled"), (3, "forwarding"), (4, "blocking"), (9, "9")])
def test_states_of_bridge_ports(number: int, name: str) -> None:
    assert kinds.BridgePort(Struct(state=number)).state == name  # type: ignore[arg-type]


def test_a_vlan_and_a_vxlan(monkeypatch: pytest.MonkeyPatch) -> None:
    structs = {
        "struct vlan_dev_priv": SimpleNamespace(vlan_proto=0xA888, vlan_id=42, real_dev=SimpleNamespace(name="eth0")),
        "struct vxlan_dev": SimpleNamespace(
            default_dst=SimpleNamespace(remote_vni=0x64000000), cfg=SimpleNamespace(dst_port=0xB512)
        ),
        "struct veth_priv": SimpleNamespace(peer=0),
    }
    monkeypatch.setattr(kinds, "readSU", lambda name, address: structs[name])
    monkeypatch.setattr(kinds, "private_of", lambda device: 1)
    device: Any = SimpleNamespace()
    assert kinds.kind_text(device, "vlan") == "802.1ad 42 on eth0"
    assert kinds.kind_text(device, "vxlan") == "VNI 100 port 4789"
    assert kinds.kind_text(device, "veth") == "no peer"
    assert kinds.kind_text(device, "dummy") is None and kinds.kind_text(device, None) is None
