# SPDX-License-Identifier: GPL-3.0-or-later
"""A command: text, JSON, findings only, and the exit status, however its generator ends."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from crash import error  # noqa: E402

from pykdump.command_layer import Column, Command, Finding, Problem, Section, item  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402

TEXT = "show: what it shows.\n\nMore."


@dataclass
class Thing:
    """A thing."""

    n: int = item("a number")


@dataclass
class Block:
    """Lines of text."""

    text: str = item("some words")


LAYOUTS: dict[type, Any] = {Thing: (Column("N", "n"),), Block: lambda block: block.text.split()}


def command(*events: object, end: BaseException | None = None) -> Command:
    def collect(options: argparse.Namespace) -> Iterator[object]:
        for event in events:
            if callable(event):
                event()
            else:
                yield event
        if end is not None:
            raise end

    return Command(TEXT, lambda parser: None, collect, LAYOUTS)


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    assert list(found) == ["schema", "command", "kernel", "records", "findings", "problems"]
    return found


def test_text_has_a_table_for_each_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(Thing(1), Thing(22), Block("a b"), Section("More"), Section("Most"), Thing(3)).main([]) == 0
    assert capsys.readouterr().out == " N\n 1\n22\n\na\nb\n\n=== Most ===\nN\n3\n"


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(Section("More"), Thing(1), Block("a b")).main(["--json"]) == 0
    found = document(capsys)
    assert found["schema"] == "pykdump/show/1"
    assert found["command"] == "show --json"
    assert found["records"] == [{"kind": "thing", "n": 1}, {"kind": "block", "text": "a b"}]
    assert (found["findings"], found["problems"]) == ([], [])


def test_a_finding_gives_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    finding = Finding("hung-task", "It hangs.", pids=(5,))
    assert command(Thing(1), finding).main([]) == 1
    assert capsys.readouterr().out == "N\n1\n[error] hung-task: It hangs. (PID 5)\n"
    assert command(Thing(1), finding).main(["--json"]) == 1
    assert document(capsys)["findings"] == [finding.as_json()]


def test_findings_only(capsys: pytest.CaptureFixture[str]) -> None:
    events = (Section("More"), Thing(1), Finding("hung-task", "It hangs."))
    assert command(*events).main(["--findings"]) == 1
    assert capsys.readouterr().out == "[error] hung-task: It hangs.\n"
    assert command(*events).main(["--findings", "--json"]) == 1
    assert document(capsys)["records"] == []


def test_a_command_that_finds_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(Section("More")).main([]) == 0
    assert capsys.readouterr().out == "Nothing was found.\n"
    assert command(Thing(1)).main(["--findings"]) == 0
    assert capsys.readouterr().out == "Nothing is wrong.\n"


def test_a_part_that_cannot_be_told_gives_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    events = (Finding("hung-task", "It hangs."), Problem("the clock", "no\nmemory"), Problem("the clock", "no memory"))
    assert command(*events).main(["--json"]) == 2
    assert document(capsys)["problems"] == [{"part": "the clock", "reason": "no memory"}]
    assert command(*events).main(["--findings"]) == 2
    assert capsys.readouterr().out.splitlines()[1] == "Cannot tell the clock: no memory"


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (KeyboardInterrupt(), "interrupted"),
        (error("bad address"), "bad address"),
        (NameError("wrong"), "NameError: wrong"),
    ],
)
def test_what_was_found_before_a_failure_is_kept(
    end: BaseException, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(Thing(1), end=end).main(["--json"]) == 2
    found = document(capsys)
    assert found["records"] == [{"kind": "thing", "n": 1}]
    assert found["problems"] == [{"part": "the rest", "reason": reason}]


def test_only_a_programming_error_has_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    command(end=error("bad address")).main([])
    assert capsys.readouterr().err == ""
    command(end=NameError("wrong")).main([])
    assert "Traceback" in capsys.readouterr().err


def test_a_closed_pipe_ends_the_work() -> None:
    with pytest.raises(BrokenPipeError):
        command(Thing(1), end=BrokenPipeError()).main([])


@pytest.mark.parametrize("log", [pylog.warning, pylog.error])
def test_damage_that_helpers_report_is_a_problem(
    log: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(lambda: log("a damaged list"), lambda: pylog.info("a note"), Thing(1)).main(["--json"]) == 2
    assert document(capsys)["problems"] == [{"part": "a part of the dump", "reason": "a damaged list"}]
    pylog.cleanup()
    assert capsys.readouterr().out == ""


def test_a_wrong_option_gives_status_3(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command().main(["--nonsense"])
    assert ended.value.code == 3
    assert capsys.readouterr().err == "show: unrecognized arguments: --nonsense (try: show --help)\n"
