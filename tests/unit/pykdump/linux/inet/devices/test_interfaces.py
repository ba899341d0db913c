# SPDX-License-Identifier: GPL-3.0-or-later
"""Interfaces: flags as dev_get_flags() computes them, addresses, features, stopped queues."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.devices import interfaces  # noqa: E402

UP_BROADCAST = 3


class Device(SimpleNamespace):
    def __int__(self) -> int:
        return 1


def view(**members: Any) -> Any:
    return interfaces.Interface(Device(**members))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "operstate", "flags"),
    [
        (0b001, 6, ("UP", "BROADCAST", "RUNNING", "LOWER_UP")),
        (0b001, 0, ("UP", "BROADCAST", "RUNNING", "LOWER_UP")),
        (0b101, 2, ("UP", "BROADCAST")),
        (0b10001, 5, ("UP", "BROADCAST", "LOWER_UP", "DORMANT")),
        (0, 2, ("UP", "BROADCAST")),
    ],
)
def test_flags_follow_the_state(state: int, operstate: int, flags: tuple[str, ...]) -> None:
    assert view(flags=UP_BROADCAST, gflags=0, state=state, operstate=operstate).flags == flags


def test_promiscuous_is_what_a_user_chose() -> None:
    inside = view(flags=UP_BROADCAST | 0x100, gflags=0, state=0, operstate=2)
    chosen = view(flags=UP_BROADCAST, gflags=0x100, state=0, operstate=2)
    assert ("PROMISC" in inside.flags, "PROMISC" in chosen.flags) == (False, True)


def test_features_have_the_names_of_ethtool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interfaces, "feature_names", lambda: ["tx-a", "", "rx-b", "rx-c"])
    assert view(features=0b0111).features == ("tx-a", "rx-b")


def test_a_kernel_without_the_table_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise TypeError(name)

    monkeypatch.setattr(interfaces, "readSymbol", missing)
    assert interfaces.feature_names()[5] == "feature-5"


def test_how_long_an_address_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interfaces, "now", lambda: 5000)
    assert interfaces._left(100, 5000 - 250 * 30, ()) == 70
    assert interfaces._left(10, 5000 - 250 * 30, ()) == 0
    assert interfaces._left(0xFFFFFFFF, 0, ()) is None and interfaces._left(100, 0, ("permanent",)) is None


def test_scopes_of_ipv6() -> None:
    scopes = [interfaces.Address6(Device(scope=number)).scope for number in (0, 0x10, 0x20, 0x40)]  # type: ignore[arg-type]
    assert scopes == ["global", "host", "link", "site"]


def test_queues_that_the_driver_has_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interfaces, "struct_size", lambda name: 64)
    monkeypatch.setattr(
        interfaces, "readSU", lambda name, address: SimpleNamespace(state={0: 0, 64: 1, 128: 2}[address])
    )
    assert view(_tx=0, real_num_tx_queues=3).stopped_queues() == [1]
