# SPDX-License-Identifier: GPL-3.0-or-later
"""The small parts of the API: words, caches, pylog, output, lazily imported names."""

from __future__ import annotations

import json
import sys

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import _lazy, caches, generic, kernel, output, words  # noqa: E402
from pykdump.pylog import PyLog, pylog  # noqa: E402


def test_words_have_their_width() -> None:
    assert words.uInt(-1) == 0xFFFFFFFF == words.INT_MASK
    assert words.uLong(-1) == words.LONG_MASK == 2**words.BITS_PER_LONG - 1
    assert (words.unsigned16(-1), words.unsigned32(2**32), words.unsigned64(-1)) == (0xFFFF, 0, 2**64 - 1)
    assert words.INT_MAX == 2**31 - 1
    assert (words.ALIGN(0, 8), words.ALIGN(1, 8), words.ALIGN(8, 8), words.ALIGN(4097, 4096)) == (0, 8, 8, 8192)


def test_an_atomic_is_its_counter() -> None:
    made = fake_crash.install()
    made.define("atomic_t", counter="s32")
    made.define("struct other", value="s32")
    assert words.atomic_t(made.make("atomic_t", 0x1000, counter=-3)) == -3
    other = made.make("struct other", 0x2000)
    assert words.atomic_t(other) is other
    assert words.atomic_t(7) == 7


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
    caches.DCache.tmp.leftover = 1
    caches.end_of_program()
    assert current() == (1 if live else 0)
    assert caches.DCache.tmp == {}


def test_pylog_sums_up_once(capsys: pytest.CaptureFixture[str]) -> None:
    pylog.warning("odd", 5)
    PyLog().warning("odd", 5)
    pylog.error("worse")
    pylog.info("just so")
    pylog.warning_onexit("later")
    pylog.silenterror("kept")
    capsys.readouterr()
    assert pylog.getsilent() == ["kept"]
    assert pylog.getsilent() == []
    pylog.cleanup()
    summary = capsys.readouterr().out
    assert "+++WARNING+++ odd 5 (2 times)" in summary
    assert "+++ERROR+++ worse" in summary
    assert "+++WARNING+++ later" in summary
    assert "just so" not in summary
    pylog.cleanup()
    assert capsys.readouterr().out == ""


def test_bunch_trueonce_and_friends(capsys: pytest.CaptureFixture[str]) -> None:
    bunch = generic.Bunch({"a": 1})
    bunch.b = 2
    bunch["c"] = 3
    assert (bunch.a, bunch["b"], bunch.c) == (1, 2, 3)
    assert bunch.copy() == bunch
    once = generic.TrueOnce()
    assert [bool(once), bool(once), bool(once)] == [True, False, False]
    assert list(generic.iterN(iter(range(10)), 3)) == [0, 1, 2]
    assert list(generic.iterN([1], 3)) == [1]
    generic.print2columns("left\nlonger", "right")
    assert capsys.readouterr().out.splitlines()[0].split() == ["left", "right"]
    assert generic.argv2s(["/x/y/prog.py", "-a", "b"]) == "prog.py -a b"


def test_kernel_variables_are_attributes() -> None:
    made = fake_crash.install()
    made.variables["jiffies"] = 17
    assert kernel.PYKD.jiffies == 17
    with pytest.raises(TypeError):
        _ = kernel.PYKD.nothing


def test_a_command_that_fails_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    made = fake_crash.install()
    made.commands["p 1"] = "$1 = 1\n"
    kernel.exec_command("p 1")
    kernel.exec_command("nothing")
    assert capsys.readouterr().out == "$1 = 1\nnothing: command not found\n"


def test_a_table_is_aligned_and_has_no_control_characters() -> None:
    columns = (output.Column("N", "n"), output.Column("NAME", "name", left=True), output.Column("X", "x", left=True))
    rows = [{"n": 5, "name": "a", "x": "evil\n\x1b["}, {"n": 1234, "name": "long name", "x": None}]
    assert output.table_lines(columns, rows) == [
        "   N  NAME       X",
        "   5  a          evil\\n\\x1b[",
        "1234  long name  ?",
    ]


def test_json_is_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json([{"a": "\x1b"}])
    assert json.loads(capsys.readouterr().out) == [{"a": "\x1b"}]


def test_lazy_names_behave_like_the_real_ones() -> None:
    import argparse
    import optparse

    assert _lazy.argparse.ArgumentParser is argparse.ArgumentParser
    parser = _lazy.OptionParser(usage="x")
    assert isinstance(parser, optparse.OptionParser)
    assert isinstance(parser, _lazy.OptionParser)  # type: ignore[arg-type]

    class Own(_lazy.OptionParser):  # type: ignore[misc]
        pass

    assert Own.__mro__[1] is optparse.OptionParser
    assert _lazy.pp.pformat({"a": 1}) == "{'a': 1}"
    assert "pformat" in dir(_lazy.pprint)


def test_the_output_may_be_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert generic.isfileoutput() is False
