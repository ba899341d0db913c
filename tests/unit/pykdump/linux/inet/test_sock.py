# SPDX-License-Identifier: GPL-3.0-or-later
"""What all sockets have in common, on kernels with other layouts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import sock  # noqa: E402


def view(kind: type = sock.InternetSocket, **members: Any) -> Any:
    found = kind.__new__(kind)
    found.address, found.common, found.sock = 0x1000, SimpleNamespace(**members), SimpleNamespace(**members)
    return found


def test_drops_in_one_place_or_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = SimpleNamespace(counter=3)
    two = SimpleNamespace(drops0=SimpleNamespace(counter=5), drops1=SimpleNamespace(counter=6))
    monkeypatch.setattr(sock, "has_drop_counters", lambda: False)
    assert view(sk_drops=counter, sk_drop_counters=two).drops == 3
    monkeypatch.setattr(sock, "has_drop_counters", lambda: True)
    assert view(sk_drops=counter, sk_drop_counters=0).drops == 3
    assert view(sk_drops=counter, sk_drop_counters=two).drops == 11


def test_addresses_of_both_families() -> None:
    v4 = view(skc_family=2, skc_rcv_saddr=0x0100007F, skc_daddr=0, skc_num=22, skc_dport=0x5000)
    assert (v4.ip_version, v4.local, v4.local_port, v4.remote, v4.remote_port) == (4, "127.0.0.1", 22, "0.0.0.0", 80)
    words = SimpleNamespace(in6_u=SimpleNamespace(u6_addr32=[0, 0, 0, 0x01000000]))
    nothing = SimpleNamespace(in6_u=SimpleNamespace(u6_addr32=[0, 0, 0, 0]))
    v6 = view(skc_family=10, skc_v6_rcv_saddr=words, skc_v6_daddr=nothing)
    assert (v6.ip_version, v6.local, v6.remote) == (6, "::1", "::")


@pytest.mark.parametrize(("number", "name"), [(1, "ESTABLISHED"), (10, "LISTEN"), (12, "SYN_RECV"), (99, "99")])
def test_names_of_states(number: int, name: str) -> None:
    assert view(skc_state=number).state == name


def test_a_user_in_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sock, "addr2sym", lambda address: "xs_data_ready")
    assert view(sk_user_data=0).user is None
    assert view(sk_user_data=1, sk_data_ready=2).user == "xs_data_ready"
