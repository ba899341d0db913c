# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program leaves in the API is cleaned up when it has ended."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches, namespaces, struct_attributes  # noqa: E402
from pykdump.option_values import API_options  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402
from pykdump.runtime.end_of_program import finish_program  # noqa: E402


def test_what_a_program_leaves_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    caches.DCache.tmp.leftover = 1
    caches.DCache.perm.kept = 2
    assert struct_attributes.PY_select("no_such_name", "6 * 7") == 42
    pylog.warning_onexit("odd")
    finish_program()
    assert (caches.DCache.tmp, caches.DCache.perm["kept"], struct_attributes._selected) == ({}, 2, {})
    assert "+++WARNING+++ odd" in capsys.readouterr().out
    finish_program()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("live", [False, True])
def test_a_live_system_is_read_again_by_the_next_program(live: bool) -> None:
    fake_crash.install().live = live
    numbers = iter(range(5))
    current = caches.memoize_cond(caches.CU_LIVE)(lambda: next(numbers))
    current()
    finish_program()
    assert current() == (1 if live else 0)


def test_the_caches_are_shown_if_asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    @caches.memoize_cond(caches.CU_LIVE)
    def double(x: int) -> int:
        return 2 * x

    double(1)
    double(2)
    monkeypatch.setitem(API_options, "dumpcache", True)
    finish_program()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [count for count, name in lines if name.endswith(".double") and __name__ in name] == ["2"]


def test_a_choice_of_namespaces_ends_with_the_program() -> None:
    kernel = fake_crash.install()
    kernel.define("struct net", count="u64")
    namespaces.set_net(kernel.view("struct net", 0x1000))
    finish_program()
    assert namespaces.is_initial()
