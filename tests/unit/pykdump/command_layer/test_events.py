# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings, problems, and generators that cannot read the dump."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from crash import error  # noqa: E402

from pykdump.command_layer.events import Finding, Problem, guarded  # noqa: E402
from pykdump.command_layer.finding_kinds import FINDING_KINDS, SEVERITIES  # noqa: E402


def test_a_finding_says_what_it_is_about() -> None:
    finding = Finding("hung-task", "It hangs.", pids=(1, 2), addresses=(0xFF,))
    assert str(finding) == "[error] hung-task: It hangs. (PID 1, PID 2, 0xff)"
    assert finding.as_json() == {
        "id": "hung-task", "severity": "error", "message": "It hangs.", "pids": [1, 2], "addresses": ["0xff"],
    }  # fmt: skip


def test_an_unknown_finding_is_refused() -> None:
    with pytest.raises(KeyError, match="is not in finding_kinds"):
        Finding("strange", "")


def test_the_kinds_are_sorted_and_explained() -> None:
    assert list(FINDING_KINDS) == sorted(FINDING_KINDS)
    for kind in FINDING_KINDS.values():
        assert kind.severity in SEVERITIES
        assert kind.meaning.endswith(".")


@pytest.mark.parametrize(
    ("problem", "reason"),
    [(error("bad address"), "bad address"), (KeyError("x"), "there is no 'x'"), (IndexError(), "IndexError")],
)
def test_a_guarded_generator_ends_with_a_problem(problem: Exception, reason: str) -> None:
    def collect(first: int) -> Iterator[int]:
        yield first
        raise problem

    first, last = guarded("the part", collect, 5)
    assert first == 5
    assert isinstance(last, Problem)
    assert (last.part, last.reason) == ("the part", reason)


def test_a_programming_error_is_no_problem_of_the_dump() -> None:
    with pytest.raises(NameError):
        list(guarded("the part", lambda: undefined_name))  # type: ignore[name-defined]  # noqa: F821
