# SPDX-License-Identifier: GPL-3.0-or-later
"""UNIX and other sockets: which are listed, and what is wrong with listeners."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import Finding  # noqa: E402
from pykdump.commands.xport import families  # noqa: E402


class Net(int):
    pass


def view(state: str, **given: Any) -> Any:
    defaults: dict[str, Any] = dict.fromkeys(families.UnixSocket.__dataclass_fields__, 0)
    defaults.update(type="stream", state=state, path="/run/x", listens=state == "LISTEN", net=1, address=5, socket=6)
    return SimpleNamespace(**{**defaults, "accept_queue": 3, "accept_limit": 2, **given})


@pytest.mark.parametrize(
    ("given", "states"),
    [({}, ["ESTABLISHED"]), ({"listening": True}, ["LISTEN"]), ({"all": True}, ["LISTEN", "ESTABLISHED"])],
)
def test_unix_sockets_that_listen(monkeypatch: pytest.MonkeyPatch, given: dict[str, bool], states: list[str]) -> None:
    from pykdump.linux.inet import unix

    views = [view("LISTEN"), view("ESTABLISHED"), view("ESTABLISHED", net=2)]
    monkeypatch.setattr(unix, "unix", lambda nets: views)
    options = SimpleNamespace(**{"all": False, "listening": False, "everything": False, **given})
    found = list(families.unix_sockets([Net(1)], options, {6: (77,)}))  # type: ignore[list-item, arg-type]
    records = [event for event in found if isinstance(event, families.UnixSocket)]
    assert [record.state for record in records] == states and {record.owners for record in records} == {"77"}
    wrong = [event.identifier for event in found if isinstance(event, Finding)]
    assert wrong == ["accept-queue-full"] * states.count("LISTEN")


def test_sockets_of_other_namespaces_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from pykdump.linux.inet import netlink

    fields: dict[str, Any] = dict.fromkeys(families.NetlinkSocket.__dataclass_fields__, 0)
    views = [SimpleNamespace(**{**fields, "net": net}) for net in (1, 2)]
    monkeypatch.setattr(netlink, "netlink", lambda: views)
    found = list(families.netlink_sockets([Net(2)], SimpleNamespace(), None))  # type: ignore[list-item, arg-type]
    assert [record.net for record in found] == [2]  # type: ignore[attr-defined]


def test_any_is_a_star() -> None:
    assert [families._any(number) for number in (0xFFFFFFFF, 3)] == ["*", "3"]
