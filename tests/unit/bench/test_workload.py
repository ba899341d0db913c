# SPDX-License-Identifier: GPL-3.0-or-later
"""What both sides of the benchmark share."""

from __future__ import annotations

import json
from pathlib import Path

from bench import workload


def test_there_are_more_structs_than_needed() -> None:
    found = workload.structs()
    assert len(found) > workload.LAYOUTS
    assert len(dict(found)) == len(found)
    assert all(name.isidentifier() and member.isidentifier() for name, member in found)


def test_unknown_structs_are_left_out() -> None:
    known = workload.structs()[3]
    found = workload.layouts(lambda name, member: 8 if (name, member) == known else None)
    assert list(found) == [known[0]]
    assert found[known[0]][1] == 8


def test_words_are_one_step_apart() -> None:
    assert list(workload.words(100, 8, 3)) == [100, 108, 116]


def test_time_of_the_work_is_shared_by_its_calls() -> None:
    times, done = iter([5_000, 25_000]), []
    assert workload.per_call(lambda: done.append(1), 10, lambda: next(times)) == 2.0
    assert done == [1]


def test_result_is_written_as_the_report_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    workload.save(str(path), "one", {"field": 1.0}, {"walk": [1, workload.digest([1 << 53, 7])]}, {"a": (1.0, 8)})
    expected = {"about": "one", "rows": {"field": 1.0}, "facts": {"walk": [1, 7]}, "layouts": {"a": [1.0, 8]}}
    assert json.loads(path.read_text()) == expected
