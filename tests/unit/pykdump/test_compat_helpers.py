# SPDX-License-Identifier: GPL-3.0-or-later
"""Small helpers that programs take from the API."""

from __future__ import annotations

import sys

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import compat_helpers  # noqa: E402


def test_bunch_trueonce_and_friends(capsys: pytest.CaptureFixture[str]) -> None:
    bunch = compat_helpers.Bunch({"a": 1})
    bunch.b = 2
    bunch["c"] = 3
    assert (bunch.a, bunch["b"], bunch.c) == (1, 2, 3)
    assert bunch.copy() == bunch
    once = compat_helpers.TrueOnce()
    assert [bool(once), bool(once), bool(once)] == [True, False, False]
    assert list(compat_helpers.iterN(iter(range(10)), 3)) == [0, 1, 2]
    assert list(compat_helpers.iterN([1], 3)) == [1]
    compat_helpers.print2columns("left\nlonger", "right")
    assert capsys.readouterr().out.splitlines()[0].split() == ["left", "right"]
    assert compat_helpers.argv2s(["/x/y/prog.py", "-a", "b"]) == "prog.py -a b"


def test_the_output_may_be_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert compat_helpers.isfileoutput() is False
