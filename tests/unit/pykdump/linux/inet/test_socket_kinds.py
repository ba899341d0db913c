# SPDX-License-Identifier: GPL-3.0-or-later
"""The view for each kind of socket, and its ends as text."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import socket_kinds as kinds  # noqa: E402


@pytest.mark.parametrize(
    ("family", "kind", "protocol", "view"),
    [
        (2, 1, 6, kinds.TcpSocket),
        (10, 1, 6, kinds.TcpSocket),
        (2, 2, 17, kinds.UdpSocket),
        (2, 2, 136, kinds.UdpLiteSocket),
        (2, 3, 6, kinds.RawSocket),
        (2, 5, 132, kinds.InternetSocket),
        (1, 1, 0, kinds.UnixSocket),
        (16, 3, 0, kinds.NetlinkSocket),
        (40, 1, 0, kinds.VsockSocket),
        (31, 1, 0, kinds.Socket),
    ],
)
def test_each_kind_has_its_view(
    monkeypatch: pytest.MonkeyPatch, family: int, kind: int, protocol: int, view: type
) -> None:
    struct = SimpleNamespace(skc_family=family, sk_type=kind, sk_protocol=protocol, skc_state=1)
    for name in ("sock", "tcp", "udp", "unix", "netlink", "vsock"):
        monkeypatch.setattr(f"pykdump.linux.inet.{name}.readSU", lambda *args: struct)
    assert type(kinds.view_of(0x1000)) is view


@pytest.mark.parametrize(("number", "name"), [(1, "unix"), (2, "inet"), (10, "inet6"), (16, "netlink"), (99, "99")])
def test_names_of_families(number: int, name: str) -> None:
    assert kinds.family_name(number) == name


def test_the_ends_of_a_vsock() -> None:
    view: Any = kinds.VsockSocket.__new__(kinds.VsockSocket)
    any_ = 0xFFFFFFFF
    local, remote = SimpleNamespace(svm_cid=any_, svm_port=9001), SimpleNamespace(svm_cid=2, svm_port=any_)
    view.vsock = SimpleNamespace(local_addr=local, remote_addr=remote)
    assert kinds.ends(view) == ("*:9001", "2:*")
