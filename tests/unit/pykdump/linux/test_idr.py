# SPDX-License-Identifier: GPL-3.0-or-later
"""An IDR as kernels before v4.11 had it: the dump has only the new kind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from support import fake_crash

fake_crash.install()

from pykdump.linux.idr import idr_for_each  # noqa: E402


def old_idr(top: Any, layers: int) -> Any:
    return SimpleNamespace(hasField=lambda name: False, top=top, layers=layers)


def layer(**slots: Any) -> Any:
    return SimpleNamespace(ary=[slots.get(f"s{number}", 0) for number in range(64)])


def test_one_layer() -> None:
    assert list(idr_for_each(old_idr(layer(s0=0x100, s63=0x200), 1))) == [(0, 0x100), (63, 0x200)]


def test_layers_of_layers() -> None:
    top = layer(s1=layer(s2=0x300), s0=layer(s5=0x400))
    assert list(idr_for_each(old_idr(top, 2))) == [(5, 0x400), (64 + 2, 0x300)]


def test_an_empty_one() -> None:
    assert list(idr_for_each(old_idr(0, 0))) == []
