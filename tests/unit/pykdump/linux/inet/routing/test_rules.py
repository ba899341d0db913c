# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy rules: conditions of both families, and members of older kernels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.routing import rules  # noqa: E402


class Own(SimpleNamespace):
    def __getattr__(self, name: str) -> Any:
        raise fake_crash.MissingMember(name)


class Struct(SimpleNamespace):
    def __int__(self) -> int:
        return 1


def rule(monkeypatch: pytest.MonkeyPatch, family: int, own: dict[str, Any], **members: Any) -> Any:
    monkeypatch.setattr(rules, "container_of", lambda struct, kind, member: Own(**own))
    return rules.Rule(Struct(**members), family)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("family", "own", "tos"), [(2, {"dscp": 16}, 16), (2, {"tos": 8}, 8), (10, {"tclass": 4}, 4), (10, {"dscp": 2}, 2)]
)
def test_the_type_of_service_has_had_three_names(
    monkeypatch: pytest.MonkeyPatch, family: int, own: dict[str, int], tos: int
) -> None:
    assert rule(monkeypatch, family, own).tos == tos


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    four = rule(monkeypatch, 2, {"src": 0x0000000A, "src_len": 8, "dst": 0, "dst_len": 0})
    assert (four.family, four.source, four.destination) == (4, "10.0.0.0/8", None)
    key = SimpleNamespace(addr=SimpleNamespace(in6_u=SimpleNamespace(u6_addr32=[0xFD, 0, 0, 0])), plen=8)
    six = rule(monkeypatch, 10, {"src": key, "dst": SimpleNamespace(plen=0)})
    assert (six.family, six.source, six.destination) == (6, "fd00::/8", None)


def test_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    to_table = rule(monkeypatch, 2, {}, action=1, table=254, target=0)
    assert (to_table.action, to_table.table, to_table.target) == ("to_tbl", "main", None)
    goto = rule(monkeypatch, 2, {}, action=2, table=0, target=300)
    assert (goto.action, goto.table, goto.target) == ("goto", None, 300)


def test_conditions_that_are_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    uids = SimpleNamespace(start=SimpleNamespace(val=0xFFFFFFFF), end=SimpleNamespace(val=0xFFFFFFFF))
    free = rule(
        monkeypatch, 2, {}, mark=0, mark_mask=0, uid_range=uids, sport_range=SimpleNamespace(start=0, end=0),
        suppress_prefixlen=-1, iifname="", flags=0,
    )  # fmt: skip
    assert (free.mark, free.mark_mask, free.uids, free.source_ports) == (None, None, (), ())
    assert (free.suppressed_prefix_length, free.input_interface, free.inverted) == (None, None, False)
