# SPDX-License-Identifier: GPL-3.0-or-later
"""Records from views, damaged views, and the chosen namespaces."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import Problem, Section, item  # noqa: E402
from pykdump.commands.xport import common  # noqa: E402


@dataclass
class Row:
    a: int = item("a")
    pids: tuple[int, ...] = item("pids")
    b: str = item("b")
    net: int = item("net")


class View:
    a, b, address = 1, "two", 0x10


class Damaged:
    address = 0x20

    @property
    def a(self) -> int:
        raise fake_crash.CrashError("missing page")


def test_extra_fields_may_stand_anywhere() -> None:
    assert common.maker(Row, "pids", "net")(View(), (7,), 9) == Row(1, (7,), "two", 9)


def test_a_damaged_view_costs_itself() -> None:
    make = common.maker(Row, "pids", "net")
    first, second, third = common.made("the row at", [View(), Damaged(), View()], lambda view: make(view, (), 0))
    assert first == third == Row(1, (), "two", 0)
    assert isinstance(second, Problem) and (second.part, second.reason) == ("the row at 0x20", "missing page")


def test_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "get_net_namespace_list", lambda: [0x10, 0x20])
    monkeypatch.setattr(common, "get_ns_net", lambda: 0x20)

    def chosen(netns: Any) -> list[Any]:
        return list(common.chosen_nets(SimpleNamespace(netns=netns)))  # type: ignore[arg-type]

    assert (chosen(None), chosen("all"), chosen(0x10)) == ([0x20], [0x10, 0x20], [0x10])
    with pytest.raises(ValueError, match="there are 0x10, 0x20"):
        chosen(0x30)


def test_several_namespaces_have_headings() -> None:
    def collect(net: Any) -> list[str]:
        if net == 2:
            raise fake_crash.CrashError("damaged")
        return [f"row of {net}"]

    assert list(common.each_net([1], collect)) == ["row of 1"]  # type: ignore[list-item]
    found = list(common.each_net([1, 2, 3], collect))  # type: ignore[list-item]
    assert [type(event) for event in found] == [Section, str, Section, Problem, Section, str]


@pytest.mark.parametrize(("number", "text"), [(1.0, "1"), (0.5, "0.5"), (1 / 3, "0.333"), (-2, "-2"), (100, "100")])
def test_numbers(number: float, text: str) -> None:
    assert common.rounded(number) == text
