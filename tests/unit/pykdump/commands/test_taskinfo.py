# SPDX-License-Identifier: GPL-3.0-or-later
"""The command taskinfo on a made-up kernel: tables, JSON, wrong options, damaged tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402
from pykdump.commands import taskinfo  # noqa: E402
from pykdump.commands.parts import taskinfo_details, taskinfo_records, taskinfo_views  # noqa: E402
from pykdump.linux import tasks  # noqa: E402
from pykdump.linux.processes import memory  # noqa: E402
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


def test_the_longest_waiting_threads(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert taskinfo.main(["--hang"]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()[1:]] == ["3", "2"]
    world.kernel.symbols["sysctl_hung_task_timeout_secs"] = 0x10
    world.kernel.variables["sysctl_hung_task_timeout_secs"] = 1
    offset = world.kernel.find(TASK, "sched_info.last_arrival")[0]
    world.kernel.write_pointer(world.init[2] + offset, 0)
    assert taskinfo.main(["--hang", "--json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["id"], finding["pids"]) == ("hung-task", [3])


def test_the_order_is_reversed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert taskinfo.main([]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert taskinfo.main(["-r"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == rows[::-1]


def test_a_command_for_each_thread(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.kernel.commands[f"foreach {world.init[0]:x} sig"] = "SIG\n"
    assert taskinfo.main(["--taskfilter", "IN", "--cmd", "sig"]) == 0
    assert capsys.readouterr().out == "TID 1 (init)\nSIG\n"
    assert taskinfo.main(["--taskfilter", "UN", "--cmd", "sig"]) == 2
    assert capsys.readouterr().out.startswith("Cannot tell sig of TID 2: ")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert taskinfo.main(["--version"]) == 0
    assert capsys.readouterr().out == "taskinfo of PyKdump 0.0.0-fake, in crash fake\n"


@pytest.mark.parametrize(
    ("word", "number"), [("12", 12), ("ffff8bfec1240000", 0xFFFF8BFEC1240000), ("0x10", 16), ("99999999", 0x99999999)]
)
def test_pids_and_addresses(word: str, number: int) -> None:
    assert taskinfo_details._number(word) == number


def test_neither_a_pid_nor_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert taskinfo.main(["--pidinfo", "xyz"]) == 2
    assert capsys.readouterr().out == "Cannot tell the rest: xyz is neither a PID nor an address\n"


def test_the_largest_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Named(SimpleNamespace):
        pass

    found = [(Named(pid=pid, comm=f"c{pid}"), memory.Usage([0, own, 0, 9], 50, sysv)) for pid, own, sysv in
             ((1, 5, 9), (2, 6, 9), (3, 1, 0))]  # fmt: skip
    monkeypatch.setattr(memory, "memory_of_processes", lambda: iter(found))
    monkeypatch.setattr(taskinfo_views, "_segments", lambda: iter(()))
    first, second, total, _ = taskinfo_views.memory(2)
    assert isinstance(first, taskinfo_records.ProcessMemory) and isinstance(second, taskinfo_records.ProcessMemory)
    assert (first.pid, first.without_sysv, first.resident, first.sysv) == (3, 40, 40, 0)
    assert (second.pid, second.without_sysv, second.resident, second.sysv) == (2, 24, 60, 36)
    assert isinstance(total, taskinfo_records.MemoryTotal)
    assert (total.processes, total.without_sysv, total.resident) == (3, 84, 156)


def test_lines_of_a_task() -> None:
    limit = taskinfo_details.Limit("Max open files", 1024, None)
    assert next(taskinfo_details._limit_lines(limit)).split() == [
        "Max",
        "open",
        "files",
        "soft",
        "1024",
        "hard",
        "unlimited",
    ]
    task = taskinfo_details.TaskDetails(
        5, 6, 1, "x", 0x1000, "IN", 0, 3, 2, 0x40, ("FORKNOEXEC",), None, (6, 2), (7, 8)
    )  # fmt: skip
    text = "\n".join(taskinfo_details._task_lines(task))
    for words in ("PID 5  TID 6  parent 1", "command not in the dump", "namespaces: 6, 2", "children 7, 8", "0x1000"):
        assert words in text
