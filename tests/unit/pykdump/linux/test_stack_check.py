# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks whose end is overwritten, and stacks that are nearly full."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from crash import error  # noqa: E402

from pykdump.linux import stack_check  # noqa: E402

SIZE, BOTTOM = 16384, 0x100000


def task(pid: int, pointer: int, on_cpu: int = 0, stack: int = BOTTOM) -> Any:
    return SimpleNamespace(pid=pid, ts=SimpleNamespace(stack=stack, on_cpu=on_cpu, pointer=pointer))


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    magic = {BOTTOM: stack_check.STACK_END_MAGIC}

    def read(address: int) -> int:
        if address not in magic:
            raise error("no page")
        return magic[address]

    monkeypatch.setattr(stack_check, "readU64", read)
    monkeypatch.setattr(stack_check, "stack_size", lambda: SIZE)
    monkeypatch.setattr(stack_check, "_end_offset", lambda: 0)
    monkeypatch.setattr(stack_check, "saved_pointer", lambda ts, bottom, size: ts.pointer)
    return magic


@pytest.mark.parametrize(("pointer", "free", "full"), [(BOTTOM + 9000, 9000, False), (BOTTOM + 1000, 1000, True)])
def test_the_space_that_is_left(pointer: int, free: int, full: bool) -> None:
    (use,) = stack_check.stack_uses([task(1, pointer)])
    assert (use.free, use.nearly_full, use.overwritten) == (free, full, False)


def test_an_overwritten_end(machine: dict[int, int]) -> None:
    machine[BOTTOM] = 0x4141414141414141
    (use,) = stack_check.stack_uses([task(1, BOTTOM + 8)])
    assert use.overwritten


def test_a_running_thread_has_no_pointer() -> None:
    (use,) = stack_check.stack_uses([task(1, BOTTOM + 8, on_cpu=1)])
    assert (use.free, use.nearly_full) == (None, False)


def test_stacks_that_cannot_be_checked_are_left_out() -> None:
    assert list(stack_check.stack_uses([task(0, BOTTOM), task(2, 0, stack=0), task(3, 0, stack=0x5000)])) == []
