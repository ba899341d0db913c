# SPDX-License-Identifier: GPL-3.0-or-later
"""Mapped devices as the classic printed them: without a table, of another type, with a damaged one."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import device_mapper_reports as reports  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402


@pytest.fixture(autouse=True)
def messages() -> Iterator[list[str]]:
    found: list[str] = []
    before = pylog.send_to(lambda prefix, message: found.append(message))
    yield found
    pylog.send_to(before)


def device(name: str, minor: int, table: Any = None) -> Any:
    return SimpleNamespace(name=name, minor=minor, table=table)


def test_devices_are_sorted_and_a_bad_one_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], messages: list[str]
) -> None:
    def view(disk: str) -> Any:
        if disk == "bad":
            raise fake_crash.CrashError("missing page")
        return device(disk, len(disk))

    monkeypatch.setattr(reports, "mapped_disks", lambda: ["root", "bad", "x"])
    monkeypatch.setattr(reports, "MappedDevice", view)
    reports.print_dm_devices()
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [f"{'x':<40}  minor=1", f"{'root':<40}  minor=4"]
    assert len(messages) == 1 and "missing page" in messages[0]
    reports.print_dm_devices(1)
    assert capsys.readouterr().out.splitlines()[3] == "   no table"


def test_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    used = SimpleNamespace(bdev=SimpleNamespace(bd_dev=7 << 20 | 3))
    rows = [
        SimpleNamespace(target="<t0>", type="linear", begin=0, length=8, linear=("<dev>", 100)),
        SimpleNamespace(target="<t1>", type="crypt", begin=8, length=2, linear=None),
    ]
    monkeypatch.setattr(reports, "targets", lambda table: rows)
    monkeypatch.setattr(reports, "used_devices", lambda table: [used])
    monkeypatch.setattr(reports, "get_blkdevs", lambda: ({}, {}))
    reports.decode_dm_table(None)  # type: ignore[arg-type]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:6] == [
        " -- 2 targets", "  0 <t0> linear", "       | logical  sectors 0->7", "       | physical sectors 100->107",
        "       |    device used <dev>", "  1 <t1> crypt",
    ]  # fmt: skip
    assert lines[6] == "       | logical  sectors 8->9"
    assert lines[-1].endswith("major=7   minor=3  ")


def test_a_damaged_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], messages: list[str]
) -> None:
    def targets(table: Any) -> Any:
        raise fake_crash.CrashError("missing page")

    monkeypatch.setattr(reports, "targets", targets)
    monkeypatch.setattr(reports, "mapped_disks", lambda: ["x"])
    monkeypatch.setattr(reports, "MappedDevice", lambda disk: device("x", 0, "<table>"))
    reports.print_dm_devices(1)
    assert capsys.readouterr().out.endswith("   <table>\n")
    assert messages == ["<table> cannot be read: missing page"]
