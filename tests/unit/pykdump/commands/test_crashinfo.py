# SPDX-License-Identifier: GPL-3.0-or-later
"""crashinfo on made-up facts: findings from the log and from threads, groups of stacks, what cannot be read."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from crash import error  # noqa: E402

from pykdump.command_layer import Finding, Problem  # noqa: E402
from pykdump.commands import crashinfo  # noqa: E402
from pykdump.commands.parts import crashinfo_checks as checks  # noqa: E402
from pykdump.commands.parts import crashinfo_records as records  # noqa: E402
from pykdump.commands.parts import crashinfo_threads as threads  # noqa: E402
from pykdump.linux.stacks import Frame  # noqa: E402


def task(pid: int, letter: str, ago: int) -> Any:
    code = "UN" if letter == "D" else "IN"
    return Hung(pid=pid, comm=f"t{pid}", cpu=0, state_code=code, Ran_ago=ago)


class Hung(SimpleNamespace):
    def __int__(self) -> int:
        return 0xFF00 + int(self.pid)


def test_hung_threads_are_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "hung_task_seconds", lambda: 120)
    tasks = [Hung(pid=pid, state_code=s, Ran_ago=ms) for pid, s, ms in [(1, "UN", 130_000), (2, "UN", 500_000)]]
    tasks += [Hung(pid=3, state_code="UN", Ran_ago=119_000), Hung(pid=4, state_code="IN", Ran_ago=900_000)]
    (finding,) = checks._hung_tasks(checks.Facts(tasks, [], None))
    assert finding.identifier == "hung-task"
    assert finding.pids == (2, 1)
    assert "PID 2 for 500 s" in finding.message


def test_the_log_gives_findings() -> None:
    log = [(5.0, "EXT4-fs error (device vda): ext4_lookup: deleted inode"), (6.0, "eth0: link up")]
    (finding,) = checks._log(checks.Facts([], log, None))
    assert finding.identifier == "filesystem-error"
    assert "once, last 5 s after boot" in finding.message


def test_a_panic_is_the_first_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    cause = records.PanicCause("null-dereference", "Sentence.", "Fatal exception", 1, 7, "cat", "bad", 4, "broken")
    first, *others = checks.all_findings(checks.Facts([], [], cause))
    assert isinstance(first, Finding)
    assert (first.identifier, first.pids) == ("kernel-panic", (7,))
    assert first.message == "null-dereference in bad: Sentence."
    assert all(isinstance(other, Problem) for other in others), "the empty kernel cannot answer"


def test_equal_stacks_are_one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    stacks = {0xFF01: ("a", "b"), 0xFF02: ("a", "b"), 0xFF03: ("c",)}

    def frames_of(address: int) -> tuple[list[Any], str, None]:
        names = stacks[address]
        return [Frame(name, 4, None, 0, 0, 0, False, {}, None) for name in names], "orc", None

    monkeypatch.setattr(threads, "functions_of", lambda thread: stacks[int(thread)])
    monkeypatch.setattr(threads, "frames_of", frames_of)
    first, second = threads.stack_groups([task(1, "S", 5), task(2, "S", 9), task(3, "D", 7)])
    assert (first.threads, first.tids, first.states) == (2, (2, 1), ("IN",))
    assert (first.oldest_ms, first.youngest_ms) == (9, 5)
    assert [frame.function for frame in second.frames] == ["c"]


def test_threads_that_ran_last() -> None:
    found = threads.recent_threads([task(0, "R", 0), *(task(pid, "S", 100 - pid % 7) for pid in range(1, 9))])
    assert [(age.tid, age.ran_ms_ago) for age in found] == [(6, 94), (5, 95), (4, 96), (3, 97), (2, 98)]


def test_threads_are_counted_by_state() -> None:
    found = threads.thread_states([task(1, "S", 5), task(2, "D", 5), task(3, "S", 5)])
    assert [(each.state, each.threads) for each in found] == [("IN", 2), ("UN", 1)]


def test_stacks_with_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = {0xFF01: ("a", "find_me_now"), 0xFF02: ("find",)}
    monkeypatch.setattr(threads, "functions_of", lambda thread: functions[int(thread)])
    monkeypatch.setattr(threads, "stack_of", int)
    assert list(threads.stacks_with(re.compile("d_me"), [task(1, "S", 5), task(2, "S", 5)])) == [0xFF01]


@pytest.mark.parametrize(("number", "shown"), [(1, 1), (5, 5), (6, 5), (300, 5)])
def test_many_findings_of_a_kind_are_shortened(number: int, shown: int) -> None:
    found = [Finding("hung-task", f"Task {pid}.", pids=(pid,), addresses=(pid,)) for pid in range(1, number + 1)]
    short = list(crashinfo._shortened("hanginfo", found))
    assert len(short) == shown
    assert short[: shown - 1] == found[: shown - 1]
    if number > shown:
        assert short[-1].message == f"{number - 4} more of this kind; see hanginfo."
        assert len(short[-1].pids) <= crashinfo.MAX_NAMED


def test_the_worst_comes_first() -> None:
    events = [Problem("a", "b"), Finding("tainted", "T."), Finding("kernel-panic", "P.")]
    assert sorted(events, key=crashinfo._importance) == [events[2], events[1], events[0]]


def test_what_cannot_be_read_is_a_problem() -> None:
    def fail() -> int:
        raise error("no page")

    problems: list[Problem] = []
    assert crashinfo._read("the load", problems, fail) is None
    assert [str(problem) for problem in problems] == ["Cannot tell the load: no page"]


@pytest.mark.parametrize(
    ("size", "text"),
    [(None, "?"), (0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (750428160, "715.7 MiB")],
)
def test_sizes_as_text(size: int | None, text: str) -> None:
    assert records.size_text(size) == text


def test_a_wrong_pattern_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        crashinfo.main(["--findstacks", "("])
    assert ended.value.code == 3
    assert "is not a regular expression" in capsys.readouterr().err
