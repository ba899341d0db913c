# SPDX-License-Identifier: GPL-3.0-or-later
"""Frozen file systems, on kernels that record who froze them and on others."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import frozen  # noqa: E402


def block(frozen_level: int, **holders: int) -> fake_crash.StructResult:
    kernel = fake_crash.install()
    kernel.define("struct sb_writers", frozen="u32", **dict.fromkeys(holders, "u32"))
    kernel.define("struct super_block", s_writers="struct sb_writers")
    values = {f"s_writers_DOT_{name}": value for name, value in holders.items()}
    return kernel.make("struct super_block", 0x1000, s_writers_DOT_frozen=frozen_level, **values)


@pytest.mark.parametrize(
    ("level", "holders", "state"),
    [
        (0, {}, ""),
        (1, {}, "freezing: writes wait"),
        (4, {}, "frozen"),
        (4, {"freeze_holders": 2}, "frozen by user space"),
        (4, {"freeze_holders": 3}, "frozen by the kernel and user space"),
        (4, {"freeze_kcount": 1, "freeze_ucount": 0}, "frozen by the kernel"),
        (4, {"freeze_kcount": 2, "freeze_ucount": 1}, "frozen by the kernel and user space"),
        (9, {}, "frozen (level 9)"),
    ],
)
def test_state_and_holders(level: int, holders: dict[str, int], state: str) -> None:
    assert frozen.freeze_state(block(level, **holders)) == state


def test_only_frozen_ones_are_yielded(monkeypatch: pytest.MonkeyPatch) -> None:
    sb = block(4)
    damaged = fake_crash.KERNEL.view("struct super_block", 0xBAD000)
    monkeypatch.setattr(frozen, "super_blocks", lambda: [damaged, sb])
    assert list(frozen.frozen_file_systems()) == [(sb, "frozen")]
