# SPDX-License-Identifier: GPL-3.0-or-later
"""Remembered results, and when they are dropped."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402


def test_results_are_remembered_until_their_condition_comes() -> None:
    calls: list[object] = []

    @caches.memoize_cond(caches.CU_LIVE | caches.CU_LOAD)
    def double(x: int, *, offset: int = 0) -> int:
        calls.append((x, offset))
        return 2 * x + offset

    assert [double(1), double(1), double(1, offset=3), double(2)] == [2, 2, 5, 4]
    assert len(calls) == 3
    caches.purge_memoize_cache(caches.CU_TIMEOUT)
    double(1)
    assert len(calls) == 3
    caches.purge_typeinfo()
    double(1)
    assert len(calls) == 4


@pytest.mark.parametrize("live", [False, True])
def test_a_live_system_is_read_afresh_by_each_program(live: bool) -> None:
    fake_crash.install().live = live
    numbers = iter(range(5))

    @caches.memoize_cond(caches.CU_LIVE)
    def current() -> int:
        return next(numbers)

    current()
    caches.purge_at_end_of_program()
    assert current() == (1 if live else 0)
