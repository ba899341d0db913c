# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes of the benchmark, with stand-ins: what is read from a session, and the error when one fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import rounds
from mpykbuild.base.errors import BuildError

MS = rounds.NS_PER_MS
DAY = 1_700_000_000_000 * MS
# Stamps 2 ms apart, extend takes 5 of which 2 are the stamp; the interpreter starts in 30 and a program in 1; a
# hundred commands take 20.
SESSION = f"""\
{DAY}
{DAY + 2 * MS}
{DAY + 4 * MS}
{DAY + 6 * MS}
{DAY + 8 * MS}
/some/mpykdump.so: shared object loaded
{DAY + 13 * MS}
program {DAY + 44 * MS} {DAY + 60 * MS}
program {DAY + 61 * MS} {DAY + 62 * MS}
program {DAY + 63 * MS} {DAY + 65 * MS}
{DAY + 70 * MS}
program {DAY + 71 * MS} {DAY + 72 * MS}
{DAY + 80 * MS}
ffffffff82a07980 (D) jiffies
{DAY + 102 * MS}
"""


@pytest.fixture
def subject(tmp_path: Path) -> rounds.Subject:
    nothing = tmp_path / "nothing"
    return rounds.Subject(nothing, nothing, nothing, nothing, nothing, tmp_path)


def program(folder: Path, text: str) -> Path:
    path = folder / "stand_in.py"
    path.write_text(text)
    return path


def test_load_times_are_differences_without_the_cost_of_a_stamp() -> None:
    loading = {"extend": 3.0, "interpreter": 30.0, "import": 16.0, "later": 3.0}
    assert rounds.load_times(SESSION) == {**loading, "command-crash": 200.0}


def test_time_below_the_noise_is_not_negative() -> None:
    quick = SESSION.replace(str(DAY + 13 * MS), str(DAY + 9 * MS))
    assert 0 < rounds.load_times(quick)["extend"] < 0.001


def test_session_without_all_stamps_is_told_with_its_last_lines() -> None:
    with pytest.raises(BuildError, match=r"time stamps are incomplete(.|\n)*extend: cannot open"):
        rounds.load_times(SESSION.partition("program")[0] + "extend: cannot open mpykdump.so\n")


def test_peer_that_fails_is_told_with_its_last_lines(subject: rounds.Subject) -> None:
    stand_in = program(subject.results, "raise SystemExit('no debugging information found')")
    with pytest.raises(BuildError) as caught:
        rounds.peer_round(subject, 0, stand_in)
    assert caught.value.what == (
        "drgn failed with status 1; its last lines were:\nno debugging information found"
    )  # fmt: skip


def test_traceback_of_a_peer_is_told_as_one_sentence(subject: rounds.Subject) -> None:
    stand_in = program(subject.results, "def f():\n    raise LookupError('no such type')\nprint('before')\nf()")
    with pytest.raises(BuildError) as caught:
        rounds.peer_round(subject, 0, stand_in)
    assert caught.value.what.partition(":\n")[2].splitlines() == ["before", "LookupError: no such type"]


def test_result_of_an_earlier_run_is_not_taken_for_this_one(subject: rounds.Subject) -> None:
    (subject.results / "peer-0.json").write_text("{}")
    with pytest.raises(BuildError, match="drgn ended without a result"):
        rounds.peer_round(subject, 0, program(subject.results, "print('bye')"))


def test_peer_gets_the_dump_and_its_result_is_read(subject: rounds.Subject) -> None:
    text = "import json, sys\nopen(sys.argv[3], 'w').write(json.dumps({'got': sys.argv[1:3]}))"
    found = rounds.peer_round(subject, 0, program(subject.results, text))
    assert found == {"got": [str(subject.vmlinux), str(subject.vmcore)]}


def test_crash_that_cannot_be_started_is_told(subject: rounds.Subject) -> None:
    with pytest.raises(BuildError, match=r"crash cannot be started: .*nothing: No such file"):
        rounds.our_round(subject, 0)


def test_process_that_does_not_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "LIMIT_SECONDS", 0.2)
    with pytest.raises(BuildError, match="drgn did not end within"):
        rounds.run("drgn", [sys.executable, "-c", "import time; time.sleep(60)"])


def test_bare_process_takes_time() -> None:
    assert rounds.process_time(Path(sys.executable)) > 0
