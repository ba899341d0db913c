# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on hanging tasks, with made-up tasks."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import hang_reports  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402


class Table:
    """Eight threads; the thread with TID n has not run for 100 s times n."""

    rows: ClassVar[dict[int, Any]] = {
        tid: SimpleNamespace(
            pid=tid, comm=f"t{tid}", cpu=0, Ran_ago=100_000 * tid, state_code="UN" if tid % 2 else "IN"
        )
        for tid in range(8)
    }

    def getByTid(self, tid: int) -> Any:
        return self.rows.get(tid)

    def allThreads(self) -> list[Any]:
        return list(self.rows.values())

    def getByComm(self, comm: str) -> list[Any]:
        return [1] if comm in self.names else []

    names: tuple[str, ...] = ()


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(hang_reports, "TaskTable", Table)
    yield
    pylog._problems.clear()


def printed(capsys: pytest.CaptureFixture[str], *args: Any, **options: Any) -> list[str]:
    hang_reports.print_pidlist(*args, **options)
    return capsys.readouterr().out.splitlines()


def test_a_list_shows_both_ends(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, {5, 3, 1, 6, 2}, "them ", maxpids=3) == [
        "    ... 5 pids. Youngest,oldest: 1, 6  Ran ms ago: 100000, 600000",
        "        printing 3 out of 5",
        "        sorted by ran_ago, youngest first",
        "      them [1, <2 skipped>, 5, 6]",
    ]


def test_a_list_by_pid_with_details(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, [5, 3, 4], verbose=True, sortbytime=False, statefilter=("UN",))
    assert lines[0].startswith("    ... 2 pids. Youngest,oldest: 3, 5 ")
    assert [line.split() for line in lines[3:]] == [
        ["3", "t3", "0", "300000", "UN"],
        ["5", "t5", "0", "500000", "UN"],
    ]


def test_empty_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, []) == []
    assert printed(capsys, [4], statefilter=("UN",)) == ["  no Pids"]
    assert len(printed(capsys, [4], maxpids=0)) == 1


def test_a_possible_hang() -> None:
    assert hang_reports.check_possible_hang() == 3
    assert any("Possible hang" in str(problem) for problem in pylog._problems)


def test_memory_pressure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(hang_reports, "verifyFastSet", lambda tids, functions: None)
    assert not hang_reports.check_memory_pressure(lambda functions: set())
    assert not hang_reports.check_memory_pressure(lambda functions: {2, 4})
    assert hang_reports.check_memory_pressure(lambda functions: {1, 2, 4})
    assert "      2 in IN state" in capsys.readouterr().out
    assert hang_reports.check_hanging_nfsd(lambda functions: {1} if functions == "nfsd" else set())
    assert not hang_reports.check_hanging_nfsd(lambda functions: {2})


def test_sap_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for names in ((), ("sapstart",), ("sapstart", "hdbindexserver"), ("hdbindexserver",)):
        monkeypatch.setattr(Table, "names", names)
        found.append(hang_reports.check_saphana())
    assert found == [0, 1, 2, 0]


def test_sockets_that_are_waited_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    owner = SimpleNamespace(pid=9, comm="syslogd", Ran_ago=7000, state_code="IN")
    cause = SimpleNamespace(kind="unix-socket", address=0x10, name="/dev/log", blockers=[SimpleNamespace(task=owner)])
    waits = [SimpleNamespace(cause=cause, task=SimpleNamespace(pid=pid, comm="writer")) for pid in (4, 3)]
    monkeypatch.setattr(hang_reports, "Waits", lambda: SimpleNamespace(waiters=lambda verbose: waits))
    monkeypatch.setattr(hang_reports, "Task", lambda task: task)
    hang_reports.print_wait_for_AF_UNIX(1)
    assert capsys.readouterr().out.splitlines() == [
        " -- Socket we wait for: <struct unix_sock 0x10> /dev/log",
        "   Youngest process with this socket <syslogd> pid=9(IN) ran  7.00s ago",
        "   ...  2 tasks waiting for this socket",
        "     pid=      3   CMD=writer",
        "     pid=      4   CMD=writer",
    ]


def entry(function: str | None, exception: Any = None, **registers: int) -> Any:
    known = {name: SimpleNamespace(value=value) for name, value in registers.items()}
    return SimpleNamespace(frame=SimpleNamespace(function=function, exception=exception), registers=known)


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        entry("mutex_lock", di=1), entry("vfs_read", si=2), entry("vfs_read", exception=object(), si=9), entry(None),
        entry("vfs_readv", di=3, si=4), entry("read"),
    ]  # fmt: skip
    monkeypatch.setattr(hang_reports, "recover", lambda stack: rows)
    monkeypatch.setattr(hang_reports, "stack_of", lambda task: None)
    for row in Table.rows.values():
        row.ts = 0x1000


def test_one_argument(entries: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hang_reports.get_tentative_arg(1, "vfs_read", 1) == 4, "the outermost function counts"
    assert hang_reports.get_tentative_arg(1, "mutex", 0) == 1
    assert hang_reports.get_tentative_arg(1, "mutex", 5) is None
    assert hang_reports.get_tentative_arg(99, "mutex", 0) is None

    def gone(task: int) -> None:
        raise LookupError

    monkeypatch.setattr(hang_reports, "stack_of", gone)
    assert hang_reports.get_tentative_arg(1, "mutex", 0) is None


def test_arguments_that_point_to_structs(entries: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        ("struct file *", 7),
        ("const struct path *", 8),
        ("struct file **", 9),
        ("char *", 1),
        ("struct dir *", None),
    ]
    arguments = [SimpleNamespace(ctype=ctype, value=value) for ctype, value in rows]
    monkeypatch.setattr(
        hang_reports, "arguments_of", lambda entry: None if entry.frame.function == "read" else arguments
    )
    found = list(hang_reports.get_interesting_arguments(1, re.compile("^vfs_readv|^read"), re.compile("struct")))
    assert found == [("vfs_readv", "struct file", 7), ("vfs_readv", "struct path", 8)]
    assert list(hang_reports.get_interesting_arguments(1, re.compile("vfs_readv"), re.compile("path"))) == found[1:]
