# SPDX-License-Identifier: GPL-3.0-or-later
"""The command taskinfo on a made-up kernel: tables, JSON, wrong options, damaged tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402
from pykdump.commands import taskinfo  # noqa: E402
from pykdump.linux import tasks  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402
from support.fake_tasks import TASK, World  # noqa: E402


@pytest.fixture(params=[True, False], ids=["new", "old"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    caches.purge_memoize_cache(caches.CU_LIVE)
    yield World(request.param)
    caches.purge_memoize_cache(caches.CU_LIVE)
    pylog._problems.clear()


def test_taskinfo_prints_who_ran_last_first(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert taskinfo.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["PID", "TID", "CPU", "ST", "RAN-MS-AGO", "UID", "COMM"]
    assert lines[3].split() == ["1", "1", "0", "IN", "5", "1000", "init"]
    assert [line.split()[1] for line in lines[1:]] == ["0", "0", "1", "40", "2", "3"]
    assert len({line.index(line.split()[6]) for line in lines}) == 1, "the columns are aligned"


def test_taskinfo_filters_and_shortens(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert taskinfo.main(["--taskfilter", "UN"]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()[1:]] == ["2", "3"]
    assert taskinfo.main(["--taskfilter=D,S", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["records"]
    assert [r["tid"] for r in rows] == [1, 2, 3]
    assert rows[0] == {
        "kind": "thread",
        "pid": 1,
        "tid": 1,
        "cpu": 0,
        "state": "IN",
        "ran_ms_ago": 5,
        "uid": 1000,
        "comm": "init",
    }
    assert taskinfo.main(["--maxpids", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["0", "0", "3"]


def test_taskinfo_sums_up(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert taskinfo.main(["--summary", "--json"]) == 0
    counts, *states = json.loads(capsys.readouterr().out)["records"]
    assert (counts["threads"], counts["processes"]) == (6, 3)
    assert {"kind": "state-count", "state": "UN", "threads": 2} in states
    assert taskinfo.main(["--summary"]) == 0
    assert "6 threads of 3 processes" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["--taskfilter", "XX"], ["--taskfilter", ""], ["--maxpids", "0"], ["-x"]])
def test_a_wrong_command_line_is_one_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        taskinfo.main(argv)
    assert ended.value.code == 3
    error = capsys.readouterr().err
    assert error.startswith("taskinfo: ")
    assert error.count("\n") == 1


def test_a_damaged_task_is_reported_and_left_out(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    offset = world.kernel.find(TASK, "real_cred")[0]
    world.kernel.write_pointer(world.other + offset, 0xBAD000)
    assert taskinfo.main([]) == 2
    assert "0xbad000" in capsys.readouterr().out
    assert taskinfo.main(["--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert len(document["records"]) == 5
    (problem,) = document["problems"]
    assert problem["part"] == f"task {world.other:#x}"
    assert "0xbad000" in problem["reason"]
    world.kernel.write_pointer(world.other + offset, 0)
    assert [t.uid for t in tasks.all_tasks() if t.pid == 40] == [None]
