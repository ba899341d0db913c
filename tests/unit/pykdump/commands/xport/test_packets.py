# SPDX-License-Identifier: GPL-3.0-or-later
"""Structs that a user names to decode."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import Problem  # noqa: E402
from pykdump.commands.xport import packets  # noqa: E402


def decoded(*words: str) -> list[Any]:
    return list(packets.decode(SimpleNamespace(decode=list(words))))  # type: ignore[arg-type]


def test_headers_and_bad_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    def text(address: int) -> str:
        if address == 0x20:
            raise fake_crash.CrashError("cannot read")
        return "ports 1 > 2"

    monkeypatch.setattr("pykdump.linux.inet.skbuff.tcp_text", text)
    first, second, third = decoded("th", "10", "20", "xyz")
    assert (first.type, first.text, first.address) == ("th", "ports 1 > 2", 0x10)
    assert isinstance(second, Problem) and second.part == "the th at 20"
    assert isinstance(third, Problem) and third.part == "the th at xyz"


def test_an_unknown_struct() -> None:
    with pytest.raises(ValueError, match="cannot decode 'x'; known are skb, iph, th, uh"):
        decoded("x", "10")
